"""Commands about what people are told: declared here, worked out in `tellings`, imported only when one runs."""

from typing import Annotated

import typer

from handoff.cli.asking import queue
from handoff.cli.options import Json

telling = typer.Typer()
notices = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="What owners are told, and if it arrived.")
telling.add_typer(notices, name="notices")


@notices.command(name="send")
def notices_send(
    again: Annotated[
        bool, typer.Option("--again", help="Try now what waits for its next try, or was given up.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Make one message per owner of the notices that wait, and send what is due by the channels of HANDOFF_CHANNELS.

    \b
    Example:
      handoff notices send

    Exit code 1 while critical messages reach nobody, 2 when a channel is set up wrongly; the others are used.
    """
    from handoff.cli import tellings  # noqa: PLC0415 - lazy, as every command: --help stays quick

    raise typer.Exit(tellings.send(again=again, as_json=as_json))


@notices.command(name="list")
def notices_list(
    state: Annotated[
        str | None, typer.Option("--state", metavar="STATE", help="pending, sent, dropped or undelivered; default all.")
    ] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=10_000, help="How many, the newest first.")] = 50,
    as_json: Json = False,
) -> None:
    """Messages, newest first: to whom, by which channel, how often tried, what stood in the way.

    \b
    Example:
      handoff notices list --state undelivered
    """
    from handoff.cli import tellings  # noqa: PLC0415

    tellings.show_list(state=state, limit=limit, as_json=as_json)


@telling.command(short_help="Alarm when no sync or sweep ends any more.")
def deadman(
    minutes: Annotated[
        int | None, typer.Option("--minutes", min=1, help="Without a sync for so long; else HANDOFF_DEADMAN_MINUTES.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Tell the integration's owner when no sync, or no sweep, has been completed for two intervals; exit 1 then.

    \b
    Example, for cron, every five minutes, best on another machine:
      handoff deadman

    Tells once per outage, then daily, by the last channel first. A store that does not open is such an outage.
    """
    from handoff.cli import tellings  # noqa: PLC0415

    raise typer.Exit(tellings.deadman(minutes, as_json=as_json))


@queue.command(name="note")
def queue_note(
    entry: Annotated[str, typer.Argument(metavar="ENTRY", help="E-000123, or a deal id.")], as_json: Json = False
) -> None:
    """The note to the customer that owners.yaml drafts for what holds an entry, for its owner to send. Sends nothing.

    \b
    Example:
      handoff queue note E-000123
    """
    from handoff.cli import tellings  # noqa: PLC0415

    tellings.note(entry, as_json=as_json)
