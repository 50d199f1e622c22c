"""Commands about the ownership map: is it whole, and what a workflow looks like to the people in it."""

from typing import Annotated

import typer

from handoff.cli.options import Html, Json

mapping = typer.Typer()
Pack = Annotated[str | None, typer.Option("--pack", metavar="DIR", help="Pack; default HANDOFF_PACK.")]

owners = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="The ownership map: who answers for what.")
mapping.add_typer(owners, name="owners")


@owners.command(name="check")
def owners_check(
    *,
    days: Annotated[int, typer.Option("--days", min=1, max=366, help="How far ahead.")] = 90,
    pack: Pack = None,
    as_json: Json = False,
) -> None:
    """Prove that every rule and failure has one person, a backup and an end, at every hour of the next days.

    Prints gaps, double owners, circles of backups, groups in place of people, people who left: each with its line in
    owners.yaml. Exit 2 when there is one; then no sync begins on this pack either.

    \b
    Example:
      handoff owners check --days 90
    """
    from handoff.cli import map_view  # noqa: PLC0415

    raise typer.Exit(map_view.check(pack, days, as_json=as_json))


@mapping.command(short_help="The steps of a handoff, one page: who does what, by when.")
def workflow(html: Html = None, pack: Pack = None, as_json: Json = False) -> None:
    """The pack's workflow in plain language: steps, who answers, inputs, hand-offs, limits, what can go wrong.

    \b
    Example:
      handoff workflow --html workflow.html
    """
    from handoff.cli import map_view  # noqa: PLC0415

    raise typer.Exit(map_view.workflow(pack, html=html, as_json=as_json))
