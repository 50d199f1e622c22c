"""Say what a decision touches before it is taken, and have it confirmed."""

import sys

import typer

from handoff.cli import console
from handoff.core.errors import UsageError
from handoff.report.wording import plain


def confirm(sentence: str, *, yes: bool, as_json: bool) -> None:
    """Go on when it is confirmed, by --yes or at the terminal.

    Raises UsageError without either, and ends the command with 1 when a person declines: nothing is written.
    """
    if yes:
        if not as_json:
            console.lines(plain(sentence))
        return
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise UsageError(f"{sentence} Nothing was written: confirm it with --yes.")
    console.lines(plain(sentence), console=console.err())
    if not typer.confirm("Go on?", err=True):
        console.lines("Nothing was written.", console=console.err())
        raise typer.Exit(1)
