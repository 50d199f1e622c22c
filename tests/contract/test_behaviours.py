"""The table of behaviours is whole, and the tests that it names are there."""

from importlib import import_module
from pathlib import Path

import pytest

from tests.contract.behaviours import BEHAVIOURS, Behaviour

ROOT = Path(__file__).parents[2]
LAST = 69


def test_each_behaviour_stands_in_the_table_once() -> None:
    assert [row.number for row in BEHAVIOURS] == list(range(1, LAST + 1))


@pytest.mark.parametrize("row", BEHAVIOURS, ids=lambda row: f"{row.number}")
def test_each_behaviour_has_its_tests_or_the_reason_why_it_cannot_occur(row: Behaviour) -> None:
    assert row.what
    assert bool(row.tests) != bool(row.never)
    for named in row.tests:
        file, _, function = named.partition("::")
        assert (ROOT / file).is_file(), f"{file} is not there"
        module = import_module(file.removesuffix(".py").replace("/", "."))
        assert function.startswith("test_")
        assert callable(getattr(module, function, None)), f"{file} has no {function}"


def test_what_cannot_occur_is_called_by_nothing_of_ours() -> None:
    """The calls that the reasons speak of stand nowhere in the connectors."""
    said = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "connectors").glob("*.py"))
    for call in ("/search", "composite/batch", "OFFSET", "FIELDS(", " OR ", "/batch", ".upsert(", "BatchAPI"):
        assert call not in said, call
