"""`handoff stats`, declared here; worked out in `stats_view`, which is imported only when it runs."""

from typing import Annotated

import typer

from handoff.cli.options import Json

figures = typer.Typer()


@figures.command(short_help="How well deals are handed off, in figures.")
def stats(
    since: Annotated[str | None, typer.Option("--since", metavar="DATE", help="First day, 2026-11-01.")] = None,
    until: Annotated[str | None, typer.Option("--until", metavar="DATE", help="Last day, included.")] = None,
    as_json: Json = False,
) -> None:
    """How fast, how many at the first try, what is blocked and why, who answers in time; docs/figures.md defines each.

    Days are days of the billing zone. What is open is told as of now, whatever the period.

    \b
    Example:
      handoff stats --since 2026-11-01 --until 2026-11-30
    """
    from handoff.cli import stats_view  # noqa: PLC0415 - the figures need polars, SQLAlchemy and the pack

    stats_view.stats(since=since, until=until, as_json=as_json)
