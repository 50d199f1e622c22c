"""The tutorial does what it says: its commands run here, and its edits are made here, in the order of the page."""

import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.unit.cli.conftest import Command
from tests.unit.cli.conftest import handoff as handoff  # noqa: PLC0414 - the fixture

ROOT = Path(__file__).parents[2]
TUTORIAL = (ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8")
_BLOCK = re.compile(r"^```(\w+)( not-run)?\n(.*?)^```$", re.M | re.S)
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d\s+\d\d:\d\d\s+UTC")
_LEFT_OUT = "\n...\n"
"""A line of the output that stands for any others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One block of the page: `console` or `diff`."""

    language: str
    text: str
    run: bool


def blocks_of(page: str) -> list[Block]:
    """All blocks of a page, in its order."""
    return [Block(language=kind, text=text, run=not mark) for kind, mark, text in _BLOCK.findall(page)]


def commands_of(block: str) -> Iterator[tuple[str, str]]:
    """Each command of a console block with what it should print; a heredoc belongs to its command."""
    for part in re.split(r"^\$ ", block, flags=re.M)[1:]:
        command, _, rest = part.partition("\n")
        if heredoc := re.search(r"<<'(\w+)'$", command):
            body, _, rest = rest.partition(f"\n{heredoc[1]}\n")
            command = f"{command}\n{body}\n{heredoc[1]}\n"
        yield command, rest


def is_said(expected: str, printed: str) -> bool:
    """Whether this was printed, whatever the moment and however it was folded."""
    wanted = ".*".join(re.escape(_plain(part)) for part in f"\n{expected}\n".split(_LEFT_OUT))
    return re.fullmatch(wanted, _plain(printed), re.S) is not None


def _plain(text: str) -> str:
    return "".join(_MOMENT.sub("(a moment)", text).split())


def edit(text: str, hunk: str) -> str:
    """A text after one hunk, whose lines before the edit must stand in it exactly once."""
    lines = hunk.splitlines()
    before = "".join(f"{line[1:]}\n" for line in lines if line[0] in " -")
    after = "".join(f"{line[1:]}\n" for line in lines if line[0] in " +")
    assert f"\n{text}".count(f"\n{before}") == 1, f"these lines do not stand there once:\n{before}"
    return f"\n{text}".replace(f"\n{before}", f"\n{after}")[1:]


def follow(page: str, handoff: Command) -> None:
    """Do what the page says; AssertionError where something else comes."""
    for block in [block for block in blocks_of(page) if block.run]:
        if block.language == "diff":
            named, _, hunks = block.text.partition("\n")
            file = Path(named.removeprefix("+++ "))
            text = file.read_text(encoding="utf-8")
            for hunk in hunks.split("@@\n"):
                text = edit(text, hunk)
            file.write_text(text, encoding="utf-8")
            continue
        for command, expected in commands_of(block.text):
            printed = _printed(command, handoff)
            assert is_said(expected, printed), f"{command.splitlines()[0]} printed:\n{printed}"


def _printed(command: str, handoff: Command) -> str:
    if command.startswith("handoff "):
        ended = handoff(*shlex.split(command)[1:])
        assert ended.code == 0, ended.err
        return ended.out
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


@pytest.fixture
def clone(tmp_path: Path, handoff: Command) -> Command:
    """`handoff` in a folder that holds what the tutorial takes from a clone."""
    shutil.copytree(ROOT / "mappings" / "packs", tmp_path / "mappings" / "packs")
    return handoff


def test_the_tutorial_does_what_it_says(clone: Command) -> None:
    follow(TUTORIAL, clone)


@pytest.mark.parametrize(
    ("said", "otherwise"),
    [
        ("held      4  USD 32,194.00", "held      3  USD 32,194.00"),  # what is printed
        ("2026-01-12,2026-02-10,4821", "2026-01-12,2026-02-10,482"),  # a deal of the export
        ("+  synonyms: {GTXPro: GTX Pro}", "+  synonyms: {GTXPro: GTK 500}"),  # what is edited
        ("-  synonyms: {}", "-  synonyms: {A: B}"),  # a line that is not in the file
        ("{role: keeper_of_dates, fix", "{role: crm_admin, fix"),  # who owns the rule
        ("4 roles, 11 chains", "4 roles, 12 chains"),  # what is proved
        ("handoff owners check", "handoff owners prove"),  # a command
        ("cp -r mappings", "cp -r elsewhere"),
    ],
)
def test_a_tutorial_that_says_something_else_is_found(clone: Command, said: str, otherwise: str) -> None:
    assert said in TUTORIAL
    with pytest.raises(AssertionError):
        follow(TUTORIAL.replace(said, otherwise), clone)


def test_the_commands_that_are_not_run_exist(handoff: Command) -> None:
    shown = "".join(block.text for block in blocks_of(TUTORIAL) if not block.run)
    commands = re.findall(r"\bhandoff ([a-z]+)", shown)
    assert commands == ["demo", "serve", "sync"]
    assert "handoff demo --keep\n" in shown, "else there is nobody whom the sync could ask"
    assert [name for name in commands if handoff(name, "--help").code] == []
    targets = re.findall(r"\bmake ([a-z]+)", shown)
    assert targets == ["setup"]
    assert [name for name in targets if f"\n{name}: " not in (ROOT / "Makefile").read_text()] == []


def test_the_tutorial_is_short_enough_for_five_minutes() -> None:
    assert len(TUTORIAL.splitlines()) < 125
