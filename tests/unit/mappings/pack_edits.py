"""Edits that break a pack, and what `load` says of it."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path

from checks.rules import names
from handoff.core.errors import PackError, PackProblem
from mappings.pack import load, shipped

Edit = Callable[[str], str]
Broken = dict[str, tuple[str, Edit, str, str, str]]


def swap(old: str, new: str) -> Edit:
    """Replace a text that stands in the file exactly once."""

    def edit(text: str) -> str:
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times"
        return text.replace(old, new)

    return edit


def append(more: str) -> Edit:
    return lambda text: text + more


def drop(pattern: str) -> Edit:
    """Remove the lines that match."""

    def edit(text: str) -> str:
        kept = [line for line in text.splitlines(keepends=True) if not re.search(pattern, line)]
        assert len(kept) < len(text.splitlines())
        return "".join(kept)

    return edit


def problems(tmp_path: Path, *edits: tuple[str, Edit]) -> list[PackProblem]:
    """The problems of the demo pack after some edits (file, edit)."""
    folder = tmp_path / "pack"
    shutil.copytree(shipped("demo"), folder)
    for file, edit in edits:
        path = folder / f"{file}.yaml"
        path.write_text(edit(path.read_text(encoding="utf-8")), encoding="utf-8")
    try:
        load(folder, names())
    except PackError as error:
        return error.problems
    return []


def line_of(tmp_path: Path, file: str, text: str) -> int:
    """The number of the first line of the edited file that holds a text."""
    lines = (tmp_path / "pack" / f"{file}.yaml").read_text(encoding="utf-8").splitlines()
    return next(n for n, line in enumerate(lines, start=1) if text in line)
