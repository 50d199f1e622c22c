"""Label decisions in the store: one a text, whoever decides at the same time."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from handoff.core.label_decision import LabelDecision, LabelState
from handoff.store import label_decisions
from handoff.store.handoffs import LostRaceError
from handoff.store.session import Store, open_store

MADE = LabelDecision(
    label_set="product",
    seen="GTXPro",
    canonical="GTX Pro",
    is_new=False,
    actor="ana",
    at=datetime(2026, 11, 24, 9, tzinfo=UTC),
    why="the old list",
)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(f"sqlite:///{tmp_path / 'handoff.db'}", tmp_path)
    yield opened
    opened.close()


def test_a_decision_is_read_as_it_was_written_and_the_same_text_is_another_one_in_another_set(store: Store) -> None:
    other = replace(MADE, label_set="region", is_new=True, canonical="GTXPro")
    with store.write() as tx:
        label_decisions.put(tx, MADE)
        label_decisions.put(tx, other)
    with store.read() as tx:
        assert label_decisions.in_use(tx) == (MADE, other)
        assert label_decisions.find(tx, "product", "GTXPro") == MADE
        assert label_decisions.find(tx, "product", "gtxpro") is None


def test_the_second_decision_about_a_text_loses(store: Store) -> None:
    with store.write() as tx:
        label_decisions.put(tx, MADE)
        with pytest.raises(LostRaceError):
            label_decisions.put(tx, replace(MADE, canonical="GTX Plus"))
        assert label_decisions.in_use(tx) == (MADE,)


@pytest.mark.parametrize("state", [LabelState.WITHDRAWN, LabelState.EXPORTED])
def test_what_is_out_of_use_is_left_out_and_may_be_decided_anew(store: Store, state: LabelState) -> None:
    again = replace(MADE, canonical="GTX Plus", actor="bob")
    with store.write() as tx:
        label_decisions.put(tx, MADE)
        label_decisions.end(tx, MADE, state)
        assert label_decisions.in_use(tx) == ()
        assert label_decisions.listed(tx) == (replace(MADE, state=state),)
        with pytest.raises(LostRaceError):
            label_decisions.end(tx, MADE, state)
        label_decisions.put(tx, again)
        assert label_decisions.in_use(tx) == (again,)
