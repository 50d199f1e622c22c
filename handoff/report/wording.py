"""How values are written for people, in terminals and on pages alike."""

import re
import unicodedata
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from handoff.core.violation import Violation

_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})
_UNIT = re.compile(r"(?<=\b[A-Z]{3}) (?=-?[0-9])|(?<=[0-9]) (?=(?:k|M|bn|%|h|s|min|days?)(?![a-z]))")


def plain(text: object) -> str:
    """Text without control and direction characters: they could disguise what stands there, or drive a terminal."""
    return "".join("�" if unicodedata.category(c) in _INVISIBLE else c for c in str(text))


def money(amounts: Sequence[object]) -> str:
    """Amounts per currency, or a dash when none can be read."""
    return " · ".join(str(amount) for amount in amounts) or "–"


def unbroken(text: str) -> str:
    """A sentence whose numbers stay on one line with their units and currencies: `USD 970 k`, `41 days`."""
    return _UNIT.sub("\N{NO-BREAK SPACE}", text)


def utc(at: datetime | None) -> str:
    """A moment with its zone said."""
    return f"{at:%Y-%m-%d %H:%M} UTC" if at else "–"


def counted(number: int, one: str, many: str | None = None) -> str:
    """`1 deal`, `2,848 deals`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def duration(seconds: int | None) -> str:
    """A time as people say it, in its two largest units: `45 s`, `12 min`, `3 h 20 min`, `2 days 4 h`."""
    if seconds is None:
        return "–"
    minutes, rest = divmod(max(0, seconds), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        return counted(days, "day") + (f" {hours} h" if hours else "")
    if hours:
        return f"{hours} h" + (f" {minutes} min" if minutes else "")
    return f"{minutes} min" if minutes else f"{rest} s"


def percent(share: float | None) -> str:
    """A share of one as people say it; never 100 % for what is not all, nor 0 % for what is not nothing."""
    if share is None:
        return "–"
    if 0 < share < 1:
        return f"{min(max(share * 100, 0.1), 99.9):.1f} %"
    return f"{share:.0%}".replace("%", " %")


def times(number: int) -> str:
    """`once`, `twice`, `3 times`."""
    return {1: "once", 2: "twice"}.get(number, f"{number} times")


def spoken(name: str) -> str:
    """A rule's or field's name as people say it: billing_country -> billing country."""
    return name.rpartition(".")[2].replace("_", " ")


def violation_document(violation: Violation) -> dict[str, Any]:
    """A violation as every `--json` shows it."""
    names = ("rule", "field", "seen", "allowed", "message", "judged")
    return {name: getattr(violation, name) for name in names}
