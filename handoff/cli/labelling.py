"""Commands on causes and labels: declared here, worked out in modules that are imported only when a command runs."""

from typing import Annotated

import typer

from handoff.cli.asking import queue
from handoff.cli.options import As, Cause, Json, Owner, Rule, Why, Yes

labelling = typer.Typer()
causes = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="What holds deals, and where it is put right.")
labels = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Label decisions beside the pack's labels.yaml.")
labelling.add_typer(causes, name="causes")
labelling.add_typer(labels, name="labels")


@causes.command(name="list")
def causes_list(owner: Owner = None, as_json: Json = False) -> None:
    """What holds deals, most money first: how many, how much, whose, since when due, and the CRM's page to fix it on.

    \b
    Example:
      handoff causes list --owner ada@example.com
    """
    from handoff.cli import cause_view  # noqa: PLC0415 - lazy, as every command: --help stays quick

    cause_view.show_list(owner, as_json=as_json)


@queue.command(name="assign")
def queue_assign(
    *,
    cause: Annotated[str, typer.Option("--cause", metavar="C-…", help="A cause of `handoff causes list`.")],
    to: Annotated[str, typer.Option("--to", metavar="PERSON", help="Who is to own them: id or e-mail.")],
    why: Why,
    yes: Yes = False,
    who: As = None,
    as_json: Json = False,
) -> None:
    """Give all entries of a cause to one person; says first how many deals and how much money.

    \b
    Example:
      handoff queue assign --cause C-0123456789 --to ada --why "she knows the account" --yes

    Each entry is given away by itself: one that somebody changes meanwhile is told, and the rest goes on.
    """
    from handoff.cli import cause_view  # noqa: PLC0415 - as above

    raise typer.Exit(cause_view.assign(cause, to, why, who, yes=yes, as_json=as_json))


@queue.command(name="label")
def queue_label(
    entry: Annotated[str | None, typer.Argument(metavar="[ENTRY]", help="E-000123, or a deal id.")] = None,
    *,
    why: Why,
    cause: Cause = None,
    rule: Rule = None,
    as_label: Annotated[
        str | None, typer.Option("--as-label", metavar="LABEL", help="The canonical label that it stands for.")
    ] = None,
    new_label: Annotated[bool, typer.Option("--new-label", help="The text is a canonical label of its own.")] = False,
    yes: Yes = False,
    who: As = None,
    as_json: Json = False,
) -> None:
    """Decide about a label that holds deals: a synonym, or a new canonical label; for all deals that carry it.

    \b
    Example:
      handoff queue label E-000123 --rule product_is_canonical --as-label "GTX Pro" --why "the old price list's name"
      handoff queue label --cause C-0123456789 --new-label --why "on the price list since May" --yes

    Says first how many deals it holds and how many it releases, with their money. The next run acts on it.
    """
    from handoff.cli import label_view  # noqa: PLC0415 - as above

    chosen = label_view.Wanted(entry=entry, cause=cause, rule=rule, as_label=as_label, new_label=new_label)
    label_view.decide(chosen, why, who, yes=yes, as_json=as_json)


@labels.command(name="list")
def labels_list(
    every: Annotated[bool, typer.Option("--all-states", help="Exported and withdrawn ones too.")] = False,
    as_json: Json = False,
) -> None:
    """The label decisions that are added to the pack: who took them, when and why.

    \b
    Example:
      handoff labels list
    """
    from handoff.cli import label_view  # noqa: PLC0415 - as above

    label_view.show_list(every=every, as_json=as_json)


@labels.command(name="export")
def labels_export(
    write: Annotated[bool, typer.Option("--write", help="Write labels.yaml; else only show the change.")] = False,
    who: As = None,
    as_json: Json = False,
) -> None:
    """Put the label decisions into the pack's labels.yaml, which keeps its comments and order.

    \b
    Example:
      handoff labels export
      handoff labels export --write

    Proven before it is written: the file alone then is the same pack as the file and the decisions were.
    """
    from handoff.cli import label_view  # noqa: PLC0415 - as above

    label_view.export(who, write=write, as_json=as_json)


@labels.command(name="withdraw")
def labels_withdraw(
    label_set: Annotated[str, typer.Argument(metavar="SET", help="The label set, as in labels.yaml.")],
    text: Annotated[str, typer.Argument(metavar="TEXT", help="The text that was decided about.")],
    why: Why,
    who: As = None,
    as_json: Json = False,
) -> None:
    """Take a label decision back: the text holds deals again. What was delivered by it stays delivered.

    \b
    Example:
      handoff labels withdraw product "GTXPro" --why "it was another product after all" --as ada
    """
    from handoff.cli import label_view  # noqa: PLC0415 - as above

    label_view.withdraw(label_set, text, why, who, as_json=as_json)
