"""Notify: what becomes a message, what is dropped, who hears of it when channels break, and how it ends."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from connectors.errors import AuthFailed, ConnectorError, Refused, UnknownOutcome
from handoff.road.send import next_person
from handoff.store import messages, outages, runs
from handoff.store.desk_tables import message
from tests.unit.road.notice_house import BACKUP, LAST, NIGHT, OWNER, Channel, NoticeHouse, down, notice_house


@pytest.fixture
def at(tmp_path: Path) -> Iterator[NoticeHouse]:
    with notice_house(tmp_path, Channel("email"), Channel("chat")) as found:
        yield found


def test_five_hundred_entries_of_one_cause_are_one_message(at: NoticeHouse):
    at.hold(*[f"d{n:03}" for n in range(500)])
    done = at.notify()
    assert (done.made, done.sent, done.waiting) == (1, 1, 0)
    ((person, address, title, body),) = at.channels[0].got
    assert (person, address, title) == (OWNER, "kwame.mensah@example.com", "Handoff: 500 new")
    assert "500 deals, USD 50,000.00, first due" in body
    assert "E-000001 Acme" in body
    assert "and 497 more" in body
    assert len(body) < 1000
    with at.house.store.read() as tx:
        assert runs.last_worked(tx, "notices") == at.ticking.at, "for the health page"
    assert {row.state for row in at.notices()} == {"told"}
    assert at.channels[1].tries == 0


def test_nobody_gets_two_messages_within_a_quarter_of_an_hour(at: NoticeHouse):
    at.hold("a")
    at.notify()
    at.hold("b", "c")
    at.later(minutes=14, seconds=59)
    assert (at.notify().made, at.notify().outbox) == (0, 2)
    at.later(seconds=1)
    assert (at.notify().made, at.notify().outbox) == (1, 0)
    assert [got[2] for got in at.channels[0].got] == ["Handoff: 1 new", "Handoff: 2 new"]


def test_what_cannot_wait_goes_out_at_once_in_a_message_of_its_own(at: NoticeHouse):
    at.hold("a")
    at.notify()
    at.put("line_stopped", about="The line is stopped, by the word of ada: wrong tax rate")
    at.put("entry_overdue", entry_id=at.entry("a").id, about="Approve it (USD 100.00 goes out)\nSend it back")
    assert at.notify().sent == 1
    assert at.channels[0].got[-1][2] == "Handoff: the line is stopped"
    at.later(minutes=15)
    at.notify()
    title, body = at.channels[0].got[-1][2:]
    assert title == "Handoff: 1 overdue"
    assert "- E-000001 Acme, due 2026-03-03 02:00 UTC\n  Approve it (USD 100.00 goes out)\n  Send it back" in body


def test_notices_of_entries_that_are_over_or_somebody_elses_are_dropped_with_the_reason(at: NoticeHouse):
    at.hold("a", "b", "c")
    at.release("a")
    at.give("b", LAST)
    done = at.notify()
    assert (done.dropped, done.sent) == (2, 1)
    said = [(row.state, row.dropped_why) for row in at.notices()]
    assert said == [
        ("dropped", "E-000001 is released by now"),
        ("dropped", "E-000002 is Helena Brandt's by now"),
        ("told", None),
    ]
    assert "E-000003" in at.channels[0].got[0][3]
    assert "E-000001" not in at.channels[0].got[0][3]


@pytest.mark.parametrize(
    ("kind", "open_still", "told"),
    [
        ("approval_requested", True, True),
        ("approval_requested", False, False),
        ("approval_overdue", True, True),
        ("approval_overdue", False, False),
        ("step_late", True, True),
        ("question_asked", False, False),
        ("question_answered", False, True),
        ("entry_commented", False, True),
        ("entry_rejected", False, True),
        ("entry_overdue", True, False),  # it is not theirs
        ("entry_warning", True, False),
    ],
)
def test_others_than_the_owner_are_told_what_concerns_them_while_it_does(
    at: NoticeHouse, kind: str, open_still: bool, told: bool
):
    at.hold("a")
    at.notify()
    at.put(kind, person=LAST, entry_id=at.entry("a").id, about="about it")
    if not open_still:
        at.release("a")
    at.notify()
    assert (LAST in at.channels[0].readers) is told
    critical = {row.critical for row in at.messages() if row.person == LAST}
    assert critical == ({kind in {"approval_overdue", "step_late"}} if told else set())


def test_a_rejection_is_told_once(at: NoticeHouse):
    at.hold("a")
    at.notify()
    at.release("a")
    at.put("entry_rejected", entry_id=at.entry("a").id, about="ada rejected E-000001 (duplicate): see E-000002")
    at.later(minutes=15)
    at.notify()
    assert at.channels[0].got[-1][2] == "Handoff: 1 over"
    assert "ada rejected E-000001 (duplicate)" in at.channels[0].got[-1][3]
    assert "it is released" not in at.channels[0].got[-1][3]


def test_only_who_was_told_hears_that_there_is_nothing_to_do_any_more(at: NoticeHouse):
    at.hold("a", "b")
    at.notify()
    at.hold("c")
    at.release("a", "c")
    at.give("b", LAST)
    at.later(minutes=15)
    at.notify()
    title, body = at.channels[0].got[-1][2:]
    assert title == "Handoff: 2 over"
    assert "- E-000001 Acme: it is released" in body
    assert "- E-000002 Acme: it is Helena Brandt's now" in body
    assert "E-000003" not in body
    at.later(minutes=15)
    assert at.notify().made == 0


def test_who_was_told_in_vain_is_not_told_that_it_is_over(at: NoticeHouse):
    at.channels[0].broken = at.channels[1].broken = down()
    at.hold("a")
    at.notify()
    at.release("a")
    at.later(minutes=20)
    assert at.notify().dropped == 1
    at.channels[0].broken = None
    at.later(days=1)
    assert at.notify().sent == 0
    assert [row.state for row in at.messages()] == ["dropped"]
    assert at.channels[0].got == []


def test_an_entry_that_is_held_again_is_not_said_to_be_over(at: NoticeHouse):
    at.hold("a")
    at.notify()
    at.release("a")
    at.notify()
    at.hold("a")
    at.later(minutes=15)
    at.notify()
    assert at.channels[0].got[-1][2] == "Handoff: 1 new"
    assert "E-000001 is open again, and theirs" in {row.dropped_why for row in at.notices()}


def test_a_service_is_said_to_work_again_once_it_cannot_fall_back_into_the_same_outage(at: NoticeHouse):
    with at.house.store.write() as tx:
        row, _ = outages.failing(tx, "stripe", "status 500", at.ticking.at)
    at.put("service_down", dedupe_key=f"outage:{row.id}", about="stripe since 02:00 UTC: status 500")
    at.notify()
    assert at.channels[0].got[-1][2] == "Handoff: a service fails"
    at.later(hours=1)
    with at.house.store.write() as tx:
        outages.end(tx, row.id, at.ticking.at)
    assert at.notify().made == 0
    at.later(minutes=30)
    at.notify()
    assert at.channels[0].got[-1][2] == "Handoff: a service works again"
    assert "stripe works again since 2026-03-02 03:00 UTC" in at.channels[0].got[-1][3]
    at.later(minutes=30)
    assert at.notify().made == 0


def test_an_outage_that_ended_before_it_was_told_is_not_told(at: NoticeHouse):
    with at.house.store.write() as tx:
        row, _ = outages.failing(tx, "stripe", "status 500", at.ticking.at)
        outages.end(tx, row.id, at.ticking.at)
    at.put("service_down", dedupe_key=f"outage:{row.id}", about="stripe since 02:00 UTC")
    assert (at.notify().dropped, at.channels[0].got) == (1, [])


def test_without_channels_nothing_is_made_and_nothing_is_lost(at: NoticeHouse):
    channels, at.channels = at.channels, []
    at.hold("a", "b")
    done = at.notify()
    assert (done.made, done.outbox, done.exit_code) == (0, 2, 0)
    assert done.sentence == "No channel is set: 2 notices wait in the outbox."
    at.release("a")
    at.later(days=1)
    at.channels = channels
    assert at.notify().sent == 1
    assert "1 deal" in at.channels[0].got[0][3]


# --- the digest -----------------------------------------------------------------------------------------------------


def test_a_digest_comes_once_each_working_morning_and_takes_new_entries_along(at: NoticeHouse):
    at.hold("a", "b")
    at.notify()
    at.later(hours=5, minutes=59)
    at.notify()
    assert len(at.channels[0].got) == 1
    at.later(minutes=1)
    at.hold("c")
    at.notify()
    title, body = at.channels[0].got[-1][2:]
    assert title == "Handoff: 3 open, 0 due today, 0 overdue, 1 new"
    assert body.startswith("Your 3 open entries this morning, USD 300.00:\n- overdue: 0\n- due today: 0\n")
    at.later(hours=5)
    assert at.notify().made == 0
    at.later(hours=19, seconds=-1)
    at.notify()
    at.later(seconds=1)
    at.notify()
    assert at.channels[0].got[-1][2] == "Handoff: 3 open, 1 due today, 2 overdue"
    assert "overdue: 2, first E-000001 Acme, due 2026-03-03 02:00 UTC" in at.channels[0].got[-1][3]


def test_no_digest_at_the_weekend_or_for_who_has_nothing_open(at: NoticeHouse):
    at.hold("a")
    at.ticking.at = NIGHT + timedelta(days=5, hours=10)
    at.notify()
    assert [row.kind for row in at.messages()] == ["summary"]
    at.release("a")
    at.ticking.at += timedelta(days=2)
    at.notify()
    assert [row.kind for row in at.messages()] == ["summary", "summary"]


# --- broken channels ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "failure",
    [
        down(),
        UnknownOutcome("it did not answer within 15 s.", service="channel email"),
        AuthFailed("it refused the log-in.", service="channel email"),
        Refused("it refused the message.", service="channel email"),
    ],
    ids=lambda e: type(e).__name__,
)
def test_a_channel_that_fails_is_followed_by_the_next(at: NoticeHouse, failure: ConnectorError):
    at.channels[0].broken = failure
    at.hold("a")
    done = at.notify()
    assert (done.sent, dict(done.failures)) == (1, {f"email: {failure.message}": 1})
    (row,) = at.messages()
    assert (row.state, row.channel, row.attempts, row.error) == ("sent", "chat", 1, None)


def test_what_no_channel_takes_is_tried_again_with_growing_pauses_of_at_most_a_quarter_of_an_hour(at: NoticeHouse):
    at.channels = [Channel("email", down())]
    at.put("question", about="Which customer is it?")
    waits = []
    for _ in range(7):
        at.notify()
        (row,) = at.messages()
        waits.append(round((row.next_at - at.ticking.at).total_seconds() / 60))
        at.ticking.at = row.next_at
    assert waits == [1, 2, 4, 8, 15, 15, 15]
    assert row.error == "email: the connection was refused."
    at.ticking.at = row.created_at + timedelta(days=1)
    at.notify()
    assert at.messages()[0].state == "undelivered"
    at.later(days=1)
    tries = at.channels[0].tries
    at.notify()
    assert at.channels[0].tries == tries
    at.channels[0].broken = None
    assert at.notify(again=True).sent == 1


def test_after_half_an_hour_a_critical_message_goes_to_the_next_person_and_at_last_to_the_tie_breaker(at: NoticeHouse):
    at.channels = [Channel("email", down())]
    at.hold("a")
    heard = []
    for _ in range(24):
        done = at.notify()
        heard.append((done.handed_on, done.undelivered))
        at.later(minutes=5)
    assert [n for n, (handed_on, _) in enumerate(heard) if handed_on] == [6, 12]
    assert [n for n, (_, undelivered) in enumerate(heard) if undelivered] == list(range(6, 24))
    assert [(row.kind, row.person, row.state) for row in at.messages()] == [
        ("summary", OWNER, "pending"),
        ("fallback", BACKUP, "pending"),
        ("fallback", LAST, "pending"),
    ]
    handed_on = [(event.old, event.new) for event in at.events("notice_handed_on")]
    assert handed_on == [(OWNER, BACKUP), (OWNER, LAST)]
    assert done.exit_code == 1
    at.channels[0].broken = None
    done = at.notify(again=True)
    assert (done.sent, done.undelivered, done.exit_code) == (1, 0, 0)
    assert at.channels[0].readers == [OWNER]  # and those who stood in need not hear of it any more
    assert [row.state for row in at.messages()] == ["sent", "dropped", "dropped"]


def test_who_cannot_be_reached_alone_is_stood_in_for_and_nothing_is_undelivered(at: NoticeHouse):
    at.channels[0].refuses[OWNER] = at.channels[1].refuses[OWNER] = Refused("no such mailbox.", service="channel email")
    at.hold("a")
    at.notify()
    at.later(minutes=31)
    done = at.notify()
    assert (done.handed_on, done.sent, done.undelivered) == (1, 1, 0)
    person, address, title, body = at.channels[0].got[0]
    assert (person, address) == (BACKUP, "priya.nair@example.com")
    assert title == "Handoff, instead of Kwame Mensah: 1 new"
    assert body.startswith("This is for Kwame Mensah, whom no channel reached for half an hour.")
    at.later(days=4)
    done = at.notify()
    assert (done.handed_on, done.undelivered) == (0, 0)
    assert at.messages()[0].state == "undelivered"
    at.release("a")
    at.later(minutes=15)
    at.notify()
    assert at.channels[0].got[-1][::2] == (BACKUP, "Handoff: 1 over")


def test_what_is_not_critical_is_never_handed_on(at: NoticeHouse):
    at.channels = [Channel("email", down())]
    at.put("question", about="Which?")
    at.notify()
    at.later(hours=2)
    done = at.notify()
    assert (done.handed_on, done.undelivered, len(at.messages())) == (0, 0, 1)


def test_a_channel_that_fails_three_times_in_a_row_is_left_alone_for_the_rest_of_the_run(at: NoticeHouse):
    at.channels[0].broken = UnknownOutcome("it did not answer within 15 s.", service="channel email")
    for n in range(10):
        at.put("question", person=f"p{n}@example.com", about="Which?")
    assert at.notify().sent == 10
    assert at.channels[0].tries == 3
    at.channels[1].broken = down()
    for n in range(10):
        at.put("question", person=f"q{n}@example.com", about="Which?")
    done = at.notify()
    assert (done.sent, done.waiting, at.channels[0].tries, at.channels[1].tries) == (0, 10, 6, 13)


def test_two_senders_send_a_message_once(at: NoticeHouse):
    at.hold("a")
    at.channels[0].broken = at.channels[1].broken = down()
    at.notify()
    at.later(minutes=2)
    with at.house.store.write() as tx:
        (row,) = messages.due(tx, at.ticking.at)
        assert messages.claim(tx, row, at.ticking.at + timedelta(minutes=5))
        assert not messages.claim(tx, row, at.ticking.at + timedelta(minutes=5))
    at.channels[0].broken = None
    assert at.notify().sent == 0
    at.later(minutes=5)
    assert at.notify().sent == 1


def test_a_sender_that_dies_after_the_channels_yes_repeats_the_message_and_loses_none(at: NoticeHouse):
    class Dies(Channel):
        def send(self, person: str, address: str, title: str, body: str) -> None:
            super().send(person, address, title, body)
            if len(self.got) == 1:
                raise KeyboardInterrupt

    at.channels = [Dies("email")]
    at.hold("a")
    with pytest.raises(KeyboardInterrupt):
        at.notify()
    assert at.messages()[0].state == "pending"
    at.later(minutes=5)
    assert at.notify().sent == 1
    assert at.channels[0].readers == [OWNER, OWNER]


def test_a_person_of_no_map_is_reached_by_their_address_and_else_the_tie_breaker_is(at: NoticeHouse):
    at.put("question", person="eve@example.com", about="Which?")
    at.put("question", person="somebody_who_left", about="Which?")
    at.notify()
    assert sorted(got[:2] for got in at.channels[0].got) == [
        ("eve@example.com", "eve@example.com"),
        ("somebody_who_left", "helena.brandt@example.com"),
    ]


@pytest.mark.parametrize(
    ("role", "tried", "next_one"),
    [
        ("delivery", [OWNER], BACKUP),
        ("delivery", [OWNER, BACKUP], LAST),
        ("delivery", [BACKUP], LAST),
        ("delivery", ["a stranger"], BACKUP),
        ("delivery", [OWNER, BACKUP, LAST], None),
        (None, [OWNER], LAST),
        ("tax", ["tomas_ortega"], BACKUP),
        ("no such role", [OWNER], LAST),
    ],
)
def test_who_comes_next(at: NoticeHouse, role: str | None, tried: list[str], next_one: str | None):
    assert next_person(at.house.pack.owners, role, tried, at.ticking.at) == next_one


def test_a_clock_that_slept_for_a_night_tries_before_it_hands_on(at: NoticeHouse):
    at.hold("a")
    at.channels[0].broken = at.channels[1].broken = down()
    at.notify()
    at.channels[0].broken = None
    at.later(hours=5)
    done = at.notify()
    assert (done.sent, done.handed_on) == (1, 0)


def test_the_count_of_what_reached_nobody_is_by_message_and_not_by_try(at: NoticeHouse):
    at.channels = [Channel("email", down())]
    at.hold("a")
    at.put("line_stopped", person=LAST, about="stopped")
    for _ in range(10):
        at.notify()
        at.later(minutes=5)
    with at.house.store.read() as tx:
        assert messages.undelivered(tx, at.ticking.at) == 2
        assert tx.execute(sa.select(sa.func.count()).where(message.c.kind == messages.FALLBACK)).scalar() == 2
