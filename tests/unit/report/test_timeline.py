"""The timeline: every event one line in words, oldest first; what an attempt began is not told beside its end."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from handoff.report import timeline
from tests.unit.report.hostile import HOSTILE

T0 = datetime(2026, 11, 24, 9, tzinfo=UTC)


def event(what: str, minutes: int = 0, **values: Any) -> Any:
    said = {"at": T0 + timedelta(minutes=minutes), "actor": "ada", "subject": "entry:E-000001", "what": what}
    return SimpleNamespace(**{**said, "old": None, "new": None, "why": None, **values})


def told(*happened: Any, snapshots: tuple[Any, ...] = ()) -> list[str]:
    on = {e.subject: "create_invoice" if e.subject.startswith("effect:") else "entry" for e in happened}
    return [line.what for line in timeline.lines(happened, snapshots, on)]


@pytest.mark.parametrize(
    ("what", "values", "said"),
    [
        ("passed", {}, "passed every rule"),
        (
            "translated",
            {"new": [{"field": "lines.product", "seen": "GTXPro", "canonical": "GTX Pro"}]},
            "translated GTXPro to GTX Pro",
        ),
        (
            "opened",
            {
                "new": {
                    "owner": "cara",
                    "role": "ops",
                    "rules": ["a", "b"],
                    "skipped": [{"person": "bo", "why": "away"}],
                }
            },
            "held by a, b; owner cara, as bo cannot",
        ),
        ("reopened", {"new": {"owner": "cara", "rules": ["a"]}}, "held again by a; owner cara"),
        ("released", {"old": "open", "new": "released"}, "released"),
        ("reassign", {"old": "cara", "new": "bo"}, "handed it from cara to bo"),
        ("correct", {"old": {"amount": "1"}, "new": {"amount": "2"}}, "corrected: amount from 1 to 2"),
        ("correct", {"new": {"po_number": "77"}}, "corrected: po number 77"),
        ("waive", {"old": "holds", "new": {"rule": "a", "until": "2026-12-24T09:00:00+00:00"}}, None),
        ("comment", {}, "commented"),
        ("warned", {"new": {"percent": 50, "owner": "cara"}}, "warned cara: 50 % of the response time is over"),
        (
            "escalated",
            {"old": {"owner": "cara", "level": 0}, "new": {"owner": "bo", "level": 1, "told": True, "skipped": []}},
            "escalated it from cara to bo",
        ),
        ("passed", {"new": {"approvals": [{"rule": "a", "by": "ana"}]}}, "passed every rule"),
        (
            "done_by_hand",
            {"old": {"handoff": "held"}, "new": {"invoices": ["in_1"], "project": None, "accept_differences": False}},
            "said that it was done by hand: invoices in_1",
        ),
        ("rerun", {"old": "held", "new": {"batch": "R-1"}}, "asked for it to be judged again"),
        (
            "reject",
            {"old": {"entry": "open"}, "new": {"entry": "rejected", "reason": "duplicate"}},
            "rejected it: duplicate",
        ),
        ("pause", {"new": {}}, "paused"),
        ("something_new", {"new": {"payload": "abc", "row_version": 3}}, "something new"),
    ],
)
def test_each_event_in_words(what: str, values: dict[str, Any], said: str | None) -> None:
    assert told(event(what, **values)) == [said or "waived a until 2026-12-24 09:00 UTC"]


def test_a_reader_reads_people_rules_and_moments_in_their_own_words() -> None:
    words = timeline.Words(
        person=str.upper, rule=lambda rule: f"“{rule.upper()}”", at=lambda at: f"{at:%H.%M}", held="held it by the rule"
    )
    happened = [
        event(
            "opened", run_id="r1", new={"owner": "bo", "rules": ["a"], "skipped": [{"person": "cy"}]}, why="episode 1"
        ),
        event(
            "request_approval", 1, old="held", new={"rule": "a", "of": "bo", "by": "2026-12-24T09:00:00+00:00"}, why="x"
        ),
        event("reassign", 2, old="bo", new="cy"),
        event("waive", 3, new={"rule": "a", "until": "2026-12-24T09:00:00+00:00"}),
    ]
    told = timeline.lines(happened, [], {"entry:E-000001": "entry"}, words)
    assert [line.what for line in told] == [
        "held it by the rule “A”; owner BO, as CY cannot",
        "asked BO to approve it by 09.00: “A”",
        "handed it from BO to CY",
        "waived “A” until 09.00",
    ]
    (again,) = timeline.lines(
        [event("reopened", new={"owner": "bo", "rules": ["a"]})], [], {"entry:E-000001": ""}, words
    )
    assert again.what == "held it again by the rule “A”; owner BO"
    assert [(line.by_run, line.why) for line in told] == [(True, ""), (False, "x"), (False, ""), (False, "")]


def test_an_attempt_is_told_by_its_end() -> None:
    subject = "effect:bk:1:invoice:1"
    begun = event("in_flight", 1, subject=subject, new={"generation": 0})
    done = event("confirmed", 2, subject=subject, old="in_flight", new={"external_id": "in_1", "generation": 0})
    assert told(begun, done) == ["create invoice done: in_1"]
    assert told(begun) == ["create invoice begun"], "what is under way, or was when the process died, is told"
    assert told(begun, event("in_flight", 3, subject=subject), done)[0] == "create invoice begun"


def test_a_refusal_keeps_what_the_service_said() -> None:
    (line,) = timeline.lines(
        [event("refused", subject="effect:x", why="No such customer")], [], {"effect:x": "invoice"}
    )
    assert (line.what, line.why) == ("invoice refused", "No such customer")


def test_readings_of_the_deal_stand_between_the_events_in_order() -> None:
    snapshots = tuple(SimpleNamespace(seen_at=T0 + timedelta(minutes=m), source="salesforce") for m in (-1, 5))
    assert told(event("passed"), event("released", 9), snapshots=snapshots) == [
        "read from salesforce",
        "passed every rule",
        "read anew from salesforce",
        "released",
    ]


@pytest.mark.parametrize("text", HOSTILE)
def test_a_line_stays_one_line_whatever_stands_in_it(text: str) -> None:
    happened = [event("correct", old={"x": text}, new={"x": text * 9}, why=text * 9), event("ask", new=text)]
    for line in timeline.lines(happened, [], {"entry:E-000001": "entry"}):
        assert len(line.what) <= 160
        assert len(line.why) <= 160
        assert not {"\n", "\r"} & set(line.what + line.why)


def test_a_line_for_programs_has_all_four_parts() -> None:
    (line,) = timeline.lines([event("passed")], [], {"entry:E-000001": "entry"})
    assert line.document() == {"at": T0.isoformat(), "who": "ada", "what": "passed every rule", "why": None}
