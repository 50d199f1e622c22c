"""Which entries a re-run takes: an owner by id, name or e-mail; one whom nobody knows is refused."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from handoff.core.errors import UnknownNameError
from handoff.road.rerun import Selection, select
from handoff.store.session import Store
from tests.unit.cli import held_deals
from tests.unit.mappings.demo_deal import demo


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    held_deals.hold(tmp_path, {"Kickoff_Date__c": None}, {"Kickoff_Date__c": None})
    opened = held_deals.opened(tmp_path)
    yield opened
    opened.close()


def chosen(store: Store, owner: str) -> list[int]:
    with store.read() as tx:
        return [row.id for row in select(tx, demo(), Selection(owner=owner))]


@pytest.mark.parametrize("owner", ["stefan_vogt", "Stefan Vogt", "stefan.vogt@example.com", " Stefan.Vogt@Example.com"])
def test_an_owner_is_named_by_id_name_or_address(store: Store, owner: str) -> None:
    assert chosen(store, owner) == [1, 2]


def test_a_person_of_the_pack_who_owns_nothing_is_known(store: Store) -> None:
    assert chosen(store, "priya_nair") == []


@pytest.mark.parametrize("owner", ["nobody_x", "Nobody Xavier", " ", "=1+1"])
def test_an_owner_whom_nobody_knows_is_refused_in_one_sentence(store: Store, owner: str) -> None:
    with pytest.raises(UnknownNameError, match=r"^Nobody owns an entry as .*: name an owner by id or e-mail") as error:
        chosen(store, owner)
    assert str(error.value).count("\n") == 0
