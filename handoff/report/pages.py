"""Self-contained HTML pages: autoescaped, no script, nothing fetched; deal text is taken as hostile."""

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from handoff.core.errors import UsageError
from handoff.report.wording import counted, plain, unbroken, utc

MOST_LISTED = 500
"""Deals listed per owner on a page; the rest is counted and left to --json."""
_TEMPLATES = Path(__file__).parent / "templates"


def amounts(found: Sequence[object]) -> Markup:
    """Amounts per currency, of which none is broken over two lines; a dash when none can be read."""
    return Markup(" · ").join(Markup('<span class="amount">{}</span>').format(each) for each in found) or Markup("–")


def environment(folder: Path) -> Environment:
    """How all our pages are made: every value is escaped, a missing one an error; ours may be parts of any."""
    found = Environment(
        loader=FileSystemLoader((folder, _TEMPLATES)),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters |= {"plain": plain, "amounts": amounts, "unbroken": unbroken, "utc": utc, "counted": counted}
    return found


_ENVIRONMENT = environment(_TEMPLATES)


def render(template: str, **facts: Any) -> str:
    """A page from `templates/`."""
    return _ENVIRONMENT.get_template(template).render(**facts)


def write(file: Path, page: str) -> None:
    """Put the page in place in one step; raises UsageError when the file cannot be written."""
    if not file.name:
        raise UsageError(f"{file} is a folder: name a file in it.")
    beside = file.with_name(f".{file.name}.part")
    try:
        beside.write_bytes(page.encode("utf-8", "replace"))  # as it is: no line end of the system's own
        beside.replace(file)
    except OSError as error:
        with suppress(OSError):  # a name that is too long cannot be removed either
            beside.unlink(missing_ok=True)
        raise UsageError(f"{file} cannot be written: {error.strerror}. Name a file in a folder that exists.") from None
