"""Commands by which people decide on held deals: declared here, worked out in `cli.decisions` when one runs."""

from typing import Annotated

import typer

from handoff.cli.asking import asking, queue
from handoff.cli.options import As, Json, Why

Entry = Annotated[str, typer.Argument(metavar="ENTRY", help="E-000123, or a deal id.")]
Version = Annotated[
    int | None, typer.Option("--version", metavar="N", min=0, help="Only if the entry is still at this version.")
]


@queue.command(short_help="The deal is not handed off.")
def reject(
    entry: Entry,
    *,
    chosen: Annotated[str, typer.Option("--reason", metavar="REASON", help="One of policies.yaml's.")],
    why: Why,
    who: As = None,
    version: Version = None,
    as_json: Json = False,
) -> None:
    """Decide that a held deal is not handed off. It stays known, and what changes in the CRM is only noted.

    \b
    Example:
      handoff queue reject E-000123 --reason "customer withdrew" --why "mail of 24 November" --as ada

    Refused when something of it was sent to Stripe or Asana already.
    """
    from handoff.cli import decisions  # noqa: PLC0415 - lazy, as every command: --help stays quick

    decisions.reject(entry, chosen, decisions.Word(why=why, who=who, version=version, as_json=as_json))


@queue.command(short_help="Take a rejection back.")
def reopen(entry: Entry, why: Why, who: As = None, version: Version = None, as_json: Json = False) -> None:
    """Take a rejection back: the entry is open again, in its next episode, and the next run judges the deal.

    \b
    Example:
      handoff queue reopen E-000123 --why "the customer signed after all" --as ada
    """
    from handoff.cli import decisions  # noqa: PLC0415

    decisions.reopen(entry, decisions.Word(why=why, who=who, version=version, as_json=as_json))


@queue.command(short_help="Give an entry to another person.")
def reassign(
    entry: Entry,
    *,
    to: Annotated[str, typer.Option("--to", metavar="PERSON", help="By id, e-mail or exact name, as owners.yaml.")],
    why: Why,
    who: As = None,
    version: Version = None,
    as_json: Json = False,
) -> None:
    """Give an entry to another person of owners.yaml. Its clock goes on.

    \b
    Example:
      handoff queue reassign E-000123 --to mei_tanaka --why "she knows this customer" --as ada
    """
    from handoff.cli import decisions  # noqa: PLC0415

    decisions.reassign(entry, to, decisions.Word(why=why, who=who, version=version, as_json=as_json))


@queue.command(short_help="Write a remark into an entry's events.")
def comment(entry: Entry, why: Why, who: As = None, version: Version = None, as_json: Json = False) -> None:
    """Write a remark into an entry's events; it decides nothing.

    \b
    Example:
      handoff queue comment E-000123 --why "the rep is asking the customer" --as ada
    """
    from handoff.cli import decisions  # noqa: PLC0415

    decisions.comment(entry, decisions.Word(why=why, who=who, version=version, as_json=as_json))


@queue.command(short_help="Ask one person one question.")
def ask(
    entry: Entry,
    *,
    of: Annotated[str, typer.Option("--of", metavar="PERSON", help="By id, e-mail or exact name, as owners.yaml.")],
    why: Annotated[str, typer.Option("--why", metavar="QUESTION", help="The question; it stands in the audit.")],
    hours: Annotated[
        int | None, typer.Option("--hours", metavar="N", help="Working hours for the answer; default policies.yaml's.")
    ] = None,
    who: As = None,
    version: Version = None,
    as_json: Json = False,
) -> None:
    """Ask one person one question, with a deadline. The entry's clock pauses until the answer, within the pack's cap.

    \b
    Example:
      handoff queue ask E-000123 --of rin_takeda --why "Which product did you sell?" --hours 4 --as ada
    """
    from handoff.cli import decisions  # noqa: PLC0415

    decisions.ask(entry, of, hours, decisions.Word(why=why, who=who, version=version, as_json=as_json))


@queue.command(short_help="Answer the question put to you.")
def answer(
    entry: Entry,
    why: Annotated[str, typer.Option("--why", metavar="TEXT", help="The answer; it stands in the audit.")],
    who: As = None,
    version: Version = None,
    as_json: Json = False,
) -> None:
    """Answer the question about an entry that was put to you. Its clock goes on, and who asked is told.

    \b
    Example:
      handoff queue answer E-000123 --why "GTX Pro, ten of them" --as rin_takeda
    """
    from handoff.cli import decisions  # noqa: PLC0415

    decisions.answer(entry, decisions.Word(why=why, who=who, version=version, as_json=as_json))


@queue.command(name="done-by-hand", short_help="The deal was handed off without us.")
def done_by_hand(
    entry: Entry,
    why: Why,
    *,
    invoice: Annotated[
        list[str] | None, typer.Option("--invoice", metavar="in_…", help="Repeat it in the order of instalments.")
    ] = None,
    project: Annotated[str | None, typer.Option("--project", metavar="GID", help="The project's number.")] = None,
    accept: Annotated[
        bool, typer.Option("--accept-differences", help="Although amount or customer differ from the deal.")
    ] = False,
    withdraw: Annotated[bool, typer.Option("--withdraw", help="Take it back: the next run judges the deal.")] = False,
    who: As = None,
    version: Version = None,
    as_json: Json = False,
) -> None:
    """Name the invoices and the project that you made by hand: we look whether they are there, and never make others.

    \b
    Example:
      handoff fallback E-000123
      handoff queue done-by-hand E-000123 --invoice in_1Abc --project 1200345 --why "Asana refused it" --as ada

    When a service does not answer, the claim stands, nothing is sent, and the next run looks (exit code 1).
    """
    from handoff.cli import decisions  # noqa: PLC0415

    word = decisions.Word(why=why, who=who, version=version, as_json=as_json)
    if withdraw:
        decisions.withdraw(entry, word, named=bool(invoice or project))
    else:
        decisions.done_by_hand(entry, decisions.named(tuple(invoice or ()), project, accept=accept), word)


@asking.command(short_help="How to hand a deal off without us.")
def fallback(
    deal: Annotated[str, typer.Argument(metavar="DEAL|ENTRY", help="A deal's id, or E-000123.")], as_json: Json = False
) -> None:
    """The manual fallback of one deal: each value in order, and where to click at Stripe and Asana.

    \b
    Example:
      handoff fallback E-000123

    What the deal does not say is marked. Tell us afterwards: handoff queue done-by-hand.
    """
    from handoff.cli import decisions  # noqa: PLC0415

    decisions.fallback(deal, as_json=as_json)
