"""Old reports: folders of published days leave after a time, and nothing that is not surely ours is touched."""

import re
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_FILE = re.compile(r"[A-Za-z0-9_-]+\.(html|csv)|\.[A-Za-z0-9_-]+\.(html|csv)\.part", re.ASCII)
"""What `publish` writes, and what it leaves when it dies while it does."""


@dataclass(frozen=True, slots=True)
class Removed:
    """The days whose folder is gone, and of what stays, though it is as old, each with the reason."""

    days: tuple[str, ...] = ()
    stays: tuple[str, ...] = ()


def remove(above: Path, before: str, ours: Collection[str]) -> Removed:
    """Delete the folders below `above` of days before a day; `ours`: the days that the store says were published.

    No link is followed. A folder in which anything else stands is left whole. It may be done again, or by two at once.
    """
    try:
        old = sorted(place for place in above.iterdir() if _DAY.fullmatch(place.name) and place.name < before)
    except OSError as error:
        return Removed(stays=(f"{above.name} ({error.strerror})",))
    days, stays = [], []
    for place in old:
        try:
            why = _why_not(place, ours)
            if why is None:
                _delete(place)
        except OSError as error:
            why = error.strerror or "it cannot be deleted"
        if why is None:
            days.append(place.name)
        else:
            stays.append(f"{place.name} ({why})")
    return Removed(tuple(days), tuple(stays))


def _why_not(place: Path, ours: Collection[str]) -> str | None:
    if place.is_symlink() or not place.is_dir():
        return "no folder of ours"
    if place.name not in ours:
        return "not published from this store"
    foreign = any(file.is_symlink() or not file.is_file() or not _FILE.fullmatch(file.name) for file in place.iterdir())
    return "something else stands in it" if foreign else None


def _delete(place: Path) -> None:
    for file in place.iterdir():
        file.unlink(missing_ok=True)
    with suppress(FileNotFoundError):  # somebody else was faster
        place.rmdir()
