"""An entry's clock: opened in business time, paused within its cap, and every hour for those from before."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from handoff.core.business_time import ALWAYS, Calendar
from handoff.core.errors import UsageError
from handoff.core.pack import DeskPolicy, WorkingTime
from handoff.quarantine import clock, desk, pauses
from handoff.quarantine.clock import EntryClock
from handoff.quarantine.decision import ConflictError, NotAllowedError
from handoff.store import clocks
from handoff.store.desk_tables import pause
from handoff.store.events import Author
from handoff.store.tables import entry
from tests.unit.quarantine.watched import MONDAY, OFFICE, RULE, Watched, make_owners, small_pack

HOUR = timedelta(hours=1)
BERLIN = Calendar.of(WorkingTime.model_validate(OFFICE))
TUESDAY = MONDAY + timedelta(days=1)
REASON = "waiting for the customer"


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Watched]:
    found = Watched.at(tmp_path)
    found.hold(1)
    yield found
    found.store.close()


def test_a_new_entry_is_due_in_its_owners_working_time(watched: Watched) -> None:
    row = watched.entry()
    assert (row.person, row.kind, row.level, row.due_at) == ("ann", "correction", 0, MONDAY + 8 * HOUR)
    assert row.first_due_at == row.due_at
    assert row.clock["minutes"] == 8 * 60
    assert Calendar.from_document(row.clock["calendar"]) == BERLIN


def test_what_is_opened_on_friday_evening_is_due_on_monday(watched: Watched) -> None:
    friday = datetime(2026, 3, 27, 15, 30, tzinfo=UTC)  # half past four in Berlin; on Sunday the clocks go forward
    watched.hold(2, at=friday)
    assert watched.entry(2).due_at == datetime(2026, 3, 30, 14, 30, tzinfo=UTC)


def test_a_new_episode_begins_anew(watched: Watched) -> None:
    with watched.store.write() as tx:
        desk.release(tx, ["d1"], "passes the gate", Author(actor="sync", at=MONDAY + HOUR))
    watched.hold(1, at=TUESDAY)
    row = watched.entry()
    assert (row.episode, row.opened_at, row.due_at, row.first_due_at) == (2, TUESDAY, TUESDAY + 8 * HOUR, row.due_at)


def test_a_calendar_in_which_nobody_works_counts_every_hour_and_loses_no_entry(tmp_path: Path) -> None:
    never = make_owners(calendars={"office": {"zone": "UTC", "hours": {"mon": []}}})
    watched = Watched.at(tmp_path, pack=replace(small_pack(), owners=never))
    watched.hold(1)
    assert watched.entry().due_at == MONDAY + 8 * HOUR
    watched.store.close()


def test_judging_again_keeps_the_clock_while_the_owner_stays(watched: Watched) -> None:
    before = watched.entry()
    watched.hold(1, at=MONDAY + 2 * HOUR)
    assert (watched.entry().due_at, watched.entry().person) == (before.due_at, "ann")


def test_what_a_person_rejected_is_not_opened_by_a_run(watched: Watched) -> None:
    watched.change(state="rejected")
    before = watched.entry()
    watched.hold(1, at=TUESDAY)
    assert watched.entry() == before


SPAN = EntryClock(calendar=BERLIN, span=8 * HOUR, since=MONDAY)


@pytest.mark.parametrize(
    ("left_out", "due"),
    [
        ([], 8),
        ([(1, 3)], 24 + 2),  # two working hours of Monday, so two of Tuesday
        ([(1, 3), (2, 4)], 24 + 3),  # overlapping: three hours
        ([(9, 20)], 8),  # after work: nothing
        ([(6, 26)], 24 + 4),  # from three o'clock, over night, until eleven: two hours are left
        ([(-5, 1)], 24 + 1),
        ([(-5, -1)], 8),
        ([(8, 30)], 8),  # from the moment it was due
        ([(0, 100)], 5 * 24 - 20 + 24 + 4),  # a hundred hours from Monday on: until Friday one o'clock
    ],
)
def test_pauses_do_not_count(left_out: list[tuple[int, int]], due: int) -> None:
    rows = [_Pause(MONDAY + a * HOUR, MONDAY + b * HOUR) for a, b in left_out]
    found = SPAN.moment(clock.spans(rows))
    if left_out == [(0, 100)]:  # Friday 13:00 Berlin; four hours that day, four on the Monday after
        assert found == MONDAY + timedelta(days=7) + 4 * HOUR
        return
    assert found == MONDAY + due * HOUR
    assert sum((b - a for a, b in SPAN.counted(clock.spans(rows), found)), timedelta(0)) == 8 * HOUR


class _Pause:
    """A row of the table."""

    def __init__(self, since: datetime, until: datetime, ended_at: datetime | None = None) -> None:
        self.since, self.until, self.ended_at = since, until, ended_at


def test_a_pause_ends_with_the_earlier_of_its_two_ends_and_may_be_none_at_all() -> None:
    early = _Pause(MONDAY, MONDAY + 5 * HOUR, MONDAY + HOUR)
    late = _Pause(MONDAY, MONDAY + HOUR, MONDAY + 9 * HOUR)
    none = _Pause(MONDAY + 3 * HOUR, MONDAY + 3 * HOUR)
    assert clock.spans([early, late, none]) == [(MONDAY, MONDAY + HOUR)]


def test_pause_moves_due_and_resume_moves_it_back(watched: Watched) -> None:
    with watched.store.write() as tx:
        told = pauses.pause(watched.desk(tx, "ann", MONDAY + HOUR), REASON, 24, "asked on Monday")
    assert told["due"] == (TUESDAY + 8 * HOUR).isoformat()
    row = watched.entry()
    assert (row.due_at, row.first_due_at) == (TUESDAY + 8 * HOUR, TUESDAY + 8 * HOUR)
    with watched.store.write() as tx:
        pauses.resume(watched.desk(tx, "bob@example.com", MONDAY + 3 * HOUR), "they answered")
    assert watched.entry().due_at == TUESDAY + 2 * HOUR
    paused, resumed = watched.events("pause", "resume")
    assert (paused.actor, paused.why, paused.new["reason"]) == ("ann", "asked on Monday", REASON)
    assert (resumed.actor, resumed.old, resumed.new) == (
        "bob@example.com",
        {"due": (TUESDAY + 8 * HOUR).isoformat()},
        {"due": (TUESDAY + 2 * HOUR).isoformat()},
    )


def test_all_pauses_of_an_episode_together_keep_to_the_cap(tmp_path: Path) -> None:
    policies = small_pack().policies.model_copy(update={"desk": DeskPolicy(longest_pause_hours=10)})
    watched = Watched.at(tmp_path, pack=replace(small_pack(), policies=policies))
    watched.hold(1)
    with watched.store.write() as tx:
        pauses.pause(watched.desk(tx, "ann", MONDAY), REASON, 8, "first")
    with watched.store.write() as tx:
        pauses.resume(watched.desk(tx, "ann", MONDAY + 6 * HOUR), "came early")
    with watched.store.write() as tx, pytest.raises(UsageError, match=r"10 hours in an episode, and 4\.0 are left"):
        pauses.pause(watched.desk(tx, "ann", MONDAY + 7 * HOUR), REASON, 5, "second")
    with watched.store.write() as tx:
        pauses.pause(watched.desk(tx, "ann", MONDAY + 7 * HOUR), REASON, 4, "second")
    with watched.store.write() as tx:
        desk.release(tx, ["d1"], "passes", Author(actor="sync", at=TUESDAY))
    watched.hold(1, at=TUESDAY)
    with watched.store.write() as tx:
        pauses.pause(watched.desk(tx, "ann", TUESDAY), REASON, 10, "a new episode has a new cap")
    watched.store.close()


@pytest.mark.parametrize(
    ("reason", "hours", "why", "said"),
    [
        ("because", 1, "x", "not paused for 'because': the pack allows 'waiting for the customer'"),
        (REASON, 0, "x", "--hours is 0"),
        (REASON, 121, "x", "120 hours in an episode, and 120.0 are left"),
        (REASON, 1, "  ", "Say why"),
    ],
)
def test_a_pause_that_may_not_be_is_a_sentence(watched: Watched, reason: str, hours: int, why: str, said: str) -> None:
    with watched.store.write() as tx, pytest.raises(UsageError, match=said):
        pauses.pause(watched.desk(tx, "ann", MONDAY), reason, hours, why)
    assert watched.entry().row_version == 0


def test_only_the_chain_pauses_and_only_what_runs(watched: Watched) -> None:
    with watched.store.write() as tx, pytest.raises(NotAllowedError, match="'eve' may not pause"):
        pauses.pause(watched.desk(tx, "eve", MONDAY), REASON, 1, "x")
    with watched.store.write() as tx, pytest.raises(UsageError, match="is not paused"):
        pauses.resume(watched.desk(tx, "ann", MONDAY), "x")
    with watched.store.write() as tx:
        pauses.pause(watched.desk(tx, "ann", MONDAY), REASON, 2, "x")
    with watched.store.write() as tx, pytest.raises(UsageError, match="is paused until 2026-03-02 10:00 UTC"):
        pauses.pause(watched.desk(tx, "ann", MONDAY + HOUR), REASON, 2, "x")


def test_of_two_who_pause_at_once_the_second_sees_a_conflict(watched: Watched) -> None:
    with watched.store.write() as tx:
        mine = watched.desk(tx, "ann", MONDAY)
        stale = replace(mine, author=Author(actor="bob", at=MONDAY))
        pauses.pause(mine, REASON, 1, "x")
        with pytest.raises((ConflictError, UsageError)):
            pauses.pause(stale, REASON, 1, "y")
    with watched.store.read() as tx:
        assert tx.execute(sa.select(sa.func.count()).select_from(pause)).scalar() == 1


def test_an_entry_from_before_business_time_counts_every_hour_for_ever(watched: Watched) -> None:
    opened = MONDAY + 30 * timedelta(days=1)
    with watched.store.write() as tx:
        old = {"clock": None, "first_due_at": None, "opened_at": opened, "due_at": opened + 24 * HOUR}
        tx.execute(sa.update(entry).values(**old))
    state = clock.state_of(watched.entry(), [], opened + 6 * HOUR)
    assert (state.counted, state.left, state.clock.calendar, state.clock.elapsed) == (6 * HOUR, 18 * HOUR, ALWAYS, True)
    with watched.store.write() as tx:
        pauses.pause(watched.desk(tx, "ann", opened + 6 * HOUR), REASON, 10, "waits")
    row = watched.entry()
    assert row.due_at == opened + 34 * HOUR
    assert clock.clock_of(row).elapsed
    assert clock.clock_of(row).span == 24 * HOUR


@pytest.mark.parametrize("kept", [{"minutes": 5}, {"calendar": {}, "minutes": 5}, {"calendar": [], "minutes": 5}, [1]])
def test_a_clock_that_cannot_be_read_is_a_sentence(watched: Watched, kept: Any) -> None:
    with watched.store.write() as tx:
        tx.execute(sa.update(entry).values(clock=kept))
    with pytest.raises(ValueError, match=r"calendar|cannot be read"):
        clock.clock_of(watched.entry())


def test_pauses_are_those_of_the_current_episode(watched: Watched) -> None:
    with watched.store.write() as tx:
        pauses.pause(watched.desk(tx, "ann", MONDAY), REASON, 2, RULE)
        tx.execute(sa.update(pause).values(episode=7))
        assert clocks.pauses_of(tx, [1]) == {1: []}
