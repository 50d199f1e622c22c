"""Per rule: deals that it passes, deals that it holds, and what an empty field means to it."""

from dataclasses import dataclass, field
from typing import Any

from tests.unit.checks.packs import make_line


@dataclass(frozen=True, slots=True, kw_only=True)
class Cases:
    """Overrides of a deal in order: still `good`, `bad`, and with nothing in it (`empty`), with what that means."""

    good: tuple[dict[str, Any], ...]
    bad: tuple[dict[str, Any], ...]
    empty: dict[str, Any]
    empty_passes: bool
    pack: dict[str, Any] = field(default_factory=dict)


def lines(*each: dict[str, str | None]) -> dict[str, Any]:
    return {"lines": [make_line(**one) for one in each]}


def label(name: str, good: str, bad: str) -> Cases:
    return Cases(
        good=({name: good},), bad=({name: bad}, {name: good.upper() + "!"}), empty={name: None}, empty_passes=True
    )


def presence(name: str) -> Cases:
    pack = {"required": {name: "always"}}
    return Cases(good=({name: "something"},), bad=({name: None},), empty={name: None}, empty_passes=False, pack=pack)
