"""Corrections, waivers and approvals over a store without services: who may, what stands, what a run makes of it."""

import ast
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from handoff.core.business_time import calendar_of
from handoff.core.clock import Clock
from handoff.core.errors import UsageError
from handoff.core.handoff import HandoffState
from handoff.core.pack import Correctable
from handoff.quarantine import label_decisions
from handoff.quarantine.corrections import what_becomes
from handoff.quarantine.decision import ConflictError, NotAllowedError
from handoff.road import accepting, deciding
from handoff.road.judge import judge
from handoff.road.run import begin
from handoff.road.settle import settle_decisions
from handoff.store import clocks, handoffs
from handoff.store.desk_tables import approval, notice, overlay, step_clock, waiver
from handoff.store.events import Author
from handoff.store.tables import event, handoff
from tests.fakes import FakeTracker, Ticking
from tests.unit.road.desk_bench import HORIZON, TERMS, DeskBench

ROOT = Path(__file__).parents[3]
FIRST = "E-000001"


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[DeskBench]:
    bench = DeskBench(tmp_path)
    yield bench
    bench.close()


def absent(bench: DeskBench, *people: str) -> None:
    """These people are with the company no more: away for good."""
    owners = bench.pack.owners
    gone = {"from": "2000-01-01", "until": "2999-12-31"}
    known = {key: type(p).model_validate({**p.model_dump(exclude={"absent"}), "absent": [gone]}) if key in people else p
             for key, p in owners.people.items()}  # fmt: skip
    bench.pack = replace(bench.pack, owners=owners.model_copy(update={"people": known}))


def leaves(bench: DeskBench, who: str, on: date) -> None:
    """Somebody leaves the company on this day."""
    owners = bench.pack.owners
    known = {**owners.people, who: owners.people[who].model_copy(update={"left": on})}
    bench.pack = replace(bench.pack, owners=owners.model_copy(update={"people": known}))
    bench._houses.clear()


def correct(bench: DeskBench, who: str = "tomas_ortega", why: str = "by phone", **texts: str) -> deciding.Foreseen:
    house = bench.house(who)
    return deciding.correct(house, deciding.look(house, FIRST), texts, why)


def ask(bench: DeskBench, who: str = "priya_nair") -> str:
    house = bench.house(who)
    return str(deciding.request_approval(house, deciding.look(house, FIRST), TERMS, "a public body").person_id)


def approve(bench: DeskBench, who: str) -> deciding.Foreseen:
    house = bench.house(who)
    return deciding.approve(house, deciding.look(house, FIRST), TERMS, "agreed")


def a_run(bench: DeskBench) -> Any:
    """A run at its gate, as a sync has it."""
    house = bench.house("sync")
    house.__dict__["tracker"] = FakeTracker(Ticking(), 0)
    return begin(house, "sync")


def judged(bench: DeskBench) -> HandoffState:
    """Settle and judge as a run does; what became of the deal."""
    run = a_run(bench)
    settle_decisions(run)
    judge(run)
    return HandoffState(bench.rows(handoff)[0].state)


def the_crm_says(bench: DeskBench, **fields: Any) -> None:
    """The deal changed in the CRM, and was pulled."""
    content = {**bench_content(bench), **fields}
    bench.pulled([content])
    with bench.store.write() as tx:
        row = handoffs.by_id(tx, 1)
        if row.state != HandoffState.DELIVERED:
            handoffs.move(tx, 1, HandoffState.PULLED, bench.at, restart_clock=False)


def bench_content(bench: DeskBench) -> dict[str, Any]:
    with bench.store.read() as tx:
        found = handoffs.by_id(tx, 1)
        return dict(handoffs.content_of(tx, found.snapshot_id).content)


def test_what_the_gate_would_say_is_said_at_once_and_a_dry_run_writes_nothing(bench: DeskBench) -> None:
    house = bench.house("tomas_ortega")
    seen = deciding.look(house, FIRST)
    texts = {"payment_terms": "Net 30", "kickoff_on": "2026-12-20"}
    before = len(bench.rows(event))
    tried = deciding.correct(house, seen, texts, "by phone", dry_run=True)
    assert (tried.would_pass, tried.waits) == (True, None)
    assert (bench.rows(overlay), len(bench.rows(event))) == ([], before)
    assert bench.rows(handoff)[0].state == HandoffState.HELD

    half = deciding.correct(house, seen, {"payment_terms": "Net 30"}, "by phone")
    assert [v.rule for v in half.verdict.violations] == [HORIZON]
    assert bench.rows(handoff)[0].state == HandoffState.PULLED
    (said,) = bench.events("correct")
    assert (said.subject, said.actor, said.old, said.new, said.why) == (
        f"entry:{FIRST}",
        "tomas_ortega",
        {"payment_terms": "Net 90"},
        {"payment_terms": "Net 30"},
        "by phone",
    )


@pytest.mark.parametrize("why", ["", "   \n", "x" * 2001])
def test_a_decision_without_a_why_is_none(bench: DeskBench, why: str) -> None:
    with pytest.raises(UsageError, match=r"why|reason"):
        correct(bench, why=why, payment_terms="Net 30")
    assert bench.rows(overlay) == []


@pytest.mark.parametrize("who", ["kwame_mensah", "somebody@elsewhere.example"])
def test_who_is_not_in_the_entrys_chain_may_not_correct_it_not_even_to_try(bench: DeskBench, who: str) -> None:
    house = bench.house(who)
    for dry_run in (True, False):
        with pytest.raises(NotAllowedError, match="may not correct"):
            deciding.correct(
                house, deciding.look(house, FIRST), {"payment_terms": "Net 30"}, "by phone", dry_run=dry_run
            )
    assert bench.rows(overlay) == []


def test_a_correction_that_changes_nothing_is_refused(bench: DeskBench) -> None:
    with pytest.raises(UsageError, match="in the CRM already"):
        correct(bench, payment_terms="Net 90")
    correct(bench, payment_terms="Net 30")
    with pytest.raises(UsageError, match="corrected to 'Net 30' already"):
        correct(bench, payment_terms="Net 30")
    with pytest.raises(UsageError, match="handoff queue withdraw"):
        correct(bench, payment_terms="Net 90")
    correct(bench, payment_terms="Net 14")
    assert [(row.value, row.state) for row in bench.rows(overlay)] == [("Net 30", "replaced"), ("Net 14", "active")]


@pytest.mark.parametrize("dry_run", [True, False])
def test_a_value_that_its_own_rule_would_not_pass_is_refused_and_nothing_is_stored(
    bench: DeskBench, dry_run: bool
) -> None:
    house = bench.house("tomas_ortega")
    events, held = len(bench.rows(event)), deciding.look(house, FIRST)
    texts = {"kickoff_on": "2028-01-31", "payment_terms": "Net 30"}
    with pytest.raises(UsageError, match=r"^The kickoff on '2028-01-31' would not pass the gate; allowed is .+\.$"):
        deciding.correct(house, held, texts, "by phone", dry_run=dry_run)
    assert (bench.rows(overlay), len(bench.rows(event))) == ([], events)
    assert bench.rows(handoff)[0].state == HandoffState.HELD
    assert deciding.look(house, FIRST).entry.row_version == held.entry.row_version


def test_a_value_that_somebody_may_approve_is_laid_although_its_rule_holds_it_still(bench: DeskBench) -> None:
    the_crm_says(bench, Payment_Terms__c="Net 30")
    foreseen = correct(bench, payment_terms="Net 90", kickoff_on="2026-12-20")
    assert [v.rule for v in foreseen.verdict.violations] == [TERMS]


def test_only_a_second_person_who_holds_the_role_confirms_money(bench: DeskBench) -> None:
    foreseen = correct(bench, "priya_nair", amount="9000")
    assert foreseen.waits == "finance"
    for who in ("priya_nair", "PRIYA.NAIR@example.com", "kwame_mensah"):
        house = bench.house(who)
        with pytest.raises(NotAllowedError, match="may not confirm correction"):
            deciding.confirm(house, deciding.look(house, FIRST), "sure")
    assert [row.state for row in bench.rows(overlay)] == ["proposed"]
    assert judged(bench) == HandoffState.HELD
    house = bench.house("tomas_ortega")
    laid, _ = deciding.confirm(house, deciding.look(house, FIRST), "as signed")
    assert laid == {"amount": "9000"}
    (row,) = bench.rows(overlay)
    assert (row.state, row.actor, row.second_actor) == ("active", "priya_nair", "tomas_ortega")
    with pytest.raises(UsageError, match="waits for a second person"):
        deciding.confirm(house, deciding.look(house, FIRST), "again")


def test_money_is_confirmed_as_it_was_read_or_not_at_all(bench: DeskBench) -> None:
    """Whoever read 9,000 has not said yes to 900,000, which somebody entered while they thought."""
    correct(bench, "priya_nair", amount="9000")
    house = bench.house("tomas_ortega")
    read = deciding.look(house, FIRST).entry.row_version
    correct(bench, "priya_nair", amount="900000")
    with pytest.raises(ConflictError):
        deciding.confirm(house, deciding.look(house, FIRST), "9,000 stands in the contract", version=read)
    assert [(row.value, row.state) for row in bench.rows(overlay, overlay.c.state != "replaced")] == [
        ("900000", "proposed")
    ]
    now = deciding.look(house, FIRST)
    laid, _ = deciding.confirm(house, now, "as signed", version=now.entry.row_version)
    assert laid == {"amount": "900000"}


def test_money_that_waits_for_a_second_person_holds_a_deal_that_passes_every_rule(bench: DeskBench) -> None:
    correct(bench, "priya_nair", amount="9000")
    the_crm_says(bench, Payment_Terms__c="Net 30", Kickoff_Date__c="2026-12-20")
    assert judged(bench) == HandoffState.HELD
    house = bench.house("priya_nair")
    deciding.withdraw(house, deciding.look(house, FIRST), "amount", "it was right")
    assert judged(bench) == HandoffState.PASSED


@pytest.mark.parametrize(
    ("state", "says", "becomes"),
    [
        ("active", "Net 90", "active"),  # as it was when it was corrected
        ("active", "Net 30", "retired"),
        ("active", "Net 60", "conflict"),
        ("active", None, "conflict"),
        ("proposed", "Net 90", "proposed"),
        ("proposed", "Net 60", "conflict"),
        ("conflict", "Net 90", "conflict"),  # a person was asked, and must answer
        ("conflict", "Net 30", "retired"),
    ],
)
def test_what_becomes_of_a_correction_when_the_crm_says_something(
    bench: DeskBench, state: str, says: str | None, becomes: str
) -> None:
    correct(bench, payment_terms="Net 30")
    (row,) = bench.rows(overlay, overlay.c.state == "active")
    with bench.store.write() as tx:
        tx.execute(overlay.update().values(state=state))
    (row,) = bench.rows(overlay)
    assert what_becomes(row, says) == becomes


def test_amounts_are_one_value_however_they_are_written(bench: DeskBench) -> None:
    correct(bench, "priya_nair", amount="9000")
    (row,) = bench.rows(overlay)
    assert [what_becomes(row, says).value for says in ("9000.00", "10000.0", "soon")] == [
        "retired",
        "proposed",
        "conflict",
    ]


def test_an_overlay_that_lay_over_a_plan_is_kept_with_it(bench: DeskBench) -> None:
    correct(bench, payment_terms="Net 30", kickoff_on="2026-12-20")
    assert judged(bench) == HandoffState.PASSED
    (row,) = bench.rows(handoff)
    assert row.planned_overlay == {"payment_terms": "Net 30", "kickoff_on": "2026-12-20"}
    assert row.kickoff_on == "2026-12-20"


def test_a_deal_on_its_way_or_delivered_is_not_decided_on(bench: DeskBench) -> None:
    house = bench.house("tomas_ortega")
    for state, said in ((HandoffState.PASSED, "on its way"), (HandoffState.DELIVERED, "is delivered")):
        with bench.store.write() as tx:
            handoffs.move(tx, 1, state, bench.at)
        with pytest.raises(UsageError, match=said):
            deciding.correct(house, deciding.look(house, FIRST), {"po_number": "PO-1"}, "by phone")


def test_a_deal_that_changed_in_the_crm_after_the_look_is_a_conflict(bench: DeskBench) -> None:
    house = bench.house("tomas_ortega")
    seen = deciding.look(house, FIRST)
    the_crm_says(bench, PO_Number__c="PO-9")
    with pytest.raises(ConflictError, match="changed in the CRM"):
        deciding.correct(house, seen, {"payment_terms": "Net 30"}, "by phone")
    assert bench.rows(overlay) == []


def test_a_run_judges_again_what_was_decided_on_while_it_judged(bench: DeskBench) -> None:
    """Between reading and writing, the gate asks the clock what day it is: there a person decides."""
    the_crm_says(bench, PO_Number__c="PO-9")
    run = a_run(bench)
    decided = []

    def now() -> Any:
        if not decided:
            decided.append(True)
            correct(bench, payment_terms="Net 30", kickoff_on="2026-12-20")
        return bench.at

    run.house.clock = Clock(now=now)
    judge(run)
    assert decided
    (row,) = bench.rows(handoff)
    assert (row.state, row.planned_overlay["payment_terms"]) == (HandoffState.PASSED, "Net 30")
    assert len(bench.events("passed")) == 1


def test_a_waiver_ends_to_the_second_and_lifts_only_what_was_judged(bench: DeskBench) -> None:
    house = bench.house("kwame_mensah")
    until, foreseen = deciding.waive(house, deciding.look(house, FIRST), HORIZON, 3, "agreed")
    assert until == bench.at + timedelta(days=3)
    assert [v.rule for v in foreseen.verdict.violations] == [TERMS]
    with pytest.raises(UsageError, match="is waived for E-000001 already"):
        deciding.waive(house, deciding.look(house, FIRST), HORIZON, 3, "agreed")
    bench.at += timedelta(days=3) - timedelta(seconds=1)
    judged(bench)
    assert [row.state for row in bench.rows(waiver)] == ["active"]
    bench.at += timedelta(seconds=1)
    assert judged(bench) == HandoffState.HELD
    (row,) = bench.rows(waiver)
    assert (row.state, row.ended_why) == ("expired", "its time is over")
    the_crm_says(bench, Kickoff_Date__c="some day")  # now the horizon cannot be judged
    judged(bench)
    with pytest.raises(UsageError, match="could not be judged"):
        deciding.waive(house, deciding.look(house, FIRST), HORIZON, 3, "agreed")


def test_a_passed_deal_whose_waiver_is_over_before_it_is_delivered_is_held_again(bench: DeskBench) -> None:
    house = bench.house("kwame_mensah")
    deciding.waive(house, deciding.look(house, FIRST), HORIZON, 3, "agreed")
    correct(bench, payment_terms="Net 30")
    assert judged(bench) == HandoffState.PASSED
    assert judged(bench) == HandoffState.PASSED
    bench.at += timedelta(days=4)
    assert judged(bench) == HandoffState.HELD


def test_who_is_asked_is_the_first_of_the_chain_who_is_there_and_did_not_ask(bench: DeskBench) -> None:
    absent(bench, "tomas_ortega")
    bench._houses.clear()
    assert ask(bench, "priya_nair") == "helena_brandt"  # finance is away, its backup asks: the end of the chain
    (row,) = bench.rows(approval)
    assert (row.role, row.level, row.requested_by) == ("finance", 2, "priya_nair")
    hours = timedelta(hours=bench.pack.policies.desk.approve_within_hours)
    assert row.deadline == calendar_of(bench.pack.owners, "finance", row.person).add(bench.at, hours)
    assert row.deadline > bench.at + hours  # hours in which they work


def test_nobody_approves_their_own_request_though_they_hold_the_role(bench: DeskBench) -> None:
    assert ask(bench, "tomas_ortega") == "priya_nair"
    for who in ("tomas_ortega", "Tomas.Ortega@example.com"):
        with pytest.raises(NotAllowedError, match="may not approve"):
            approve(bench, who)
    with pytest.raises(NotAllowedError, match="may not approve"):
        approve(bench, "maya_lindgren")
    approve(bench, "priya_nair")
    assert [row.state for row in bench.rows(approval)] == ["approved"]


def test_who_corrected_what_an_approval_concerns_does_not_approve_it(bench: DeskBench) -> None:
    the_crm_says(bench, Payment_Terms__c="Net 30")
    judged(bench)
    correct(bench, "priya_nair", payment_terms="Net 90")
    assert judged(bench) == HandoffState.HELD
    assert ask(bench, "tomas_ortega") == "helena_brandt"  # not priya_nair, finance's backup
    with pytest.raises(NotAllowedError, match="may not approve"):
        approve(bench, "priya_nair")
    approve(bench, "helena_brandt")


def test_after_it_escalated_whom_it_passed_over_may_not_approve_and_whom_it_reached_may(bench: DeskBench) -> None:
    assert ask(bench, "helena_brandt") == "tomas_ortega"
    with bench.store.write() as tx:  # as `escalate_overdue` does
        tx.execute(approval.update().values(level=1, person="priya_nair"))
    bench.at += timedelta(days=3)
    with pytest.raises(NotAllowedError, match="may not approve"):
        approve(bench, "tomas_ortega")
    approve(bench, "priya_nair")


def test_a_deadline_that_passes_approves_nothing(bench: DeskBench) -> None:
    ask(bench)
    correct(bench, kickoff_on="2026-12-20")
    bench.at += timedelta(days=300)
    assert judged(bench) == HandoffState.HELD
    assert [row.state for row in bench.rows(approval)] == ["requested"]


def test_an_approval_holds_for_what_was_seen_and_is_carried_over_when_nothing_it_concerns_changes(
    bench: DeskBench,
) -> None:
    ask(bench)
    approve(bench, "tomas_ortega")
    correct(bench, kickoff_on="2026-12-20", po_number="PO-5")
    assert judged(bench) == HandoffState.PASSED
    assert len(bench.events("approval_carried_over")) == 1
    (passed,) = bench.events("passed")
    assert passed.new["approvals"][0]["approved_by"] == "tomas_ortega"
    (row,) = bench.rows(approval)
    assert passed.new["approvals"][0]["payload"] == row.payload_hash


def test_a_request_for_something_else_cannot_be_approved(bench: DeskBench) -> None:
    ask(bench)
    the_crm_says(bench, AccountId="001000000000009AAA")
    with pytest.raises(UsageError, match=r"changed since it was asked for \(account_id 001\w+ -> 001000000000009AAA\)"):
        approve(bench, "tomas_ortega")
    assert [row.state for row in bench.rows(approval)] == ["requested"]


def test_a_changed_account_makes_an_approval_stale(bench: DeskBench) -> None:
    ask(bench)
    approve(bench, "tomas_ortega")
    the_crm_says(bench, AccountId="001000000000009AAA", Kickoff_Date__c="2026-12-20")
    assert judged(bench) == HandoffState.HELD
    assert [row.state for row in bench.rows(approval)] == ["stale"]
    told = bench.rows(notice, notice.c.kind == "approval_stale")
    assert [(n.person, n.about) for n in told] == [("priya_nair", TERMS)]
    assert ask(bench) == "tomas_ortega"


def test_what_cannot_be_planned_cannot_be_approved(bench: DeskBench) -> None:
    the_crm_says(bench, Amount="a lot")
    judged(bench)
    with pytest.raises(UsageError, match="Nobody can say yet what would be written"):
        ask(bench)


def test_a_look_at_an_entry_that_there_is_not_is_refused(bench: DeskBench) -> None:
    with pytest.raises(UsageError, match="There is no entry E-000099"):
        deciding.look(bench.house("priya_nair"), "E-000099")


def test_two_proposals_one_field_and_a_pack_that_no_longer_allows_it(bench: DeskBench) -> None:
    """A money correction whose field the pack closes meanwhile has no second role: only the tie-breaker confirms."""
    correct(bench, "priya_nair", amount="9000")
    closed = bench.pack.policies.desk.model_copy(update={"corrections": {"po_number": Correctable()}})
    bench.pack = replace(bench.pack, policies=bench.pack.policies.model_copy(update={"desk": closed}))
    bench._houses.clear()
    house = bench.house("tomas_ortega")
    with pytest.raises(NotAllowedError):
        deciding.confirm(house, deciding.look(house, FIRST), "x")


@pytest.mark.parametrize(("days", "gone"), [(0, True), (-300, True), (1, False)])
def test_who_left_the_company_decides_no_label(bench: DeskBench, days: int, gone: bool) -> None:
    leaves(bench, "priya_nair", bench.at.date() + timedelta(days=days))
    author = Author(actor="Priya.Nair@example.com", at=bench.at)
    (name, *_) = (name for name, found in bench.pack.labels.items() if found.owner_role == "sales_operations")
    if not gone:
        label_decisions.authorise(bench.pack, name, author)
        return
    with pytest.raises(NotAllowedError, match=r"Priya Nair left on .* and decides nothing here any more"):
        label_decisions.authorise(bench.pack, name, author)


@pytest.mark.parametrize(("days", "gone"), [(0, True), (1, False)])
def test_who_left_the_company_accepts_no_step_though_its_clock_names_them(
    bench: DeskBench, days: int, gone: bool
) -> None:
    """The clock was theirs when it began; it is their successor who takes the deal on."""
    with bench.store.write() as tx:
        handoffs.move(tx, 1, HandoffState.DELIVERED, bench.at)
        clocks.started(
            tx,
            handoff_id=1,
            step="kick_off",
            role="delivery",
            person="kwame_mensah",
            owner_name="Kwame Mensah",
            owner_email="kwame.mensah@example.com",
            clock={},
            started_at=bench.at,
            due_at=bench.at + timedelta(hours=4),
        )
    leaves(bench, "kwame_mensah", bench.at.date() + timedelta(days=days))
    house = bench.house("kwame_mensah")
    if gone:
        with pytest.raises(NotAllowedError, match="Kwame Mensah left on"):
            accepting.accept(house, FIRST, "kick_off", "called them")
    else:
        accepting.accept(house, FIRST, "kick_off", "called them")
    (row,) = bench.rows(step_clock)
    assert (row.done_at is None, row.done_by) == (gone, None if gone else "kwame_mensah")


READS_FRESH_SNAPSHOTS = {
    "handoff/road/check.py",  # an export: nothing of it is in the store
    "handoff/road/pull.py",  # what the CRM has just told
    "handoff/road/dry_run.py",  # the same, and holds corrections against it
    "handoff/report/decided.py",  # whom the CRM names as the rep of a deal that was corrected
    "handoff/road/settle.py",  # holds corrections against what the CRM says
    "handoff/road/deciding.py",  # shows both, and what it would be
    "handoff/road/preview.py",  # the same, value beside value
}


def test_whatever_comes_out_of_the_store_is_read_under_its_corrections() -> None:
    """`to_row` alone forgets them: elsewhere `stored_row` reads, which cannot."""
    found = set()
    for path in (ROOT / "handoff").rglob("*.py"):
        names = {n.id for n in ast.walk(ast.parse(path.read_text())) if isinstance(n, ast.Name)}
        if "to_row" in names:
            found.add(str(path.relative_to(ROOT)))
    assert found == READS_FRESH_SNAPSHOTS
