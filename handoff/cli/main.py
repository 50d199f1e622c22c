"""The `handoff` command: what exists, and how every end of it is said in one sentence with the right exit code."""

import io
import os
import sys
from pathlib import Path

import typer

from handoff.cli import (
    correcting,  # noqa: F401 - adds its commands to `handoff queue`
    deciding,  # noqa: F401 - adds its commands to `queue`
)
from handoff.cli.acting import acting
from handoff.cli.asking import asking
from handoff.cli.clocks import escalating
from handoff.cli.figures import figures
from handoff.cli.labelling import labelling
from handoff.cli.mapping import mapping
from handoff.cli.serving import serving
from handoff.cli.telling import telling
from handoff.core.errors import HandoffError
from handoff.report.wording import plain

app = typer.Typer(
    name="handoff",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    help="""Carries closed-won deals from Salesforce into Stripe and Asana; holds the bad ones with a name on them.

    \b
    Begin with your own export, no credentials needed:
      handoff check ./export --pack crm_sales_opportunities
    Or see it work against a local sandbox:
      handoff demo

    Exit codes: 0 done (held deals are a normal outcome), 1 something was left unprocessed, 2 wrong usage, settings
    or pack, 3 another run holds the lock. Settings come from HANDOFF_* variables or .env; `handoff doctor` checks them.
    """,
)
app.add_typer(acting)
app.add_typer(asking)
app.add_typer(mapping)
app.add_typer(escalating)
app.add_typer(labelling)
app.add_typer(telling)
app.add_typer(figures)
app.add_typer(serving)


def run(arguments: list[str] | None = None) -> None:
    """The console script. Ends the process with the exit code of the command's contract."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a broken character in a deal is no reason to stop
    try:
        typer.main.get_command(app)(arguments)
    except HandoffError as error:
        _say(str(error))
        sys.exit(error.exit_code)
    except Exception as error:
        sys.exit(failed(error))


def failed(error: Exception) -> int:
    """What is not a HandoffError: a service or the system said no, or it is a defect of ours."""
    errors = sys.modules.get("connectors.errors")
    if errors is not None and isinstance(error, errors.ConnectorError):
        _say(f"{error} `handoff doctor` checks every service.")
        return 1
    from handoff.cli import log  # noqa: PLC0415 - only when something broke

    home = _home()
    try:
        kept = f"Where is written in {log.write_trace(home, error)}"
    except OSError as unwritten:
        kept = f"Where could not be written to {home} ({unwritten.strerror})"
    if isinstance(error, OSError) and error.strerror:
        _say(f"{error.filename or 'The system'}: {error.strerror}. {kept}; run again once that is put right.")
    else:
        _say(f"This is a defect of handoff ({type(error).__name__}). {kept}; nothing is lost, a next run goes on.")
    return 1


def _home() -> Path:
    """HANDOFF_HOME, even when another setting is wrong."""
    from handoff.core.settings import Settings  # noqa: PLC0415 - pydantic takes a while, and --help has no settings

    try:
        return Settings.load().home
    except HandoffError:
        return Path(os.environ.get("HANDOFF_HOME", ".handoff"))


def _say(text: str) -> None:
    lines = (plain(line) for line in text.splitlines())
    sys.stderr.write("handoff: " + "\n".join(lines) + "\n")
