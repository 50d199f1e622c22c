"""Commands that act: declared here, worked out in modules that are imported only when a command runs."""

from pathlib import Path
from typing import Annotated

import typer

from handoff.cli.options import As, Cause, Json, Owner, Rule, Step, Why, Yes

acting = typer.Typer()


@acting.command(
    short_help="Serve stand-ins for the three services.",
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
)
def sandbox(context: typer.Context) -> None:
    """Serve stand-ins for Salesforce, Stripe and Asana on loopback ports until you stop it.

    \b
    Example, in one terminal and then in another:
      handoff sandbox --data demo --env sandbox.env
      set -a; . ./sandbox.env; set +a; HANDOFF_PACK=demo handoff sync

    \b
    Options are the sandbox's own:
      --data DIR      seed folder (one JSON or CSV file per sObject), or `demo`
      --env FILE      write the settings that point handoff here
      --delay-ms N    how long every call waits
      --limits MODE   off, or vendor for the vendors' rate limits
      All of them: python -m sandbox --help
    """
    from handoff.cli import sandbox as stand_in  # noqa: PLC0415 - lazy, as every command: --help stays quick

    stand_in.become(context.args)


@acting.command(short_help="Pull, judge and deliver; hold what fails.")
def sync(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print what would be created; write nothing.")] = False,
    prefect: Annotated[bool, typer.Option("--prefect", help="Run as the Prefect flow.")] = False,
    restored: Annotated[
        bool, typer.Option("--restored", help="The ledger is a backup: look for everything first.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Pull closed-won deals, judge them, deliver those that pass, hold the others.

    \b
    Example:
      handoff sync --dry-run
      handoff sync --json > run.json

    With PREFECT_API_URL set, or with --prefect, the same work runs as the Prefect flow sync_deals.

    After a backup was put back, the first sync is --restored: what Stripe and Asana have since the backup is adopted.
    """
    from handoff.cli import runs  # noqa: PLC0415

    runs.sync(dry_run=dry_run, prefect=prefect, restored=restored, as_json=as_json)


@acting.command(short_help="Judge and deliver held deals again.")
def rerun(
    entries: Annotated[list[str] | None, typer.Argument(metavar="[ENTRY]...", help="E-000123, or a deal id.")] = None,
    *,
    rule: Rule = None,
    owner: Owner = None,
    cause: Cause = None,
    everything: Annotated[bool, typer.Option("--all", help="All open entries.")] = False,
    yes: Yes = False,
    stored: Annotated[bool, typer.Option("--stored", help="Judge what is stored; do not read the CRM.")] = False,
    as_json: Json = False,
) -> None:
    """Take held deals down the same road again, from live CRM data, and show what changed.

    \b
    Example:
      handoff rerun E-000123
      handoff rerun --rule known_product
      handoff rerun --cause C-0123456789 --yes

    Waits while a sync runs. A delivered deal is never sent again.
    """
    from handoff.cli import runs  # noqa: PLC0415

    chosen = runs.Choice(entries=tuple(entries or ()), rule=rule, owner=owner, everything=everything, cause=cause)
    runs.rerun(chosen, stored=stored, as_json=as_json, yes=yes)


@acting.command(short_help="Compare all won deals of the last weeks.")
def sweep(
    days: Annotated[int, typer.Option("--days", min=1, help="How far back, by the CRM's stamps.")] = 35,
    as_json: Json = False,
) -> None:
    """Compare each won deal of the last 35 days with the ledger, and take what no sync was told of down the same road.

    \b
    Example:
      handoff sweep
      handoff sweep --days 90

    For once a night: it finds what was committed late, and what a formula or a price changed. Waits while a sync runs.
    """
    from handoff.cli import runs  # noqa: PLC0415

    runs.sweep(days, as_json=as_json)


adopt = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Name objects that exist already.")
acting.add_typer(adopt, name="adopt")


@adopt.command(name="customers")
def adopt_customers(
    file: Annotated[Path, typer.Argument(metavar="FILE.csv", help="account_id, customer_id[, stripe_account].")],
    why: Why,
    who: As = None,
    as_json: Json = False,
) -> None:
    """Say which Stripe customer is which account; deals held for that doubt are judged by the next run.

    \b
    Example:
      handoff adopt customers customers.csv --why "matched with finance on 24 November"
    """
    from handoff.cli import line  # noqa: PLC0415

    line.adopt_customers(file, why, who, as_json=as_json)


@acting.command(short_help="Send nothing until it is started again.")
def stop(why: Why, step: Step = None, who: As = None, as_json: Json = False) -> None:
    """Stop the line, or one step: nothing is sent there until it is started again.

    \b
    Example:
      handoff stop --step invoice --why "wrong tax rate in billing.yaml" --as ada
    """
    from handoff.cli import line  # noqa: PLC0415

    line.stop(step, why, who, as_json=as_json)


@acting.command(short_help="Let the line, or a step, go on.")
def start(why: Why, step: Step = None, who: As = None, as_json: Json = False) -> None:
    """Let the line, or one step, go on.

    \b
    Example:
      handoff start --step invoice --why "tax rate corrected" --as ada
    """
    from handoff.cli import line  # noqa: PLC0415

    line.start(step, why, who, as_json=as_json)


@acting.command(short_help="See the main job on an invented company.")
def demo(
    keep: Annotated[bool, typer.Option("--keep", help="Keep the sandbox running at the end, until Ctrl-C.")] = False,
    prefect: Annotated[bool, typer.Option("--prefect/--no-prefect", help="First sync as the Prefect flow.")] = True,
    as_json: Json = False,
) -> None:
    """The main job on an invented company, against a local sandbox: no credentials, nothing leaves this machine.

    \b
    Example:
      handoff demo
      handoff demo --keep
    """
    from handoff.cli import demo as story  # noqa: PLC0415

    raise typer.Exit(story.demo(keep=keep, prefect=prefect, as_json=as_json))
