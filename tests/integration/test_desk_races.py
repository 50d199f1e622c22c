"""A person decides while a run has read the deal and not yet written: the run leaves it to the next one."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa

from handoff.core.authority import Action
from handoff.quarantine import by_hand, rejections
from handoff.quarantine.by_hand import Claim
from handoff.road.at_the_desk import at_the_desk
from handoff.road.drift import compare
from handoff.road.judge import judge
from handoff.road.pull import pull
from handoff.road.run import begin as begin_run
from handoff.road.run import finish
from tests.integration import story_org as org
from tests.integration.conftest import Begin
from tests.integration.story import Story

OWNER = "rin_takeda"


class Interrupted:
    """A store in which somebody else writes right after the n-th reading."""

    def __init__(self, store: Any, n: int, act: Callable[[], None]) -> None:
        self._store, self._n, self._act = store, n, act

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        with self._store.read() as tx:
            yield tx
        self._n -= 1
        if self._n == 0:
            self._act()


def decide(story: Story, n: int, act: Callable[[Any], object], actor: str = OWNER) -> None:
    with story.house(actor) as house, at_the_desk(house, org.deal_id(story.number, n), Action.REJECT) as desk:
        act(desk)


def judged_while(story: Story, act: Callable[[Any], object]) -> Any:
    """Judge deal 0, which would pass now, while a person decides on it."""
    with story.house() as house:
        run = begin_run(house, "sync")
        house.store = Interrupted(house.store, 2, lambda: decide(story, 0, act))  # type: ignore[assignment]
        judge(run)
        return finish(run)


def held_then_right(story: Story) -> None:
    story.deal(0, PO_Required__c=True)
    story.sync()
    story.deal(0, PO_Number__c="PO-1")
    with story.house() as house:
        run = begin_run(house, "sync")
        pull(run)
        finish(run)
    assert story.handoff(0).state == "pulled"


def test_a_deal_that_is_rejected_while_it_is_judged_stays_rejected(begin: Begin):
    story = begin(0)
    held_then_right(story)
    told = judged_while(story, lambda desk: rejections.reject(desk, "duplicate", "twice"))
    assert (told.balanced, story.handoff(0).state, story.entry(0).state) == (True, "rejected", "rejected")
    assert story.sync().outcomes["delivered"] == 0
    assert story.invoices(0) == []
    assert story.wrong() == []


def test_a_deal_that_is_said_to_be_done_by_hand_while_it_is_judged_is_not_sent(begin: Begin):
    story = begin(1)
    held_then_right(story)
    claim = Claim(invoices=("in_1",), project="12")
    assert judged_while(story, lambda desk: by_hand.claim(desk, claim, "made it")).balanced
    story.sync()
    assert (story.handoff(0).state, story.invoices(0)) == ("by_hand_claimed", [])


def test_a_deal_decided_on_while_stripe_is_asked_about_it_is_left_to_the_next_run(begin: Begin):
    story = begin(3)
    story.sync()
    story.line(0, UnitPrice=900)
    story.deal(0, Amount=900)
    story.sync()
    assert story.entry(0).rules == ["changed_after_delivery"]
    story.line(0, UnitPrice=1000)
    story.deal(0, Amount=1000)
    with story.house() as house:
        run = begin_run(house, "sync")
        pull(run)

        def decided() -> None:
            with story.house() as other, other.store.write() as tx:
                tx.execute(sa.text("UPDATE handoff SET row_version = row_version + 1"))

        house.store = Interrupted(house.store, 2, decided)  # type: ignore[assignment]
        compare(run)
        assert finish(run).balanced
    assert story.entry(0).state == "open"
    story.sync()
    assert story.entry(0).state == "released"
