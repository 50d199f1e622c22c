"""What a clock sets off: warnings, the way up the chain, owners who are gone; each once, told to whom it concerns."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from handoff.core.business_time import ALWAYS
from handoff.quarantine import clock, pauses
from handoff.store.desk_tables import approval, fired, pause, question
from handoff.store.tables import entry
from tests.unit.quarantine.watched import MONDAY, RULE, Watched, make_owners, small_pack, violation

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
TUESDAY = MONDAY + DAY
DUE = MONDAY + 8 * HOUR


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Watched]:
    found = Watched.at(tmp_path)
    found.hold(1)
    yield found
    found.store.close()


def owned(folder: Path, **owners: Any) -> Watched:
    return Watched.at(folder, pack=replace(small_pack(), owners=make_owners(**owners), fingerprint="other"))


def test_warnings_come_at_half_the_time_and_at_four_fifths_once_each(watched: Watched) -> None:
    assert watched.sweep(MONDAY + 3.9 * HOUR).did == {}
    assert watched.sweep(MONDAY + 4 * HOUR).did["warned"] == 1
    assert watched.sweep(MONDAY + 5 * HOUR).did == {}
    assert watched.sweep(MONDAY + 6.4 * HOUR).did["warned"] == 1
    assert watched.sweep(MONDAY + 7 * HOUR).did == {}
    half, late = watched.notices("entry_warning")
    assert (half.person, late.person) == ("ann", "ann")
    assert half.about == "50 % of the time to answer E-000001 is over: due 2026-03-02 17:00 Europe/Berlin."
    assert late.about.startswith("80 %")
    assert watched.entry().row_version == 0, "a warning is no reason for a conflict"


def test_who_reads_the_clocks_late_warns_once_with_the_latest(watched: Watched) -> None:
    assert watched.sweep(MONDAY + 7 * HOUR).did == {"warned": 1}
    assert [n.about[:4] for n in watched.notices("entry_warning")] == ["80 %"]
    assert watched.sweep(MONDAY + 7.5 * HOUR).did == {}


def test_an_overdue_entry_is_the_backups_with_a_clock_of_its_own(watched: Watched) -> None:
    assert watched.sweep(DUE - timedelta(seconds=1)).did.get("escalated") is None
    assert watched.sweep(DUE).did == {"escalated": 1}
    row = watched.entry()
    assert (row.person, row.owner_name, row.owner_email, row.level) == ("bob", "Bob", "bob@example.com", 1)
    assert (row.due_at, row.first_due_at, row.role) == (TUESDAY + 4 * HOUR, DUE, "first")
    (told,) = watched.notices("entry_overdue")
    assert told.person == "bob"
    assert told.about.startswith(
        "E-000001 was due 2026-03-02 17:00 Europe/Berlin; Ann did not settle it. "
        "It is yours now, due 2026-03-03 13:00 Europe/Berlin. Open to you:"
    )
    assert "- Reject it: USD 9,000,000.00 is not handed off, nothing is invoiced. handoff queue reject" in told.about
    (event,) = watched.events("escalated")
    assert (event.old["owner"], event.new["owner"], event.new["level"], event.new["told"]) == ("ann", "bob", 1, True)


def test_it_goes_on_up_to_the_tie_breaker_who_keeps_it(watched: Watched) -> None:
    moments = [DUE, TUESDAY + 4 * HOUR, TUESDAY + 8 * HOUR, MONDAY + 2 * DAY + 4 * HOUR]
    for moment, who in zip(moments, ("bob", "cid", "tia", "tia"), strict=True):
        watched.sweep(moment)
        assert watched.entry().person == who
    assert [n.person for n in watched.notices("entry_overdue")] == ["bob", "cid", "tia", "tia"]
    kept = watched.entry()
    for days in range(3, 10):
        assert watched.sweep(MONDAY + days * DAY).did == {}
    assert watched.entry() == kept
    assert len(watched.events("overdue")) == 1
    assert kept.level == 3


def test_a_level_with_nobody_is_skipped_at_once_and_audited(tmp_path: Path) -> None:
    watched = owned(tmp_path, away=("bob",))
    watched.hold(1)
    watched.sweep(DUE)
    assert (watched.entry().person, watched.entry().level) == ("cid", 1)
    (event,) = watched.events("escalated")
    assert [s["person"] for s in event.new["skipped"]] == ["bob"]
    assert "absent from 2026-01-01 until 2026-12-31" in event.new["skipped"][0]["why"]
    watched.store.close()


def test_with_all_but_the_absent_tie_breaker_away_it_is_theirs(tmp_path: Path) -> None:
    watched = owned(tmp_path, away=("bob", "cid", "tia"))
    watched.hold(1)
    watched.sweep(DUE)
    assert watched.entry().person == "tia"
    watched.store.close()


def test_after_three_days_of_outage_only_the_current_level_gets_one_message(watched: Watched) -> None:
    """Ann until Monday five, Bob until Tuesday one, Cid until five, Tia since: on Thursday she alone hears of it."""
    assert watched.sweep(MONDAY + 3 * DAY).did == {"escalated": 1}
    row = watched.entry()
    assert (row.person, row.level, row.due_at) == ("tia", 3, MONDAY + 3 * DAY + 4 * HOUR)
    assert [n.person for n in watched.notices() if n.kind != "entry_opened"] == ["tia"]
    passed = watched.events("escalated")
    assert [(e.new["owner"], e.new["told"]) for e in passed] == [("bob", False), ("cid", False), ("tia", True)]
    assert watched.sweep(MONDAY + 3 * DAY + HOUR).did == {}


def test_an_outage_of_a_day_ends_at_the_level_that_would_have_it(watched: Watched) -> None:
    watched.sweep(TUESDAY + 5 * HOUR)  # Bob's time was over at one o'clock, Cid's would be at five
    row = watched.entry()
    assert (row.person, row.level) == ("cid", 2)
    assert row.due_at == MONDAY + 2 * DAY + HOUR, "four hours from when it was told to him"


def test_while_paused_nothing_is_set_off_and_then_what_is_left_counts(watched: Watched) -> None:
    with watched.store.write() as tx:
        pauses.pause(watched.desk(tx, "ann", MONDAY + 3 * HOUR), "waiting for legal", 48, "asked them")
    for hours in (4, 8, 24, 50):
        assert watched.sweep(MONDAY + hours * HOUR).did == {}
    assert watched.sweep(MONDAY + 2 * DAY + 4 * HOUR).did == {"warned": 1}
    assert watched.sweep(MONDAY + 2 * DAY + 8 * HOUR).did == {"escalated": 1}


def test_a_pause_that_somebody_else_wrote_moves_the_due_time_at_the_next_look(watched: Watched) -> None:
    with watched.store.write() as tx:
        row = {"entry_id": 1, "episode": 1, "reason": "waiting for an answer", "actor": "ann", "why": "?"}
        tx.execute(sa.insert(pause).values(**row, since=MONDAY, until=MONDAY + 2 * HOUR))
    assert watched.sweep(MONDAY + 3 * HOUR).did == {"recounted": 1}
    assert watched.entry().due_at == TUESDAY + 2 * HOUR
    (event,) = watched.events("recounted")
    assert (event.old["due"], event.new["due"]) == (DUE.isoformat(), (TUESDAY + 2 * HOUR).isoformat())
    assert watched.sweep(MONDAY + 3 * HOUR).did == {}


def test_an_old_entry_escalates_in_elapsed_hours(watched: Watched) -> None:
    saturday = MONDAY + 5 * DAY
    with watched.store.write() as tx:
        old = {"clock": None, "first_due_at": None, "opened_at": saturday, "due_at": saturday + 2 * HOUR}
        tx.execute(sa.update(entry).values(**old))
    watched.sweep(saturday + 2 * HOUR)
    row = watched.entry()
    assert (row.person, row.due_at) == ("bob", saturday + 6 * HOUR)
    assert clock.clock_of(row).elapsed
    assert clock.clock_of(row).calendar == ALWAYS


def test_whoever_left_loses_the_entry_at_the_next_look(watched: Watched) -> None:
    gone = {"ann": {"name": "Ann", "email": "ann@example.com", "left": "2026-03-02"}}
    watched.pack = replace(small_pack(), owners=make_owners(people=gone))
    assert watched.sweep(MONDAY + HOUR).did == {"rerouted": 1}
    row = watched.entry()
    assert (row.person, row.level, row.due_at) == ("bob", 0, TUESDAY + HOUR)
    (event,) = watched.events("rerouted")
    assert (event.old["owner"], event.new["owner"], event.why) == ("ann", "bob", "ann left on 2026-03-02")
    assert [n.person for n in watched.notices("entry_reassigned")] == ["bob"]
    assert watched.sweep(MONDAY + HOUR).did == {}


def test_whoever_is_not_in_the_pack_any_more_loses_it_even_when_a_person_chose_them(watched: Watched) -> None:
    watched.change(person="zoe", reassigned_by="tia")
    assert watched.sweep(MONDAY + HOUR).did == {"rerouted": 1}
    assert (watched.entry().person, watched.entry().reassigned_by) == ("ann", None)


def test_a_persons_word_on_the_owner_holds_and_their_time_counts_on(watched: Watched) -> None:
    watched.change(person="eve", owner_name="Eve", owner_email="eve@example.com", reassigned_by="ann")
    watched.hold(1, at=MONDAY + HOUR)
    assert watched.sweep(MONDAY + 2 * HOUR).did == {}
    assert watched.entry().person == "eve"
    watched.sweep(DUE)
    assert (watched.entry().person, watched.entry().reassigned_by) == ("bob", None)


def test_an_absence_hands_it_on_and_a_return_does_not_take_it_back_by_itself(tmp_path: Path) -> None:
    watched = owned(tmp_path)
    watched.hold(1)
    present, watched.pack = watched.pack, replace(watched.pack, owners=make_owners(away=("ann",)))
    assert watched.sweep(MONDAY + HOUR).did == {"rerouted": 1}
    assert watched.entry().person == "bob"
    watched.pack = present
    assert watched.sweep(MONDAY + 2 * HOUR).did == {}
    watched.store.close()


def test_an_escalated_entry_stays_with_its_level_when_it_is_judged_again(watched: Watched) -> None:
    watched.sweep(DUE)
    before = watched.entry()
    watched.hold(1, at=DUE + HOUR)
    after = watched.entry()
    assert (after.person, after.due_at, after.level) == ("bob", before.due_at, 1)


def test_another_role_for_what_holds_it_now_is_a_new_owner_with_a_clock_anew(tmp_path: Path) -> None:
    rules = {RULE: {"role": "first"}, "currency_known": {"role": "third", "respond_within_hours": 2}}
    watched = owned(tmp_path, rules=rules)
    watched.hold(1)
    watched.hold(1, at=MONDAY + HOUR, by=(violation("currency_known", field="currency"),))
    row = watched.entry()
    assert (row.person, row.role, row.due_at) == ("cid", "third", MONDAY + 3 * HOUR)
    (event,) = watched.events("rerouted")
    assert event.why == "third answers for what holds it now"
    watched.sweep(row.due_at)
    assert watched.entry().person == "tia"
    watched.store.close()


def test_one_clock_that_cannot_be_read_never_stops_the_others(watched: Watched) -> None:
    watched.hold(2)
    with watched.store.write() as tx:
        tx.execute(sa.update(entry).where(entry.c.id == 1).values(clock={"minutes": 3}))
    told = watched.sweep(DUE)
    assert (told.did, told.exit_code) == ({"escalated": 1}, 1)
    assert told.warnings[0].startswith("The clock of E-000001 was left alone:")
    assert watched.entry(2).person == "bob"


def test_nothing_is_set_off_for_an_entry_that_is_closed(watched: Watched) -> None:
    watched.change(state="released")
    told = watched.sweep(MONDAY + 9 * DAY)
    assert (told.entries, told.did, told.exit_code) == (0, {}, 0)


def request(watched: Watched, **values: Any) -> None:
    row = {"deal_id": "d1", "rule": RULE, "role": "first", "state": "requested", "requested_by": "eve", "why": "ours"}
    when = {"requested_at": MONDAY, "deadline": MONDAY + 2 * HOUR}
    seen = {"payload_hash": "h", "concerns": {}, "person": "ann", "level": 0}
    with watched.store.write() as tx:
        tx.execute(sa.insert(approval).values(**{**row, **when, **seen, **values}))


def asked(watched: Watched) -> sa.Row[Any]:
    with watched.store.read() as tx:
        return tx.execute(sa.select(approval)).one()


def test_an_approval_past_its_deadline_is_asked_of_the_next_level_and_never_approved(watched: Watched) -> None:
    request(watched)
    assert watched.sweep(MONDAY + HOUR).did.get("approvals", 0) == 0
    assert watched.sweep(MONDAY + 2 * HOUR).did["approvals"] == 1
    row = asked(watched)
    assert (row.state, row.person, row.level, row.deadline) == ("requested", "bob", 1, MONDAY + 2 * DAY + 2 * HOUR)
    assert [n.person for n in watched.notices("approval_overdue")] == ["bob"]
    assert watched.sweep(MONDAY + 3 * HOUR).did.get("approvals", 0) == 0
    (event,) = watched.events("approval_escalated")
    assert (event.old["of"], event.new["of"], event.why) == (
        "ann",
        "bob",
        "nobody has decided in time; that is no approval",
    )


def test_who_asked_for_an_approval_is_never_asked_for_it(watched: Watched) -> None:
    request(watched, requested_by="bob@example.com")
    watched.sweep(MONDAY + 2 * HOUR)
    assert (asked(watched).person, asked(watched).level) == ("cid", 2)
    (event,) = watched.events("approval_escalated")
    assert {"person": "bob", "why": "asked for it, or corrected it"} in event.new["skipped"]


def test_an_approval_that_nobody_further_may_decide_stays_and_is_said_once(watched: Watched) -> None:
    request(watched, requested_by="tia", person="cid", level=2)
    for hours in (2, 3, 4):
        watched.sweep(MONDAY + hours * HOUR)
    assert (asked(watched).state, asked(watched).person) == ("requested", "cid")
    assert [n.person for n in watched.notices("approval_overdue")] == ["cid"]
    assert len(watched.events("approval_overdue")) == 1


def test_nothing_expires_for_an_entry_that_is_closed(watched: Watched) -> None:
    request(watched)
    row = {"entry_id": 1, "episode": 1, "asked_by": "ann", "asked_of": "eve", "text": "Which PO?", "state": "open"}
    with watched.store.write() as tx:
        tx.execute(sa.insert(question).values(**row, at=MONDAY, deadline=MONDAY + 2 * HOUR))
    watched.change(state="released")
    assert watched.sweep(MONDAY + 9 * DAY).did == {}
    assert (asked(watched).person, watched.notices("question_expired")) == ("ann", [])


def test_a_decided_approval_does_not_escalate(watched: Watched) -> None:
    request(watched, state="approved")
    assert watched.sweep(MONDAY + 3 * HOUR).did.get("approvals", 0) == 0


def test_a_question_without_an_answer_expires_and_its_asker_hears_of_it(watched: Watched) -> None:
    row = {"entry_id": 1, "episode": 1, "asked_by": "ann", "asked_of": "eve", "text": "Which PO?", "state": "open"}
    with watched.store.write() as tx:
        tx.execute(sa.insert(question).values(**row, at=MONDAY, deadline=MONDAY + 2 * HOUR))
    assert watched.sweep(MONDAY + 2 * HOUR).did["questions"] == 1
    assert watched.sweep(MONDAY + 2 * HOUR).did.get("questions", 0) == 0
    with watched.store.read() as tx:
        assert tx.execute(sa.select(question.c.state)).scalar() == "expired"
        assert "question:1" in tx.execute(sa.select(fired.c.what)).scalars().all()
    (told,) = watched.notices("question_expired")
    assert (told.person, told.about) == ("ann", "eve has not answered your question about E-000001 in time: Which PO?")


SATURDAY = MONDAY + 5 * DAY
ROTA = {"people": ["eve"], "since": "2026-01-03", "hours": ["10:00-14:00"]}
ROLES = {
    "first": {"title": "First", "person": "ann", "backup": "second", "weekend": ROTA},
    "second": {"title": "Second", "person": "bob"},
}


def test_a_weekend_moves_no_entry_to_the_rota_and_none_back(tmp_path: Path) -> None:
    watched = owned(tmp_path, roles=ROLES)
    watched.hold(1, at=MONDAY + 4 * DAY + 7 * HOUR)  # on Friday at four
    watched.hold(2, at=SATURDAY + HOUR)  # at ten, when the rota begins
    assert [watched.entry(n).person for n in (1, 2)] == ["ann", "eve"]
    assert watched.entry(2).due_at == SATURDAY + DAY + 5 * HOUR, "four hours of each day of the weekend"
    assert "rerouted" not in watched.sweep(SATURDAY + 2 * HOUR).did
    watched.hold(1, at=SATURDAY + 2 * HOUR)
    watched.hold(2, at=MONDAY + 7 * DAY)
    assert [watched.entry(n).person for n in (1, 2)] == ["ann", "eve"]
    watched.store.close()
