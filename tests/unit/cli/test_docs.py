"""What the documents say exists: settings, commands, files, words."""

import re
from pathlib import Path

import pytest

from handoff.core.settings import Settings
from tests.unit.cli.conftest import Command

ROOT = Path(__file__).parents[3]
DOCUMENTS = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])


def test_the_readme_names_every_setting() -> None:
    text = (ROOT / "README.md").read_text()
    assert not [name for name in Settings.model_fields if f"HANDOFF_{name.upper()}" not in text]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda p: p.name)
def test_every_command_in_a_document_exists_and_takes_its_options(handoff: Command, document: Path) -> None:
    shown = re.findall(r"(?:^ {4}|`)handoff ([a-z][a-z -]*?)(?= [A-Z./'\"#…]|  |`|$)", document.read_text(), re.M)
    for words in {tuple(command.split()) for command in shown}:
        verbs = [word for word in words if not word.startswith("-")]
        help_text = handoff(*verbs[:2], "--help").out  # of `queue list`, or of `sync`
        help_text = help_text or handoff(verbs[0], "--help").out
        assert help_text, words
        assert not [word for word in words if word.startswith("--") and word not in help_text], words


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda p: p.name)
def test_every_link_in_a_document_leads_somewhere(document: Path) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)", document.read_text())
    assert not [link for link in links if not (document.parent / link).exists()]


def test_no_document_names_a_place_of_the_machine_it_was_written_on() -> None:
    for document in DOCUMENTS:
        assert not re.search(r"/(work|root|home|tmp)/", document.read_text()), document
