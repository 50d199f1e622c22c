"""Stories of runs that die between two steps, and of answers nobody foresaw: nothing lost, nothing twice."""

from datetime import UTC, datetime
from typing import Any

import pytest

from handoff.core.violation import Failure
from handoff.quarantine import desk
from handoff.road.sync import sync
from handoff.store import handoffs
from handoff.store.events import Author
from tests.integration import story_org as org
from tests.integration.conftest import Begin
from tests.integration.story import Story


class Crashed(Exception):  # noqa: N818 - named as what happened
    """The process is gone."""


class Dying:
    """A port that works but for one call, which kills the process or answers what nobody foresaw."""

    def __init__(self, port: Any, call: str, act: Any) -> None:
        self._port, self._call, self._act = port, call, act

    def __getattr__(self, name: str) -> Any:
        return self._act if name == self._call else getattr(self._port, name)


def crash(*_: Any, **__: Any) -> Any:
    raise Crashed


def sync_with(story: Story, port: str, call: str, act: Any) -> Any:
    with story.house(overlap_minutes=0) as house:
        house.__dict__[port] = Dying(getattr(house, port), call, act)
        return sync(house)


def test_a_change_of_an_account_outlives_a_crash_after_newer_deals_were_read(begin: Begin):
    story = begin(0)
    story.account(0, Industry="Alchemy")
    story.sync(overlap_minutes=0)
    story.sandbox.control(shift=5)  # the CRM counts in whole seconds
    story.deal(1, NextStep="call")
    story.sync(overlap_minutes=0)  # reads past the echo of the write-back
    story.sandbox.control(shift=5)
    story.account(0, Industry="Technology")
    story.sandbox.control(shift=5)
    story.deal(1, NextStep="call again")
    with pytest.raises(Crashed):
        sync_with(story, "source", "touched", crash)
    later = story.sync(overlap_minutes=0)
    assert later.outcomes["delivered"] == 1
    assert story.delivered(0)


def test_an_entry_left_open_by_a_crash_after_delivery_is_released_by_the_next_run(begin: Begin):
    story = begin(1)
    story.sync()
    author = Author(actor="sync", at=datetime.now(UTC))
    violation = desk.failed(Failure.TRACKER_REFUSED, "no", "yes")
    with story.house() as house, house.store.write() as tx:
        row = handoffs.by_deal(tx, org.deal_id(1, 0))
        assert row is not None
        held = desk.HeldDeal(deal_id=row.deal_id, handoff_id=row.id, values={}, violations=(violation,))
        desk.hold(tx, house.pack, [held], author)
    assert story.entry(0).state == "open"
    story.sync()
    assert story.entry(0).state == "released"


def test_a_crash_before_the_write_back_is_made_up_for_although_nothing_is_pulled_again(begin: Begin):
    story = begin(2)
    story.deal(0, Type="Services")
    story.sync()
    story.deal(0, Type="Expansion")
    with pytest.raises(Crashed):
        sync_with(story, "source", "write_back", crash)
    assert story.handoff(0).state == "delivered"
    story.sandbox.control(shift=5)
    story.deal(1, NextStep="call")
    with pytest.raises(Crashed):
        sync_with(story, "source", "write_back", crash)
    assert story.shown(0)["Handoff_Status__c"] == "In progress"
    story.sandbox.control(shift=5)
    story.deal(1, NextStep="call again")
    last = story.sync(overlap_minutes=0)
    assert last.pulled == 1
    assert story.shown(0)["Handoff_Status__c"] == "Delivered"


def test_an_answer_nobody_foresaw_holds_its_deal_and_stops_no_other(begin: Begin):
    story = begin(3)
    asked = []

    def first_without_gid(body: dict[str, Any]) -> dict[str, Any]:
        asked.append(body)
        return {} if len(asked) == 1 else tracker.create_project(body)

    with story.house(threads=1) as house:
        tracker = house.tracker
        house.__dict__["tracker"] = Dying(tracker, "create_project", first_without_gid)
        told = sync(house)
    assert (told.outcomes["delivered"], told.outcomes["held"]) == (3, 1)
    assert told.held_by_rule == {"rule_error": 1}
    again = story.rerun(rule="rule_error")
    assert again.outcomes["delivered"] == 1
    assert story.delivered(0, 1, 2, 3)
    assert story.wrong() == []


def test_what_fails_on_the_way_to_a_customer_holds_its_deals_alone(begin: Begin):
    story = begin(4)

    def broken(*_: Any) -> Any:
        raise KeyError("id")

    with story.house(threads=1) as house:
        billing = house.billing("default")
        house._billing["default"] = Dying(billing, "customer", broken)  # type: ignore[assignment]  # it acts as one
        story.account(0, Stripe_Customer__c="cus_x")
        told = sync(house)
    assert (told.outcomes["delivered"], told.held_by_rule) == (3, {"rule_error": 1})
