"""How values are written for people, in terminals and on pages alike."""

import unicodedata
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from handoff.core.violation import Violation

_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})


def plain(text: object) -> str:
    """Text without control and direction characters: they could disguise what stands there, or drive a terminal."""
    return "".join("�" if unicodedata.category(c) in _INVISIBLE else c for c in str(text))


def money(amounts: Sequence[object]) -> str:
    """Amounts per currency, or a dash when none can be read."""
    return " · ".join(str(amount) for amount in amounts) or "–"


def utc(at: datetime | None) -> str:
    """A moment with its zone said."""
    return f"{at:%Y-%m-%d %H:%M} UTC" if at else "–"


def counted(number: int, one: str, many: str | None = None) -> str:
    """`1 deal`, `2,848 deals`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def spoken(name: str) -> str:
    """A rule's or field's name as people say it: billing_country -> billing country."""
    return name.rpartition(".")[2].replace("_", " ")


def violation_document(violation: Violation) -> dict[str, Any]:
    """A violation as every `--json` shows it."""
    names = ("rule", "field", "seen", "allowed", "message", "judged")
    return {name: getattr(violation, name) for name in names}
