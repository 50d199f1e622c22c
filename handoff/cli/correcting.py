"""Decisions that change the gate's verdict, on the command line: declared here, worked out in `decided`."""

from typing import Annotated

import typer

from handoff.cli.asking import queue
from handoff.cli.options import As, Json, Why

Entry = Annotated[str, typer.Argument(metavar="ENTRY", help="E-000123, or a deal id.")]
OfRule = Annotated[str, typer.Option("--rule", metavar="RULE", help="The rule that it is about.")]
Version = Annotated[
    int | None, typer.Option("--version", metavar="N", min=0, help="Only if the entry is still at this version.")
]
Field = Annotated[str, typer.Option("--field", metavar="FIELD", help="A field of the deal.")]


@queue.command(name="correct")
def correct(
    entry: Entry,
    values: Annotated[list[str], typer.Option("--set", metavar="FIELD=VALUE", help="Several times for several.")],
    why: Why,
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what the gate would say; write nothing.")] = False,
    who: As = None,
    as_json: Json = False,
) -> None:
    """Correct fields of a held deal; the gate says at once whether it would pass, the next run delivers it.

    \b
    Example:
      handoff queue correct E-000123 --set billing_email=ap@customer.com --why "their AP told me" --as ada

    The CRM is not edited: the correction lies over what it says, until the CRM says the same. Money waits for a
    second person: handoff queue confirm.
    """
    from handoff.cli import decided  # noqa: PLC0415 - lazy, as every command: --help stays quick

    decided.correct(entry, values, why, who, dry_run=dry_run, as_json=as_json)


@queue.command(name="confirm")
def confirm(entry: Entry, why: Why, who: As = None, version: Version = None, as_json: Json = False) -> None:
    """Confirm, as the second person, a corrected amount that somebody else entered.

    \b
    Example:
      handoff queue confirm E-000123 --why "stands so in the signed contract" --as tomas
    """
    from handoff.cli import decided  # noqa: PLC0415

    decided.confirm(entry, why, who, version=version, as_json=as_json)


@queue.command(name="withdraw")
def withdraw(entry: Entry, field: Field, why: Why, who: As = None, as_json: Json = False) -> None:
    """Take a correction back, so that what the CRM says holds again.

    \b
    Example:
      handoff queue withdraw E-000123 --field billing_email --why "the CRM was right" --as ada
    """
    from handoff.cli import decided  # noqa: PLC0415

    decided.withdraw(entry, field, why, who, as_json=as_json)


@queue.command(name="waive")
def waive(
    entry: Entry,
    rule: OfRule,
    days: Annotated[int, typer.Option("--days", min=1, help="For how many days; owners.yaml says how many at most.")],
    why: Why,
    *,
    who: As = None,
    as_json: Json = False,
) -> None:
    """Waive a rule for one deal and some days.

    \b
    Example:
      handoff queue waive E-000123 --rule kickoff_within_horizon --days 7 --why "agreed with delivery" --as kwame
    """
    from handoff.cli import decided  # noqa: PLC0415

    decided.waive(entry, rule, days, why, who, as_json=as_json)


@queue.command(name="request-approval")
def request_approval(entry: Entry, rule: OfRule, why: Why, who: As = None, as_json: Json = False) -> None:
    """Ask whoever answers for a rule to approve exactly what would be written now.

    \b
    Example:
      handoff queue request-approval E-000123 --rule discount_within_limit_or_approved --why "three-year deal" --as ada
    """
    from handoff.cli import decided  # noqa: PLC0415

    decided.request_approval(entry, rule, why, who, as_json=as_json)


@queue.command(name="approve")
def approve(entry: Entry, rule: OfRule, why: Why, who: As = None, as_json: Json = False) -> None:
    """Approve what somebody else asked for: exactly what would be written now, and nothing else.

    \b
    Example:
      handoff queue approve E-000123 --rule discount_within_limit_or_approved --why "as agreed" --as maya
    """
    from handoff.cli import decided  # noqa: PLC0415

    decided.approve(entry, rule, why, who, as_json=as_json)


@queue.command(name="decline")
def decline(entry: Entry, rule: OfRule, why: Why, who: As = None, as_json: Json = False) -> None:
    """Decline what somebody else asked for: the deal stays held, and they are told.

    \b
    Example:
      handoff queue decline E-000123 --rule discount_within_limit_or_approved --why "20 % is the limit" --as maya
    """
    from handoff.cli import decided  # noqa: PLC0415

    decided.decline(entry, rule, why, who, as_json=as_json)
