"""What people read: one document on stdout, tables, progress on stderr; never a control character of the CRM's."""

import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Literal

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table

from handoff.report.wording import plain

_GAP = 2
"""Columns between two cells."""
_PIPE_WIDTH = 140
"""Columns when nobody says how wide the output is."""


def out() -> Console:
    """stdout for people: no markup, so that a deal named [red] stays one."""
    return _console(stderr=False)


def err() -> Console:
    """stderr: warnings, progress, what went wrong."""
    return _console(stderr=True)


def _console(*, stderr: bool) -> Console:
    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() else _PIPE_WIDTH
    return Console(file=stream, markup=False, emoji=False, highlight=False, width=width)


def emit(document: Mapping[str, Any]) -> None:
    """The one JSON document of a `--json` command."""
    in_ascii = sys.stdout.encoding.lower().replace("-", "") != "utf8"
    sys.stdout.write(json.dumps(document, indent=2, ensure_ascii=in_ascii, default=str) + "\n")


def lines(*texts: str, console: Console | None = None) -> None:
    """Lines for people, each made harmless."""
    for text in texts:
        harmless = "\n".join(plain(line) for line in text.split("\n"))
        (console or out()).print(harmless, soft_wrap=True)


def table(
    headings: Sequence[str], rows: Sequence[Sequence[object]], *, right: Sequence[int] = (), one_line: bool = False
) -> None:
    """A calm table: no frame, numbers to the right, every cell made harmless. `one_line`: long cells are cut."""
    shown = Table(box=None, pad_edge=False, padding=(0, _GAP, 0, 0), header_style="bold", show_header=any(headings))
    cells = [[plain("" if cell is None else cell) for cell in row] for row in rows]
    console = out()
    widths = _widths([headings, *cells], console.width) if one_line else [None] * len(headings)
    overflow: Literal["fold", "ellipsis"] = "ellipsis" if one_line else "fold"
    for place, heading in enumerate(headings):
        justify: Literal["left", "right"] = "right" if place in right else "left"
        shown.add_column(heading, justify=justify, overflow=overflow, no_wrap=one_line, width=widths[place])
    for row in cells:
        shown.add_row(*row)
    console.print(shown)


def _widths(rows: Sequence[Sequence[str]], width: int) -> list[int | None]:
    """Per column as much room as its longest cell needs; where that is too much, the longest share what is left."""
    needed = [max(cell_len(row[place]) for row in rows) for place in range(len(rows[0]))]
    left = width - _GAP * len(needed)
    found: list[int | None] = [None] * len(needed)
    for rank, place in enumerate(sorted(range(len(needed)), key=lambda place: needed[place])):
        share = max(1, left // (len(needed) - rank))
        given = min(needed[place], share)
        found[place] = given
        left -= given
    return found


@contextmanager
def watching() -> Iterator[Callable[[Any], None]]:
    """A progress bar per stage while a person watches stderr; silence otherwise. Takes `house.Progress`."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn  # noqa: PLC0415

    columns = (TextColumn("{task.description:<12}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    stages: dict[str, Any] = {}
    with Progress(*columns, console=err(), transient=True) as bars:

        def watch(progress: Any) -> None:
            if progress.stage not in stages:
                stages[progress.stage] = bars.add_task(progress.stage, total=progress.total)
            bars.update(stages[progress.stage], completed=progress.done, total=progress.total)

        yield watch
