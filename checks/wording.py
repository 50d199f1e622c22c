"""How values are shown in sentences: quoted, and never longer than a reader can take."""

from collections.abc import Iterable

LONGEST = 120
SHOWN = 5


def clip(text: str) -> str:
    """A value as it may stand in a message or an entry: ten megabytes in a cell stay in the cell."""
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}… ({len(text):,} characters)"


def quoted(text: str | None) -> str:
    """A value in quotes; what is empty says so."""
    return "(empty)" if text is None else f'"{clip(text)}"'


def listed(texts: Iterable[str | None]) -> str:
    """Distinct values in quotes, the first few."""
    distinct = list(dict.fromkeys(texts))
    more = f" and {len(distinct) - SHOWN} more" if len(distinct) > SHOWN else ""
    return ", ".join(quoted(text) for text in distinct[:SHOWN]) + more


def sentence(text: str) -> str:
    """With a capital first."""
    return text[:1].upper() + text[1:]
