"""Commands that only ask: declared here, worked out in modules that are imported only when a command runs."""

from pathlib import Path
from typing import Annotated

import typer

from handoff.cli.options import Html, Json, Owner, Rule

asking = typer.Typer()


@asking.command(short_help="Judge an export: no credentials needed.")
def check(
    path: Annotated[Path, typer.Argument(metavar="PATH", help="Folder of an export, or one CSV or Parquet file.")],
    *,
    pack: Annotated[str, typer.Option("--pack", metavar="DIR", help="Pack folder, or the name of a shipped pack.")],
    as_json: Json = False,
    html: Html = None,
    strict: Annotated[bool, typer.Option("--strict", help="Exit 1 when a deal is held.")] = False,
    source: Annotated[str, typer.Option("--source", help="Which source map of fields.yaml reads it.")] = "export",
) -> None:
    """Judge an export by the gate alone: no credentials, nothing sent or stored.

    \b
    Example:
      handoff check ./export --pack crm_sales_opportunities --html check.html
    """
    from handoff.cli import checking  # noqa: PLC0415

    raise typer.Exit(checking.check(path, pack, source=source, as_json=as_json, html=html, strict=strict))


@asking.command(short_help="The exception report: open entries by owner and cause.")
def report(
    html: Html = None,
    csv: Annotated[Path | None, typer.Option("--csv", metavar="FILE", help="Write a CSV, safe to open.")] = None,
    owner: Owner = None,
    publish: Annotated[
        Path | None,
        typer.Option("--publish", metavar="FOLDER", help="Write the whole and one per owner, and tell the owners."),
    ] = None,
    as_json: Json = False,
) -> None:
    """What is held, for how much, whose it is and when due; what would release most; what changed since the last one.

    \b
    Example:
      handoff report --html held.html
      handoff report --owner ada@example.com --csv ada.csv
      handoff report --publish ./reports

    A report is "the last one" once it was published: by --publish, or by the flow publish-report.
    """
    from handoff.cli import reporting  # noqa: PLC0415

    if publish is not None and (html or csv or owner):
        raise typer.BadParameter(
            "it writes every report: take it without --html, --csv and --owner.", param_hint="--publish"
        )
    wanted = reporting.Wanted(html=html, csv=csv, owner=owner, publish=publish, as_json=as_json)
    raise typer.Exit(reporting.report(wanted))


queue = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="The quarantine: entries of held deals.")
asking.add_typer(queue, name="queue")


@queue.command(name="list")
def queue_list(
    rule: Rule = None,
    owner: Owner = None,
    all_states: Annotated[bool, typer.Option("--all-states", help="Released entries too.")] = False,
    as_json: Json = False,
) -> None:
    """Entries, first due first.

    \b
    Example:
      handoff queue list --owner ada@example.com
    """
    from handoff.cli import entries  # noqa: PLC0415

    entries.show_list(rule=rule, owner=owner, all_states=all_states, as_json=as_json)


@queue.command(name="show")
def queue_show(
    entry: Annotated[str, typer.Argument(metavar="ENTRY", help="E-000123, or a deal id.")], as_json: Json = False
) -> None:
    """One entry with all its violations.

    \b
    Example:
      handoff queue show E-000123
    """
    from handoff.cli import entries  # noqa: PLC0415

    entries.show_one(entry, as_json=as_json)


@asking.command(short_help="Why a deal is where it is, and what next.")
def explain(
    deal: Annotated[str, typer.Argument(metavar="DEAL|ENTRY", help="A deal's id, or E-000123.")],
    *,
    clock: Annotated[bool, typer.Option("--clock", help="What the entry's clock has counted.")] = False,
    as_json: Json = False,
) -> None:
    """Why a deal is where it is, who acts, what happens next; then all we know of it.

    \b
    Example:
      handoff explain E-000123
      handoff explain E-000123 --clock
    """
    from handoff.cli import clock_view, explaining  # noqa: PLC0415

    show = clock_view.show if clock else explaining.explain
    show(deal, as_json=as_json)


pack = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="The company's decisions, a folder of YAML.")
asking.add_typer(pack, name="pack")


@pack.command(name="check")
def pack_check(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Pack folder, or the name of a shipped pack.")],
    as_json: Json = False,
) -> None:
    """Validate a pack: every problem at once, with file, line, key and what would be right.

    \b
    Example:
      handoff pack check ./our-pack
    """
    from handoff.cli import packs  # noqa: PLC0415

    raise typer.Exit(packs.check(folder, as_json=as_json))


@asking.command(short_help="Is everything in place for a sync?")
def doctor(as_json: Json = False) -> None:
    """Check that everything is in place for a sync; each line says what to do.

    \b
    Example:
      handoff doctor
    """
    from handoff.cli import care  # noqa: PLC0415

    raise typer.Exit(care.doctor(as_json=as_json))


@asking.command(short_help="Do the ledger's invariants hold?")
def verify(
    remote: Annotated[bool, typer.Option("--remote", help="Also compare with Stripe and Salesforce.")] = False,
    as_json: Json = False,
) -> None:
    """Check the ledger's invariants; exit 1 and name each row that breaks one.

    \b
    Example:
      handoff verify --remote
    """
    from handoff.cli import care  # noqa: PLC0415

    raise typer.Exit(care.verify(remote=remote, as_json=as_json))
