"""What people read: one document on stdout, tables, progress on stderr; never a control character of the CRM's."""

import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Literal

from rich.console import Console
from rich.table import Table

from handoff.report.wording import plain

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
    """Lines for people."""
    for text in texts:
        (console or out()).print(text, soft_wrap=True)


def table(
    headings: Sequence[str], rows: Sequence[Sequence[object]], *, right: Sequence[int] = (), one_line: bool = False
) -> None:
    """A calm table: no frame, numbers to the right, every cell made harmless; `one_line`: cut rather than folded."""
    shown = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold", show_header=any(headings))
    for place, heading in enumerate(headings):
        justify: Literal["left", "right"] = "right" if place in right else "left"
        overflow: Literal["fold", "ellipsis"] = "ellipsis" if one_line else "fold"
        shown.add_column(heading, justify=justify, overflow=overflow, no_wrap=one_line)
    for row in rows:
        shown.add_row(*(plain("" if cell is None else cell) for cell in row))
    out().print(shown)


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
