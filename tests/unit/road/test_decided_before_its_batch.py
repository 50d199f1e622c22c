"""A run judges what is at the gate and nothing else; what people said is done by hand never stops it."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from connectors.errors import AuthFailed, Transient
from connectors.ports import Body
from handoff.core.authority import Action
from handoff.core.handoff import HandoffState
from handoff.quarantine import by_hand as claims
from handoff.quarantine import desk, rejections
from handoff.quarantine.by_hand import Claim
from handoff.quarantine.decision import Desk
from handoff.road import by_hand, deciding
from handoff.road import judge as judging
from handoff.road.at_the_desk import at_the_desk
from handoff.road.house import Progress
from handoff.road.sync import guarded
from handoff.store import handoffs
from handoff.store.tables import entry, handoff
from tests.fakes import FakeBilling, FakeTracker, Ticking
from tests.unit.road.desk_bench import DeskBench
from tests.unit.road.test_deciding import a_run, bench_content

FIRST, SECOND = "E-000001", "E-000002"


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[DeskBench]:
    bench = DeskBench(tmp_path, deals=2)
    yield bench
    bench.close()


def claim(bench: DeskBench, name: str, *invoices: str, project: str | None = None, accept: bool = False) -> None:
    """Somebody says that it is done, while a service is away: the next run looks."""
    named = Claim(invoices=invoices, project=project, accept_differences=accept)
    with at_the_desk(bench.house("tomas_ortega"), name, Action.DONE_BY_HAND) as at:
        claims.claim(at, named, "made it on Friday")


def rejected(at: Desk) -> None:
    rejections.reject(at, "duplicate", "a copy")


def done(at: Desk) -> None:
    """As `done_by_hand` leaves it: delivered, with an entry that is released."""
    claims.claim(at, Claim(invoices=("in_1",), project="12"), "made it")
    handoffs.move(at.tx, at.row.handoff_id, HandoffState.DELIVERED, at.author.at, reason=None)
    desk.release(at.tx, [at.row.deal_id], "done by hand", at.author)


def states(bench: DeskBench) -> list[HandoffState]:
    return [HandoffState(row.state) for row in bench.rows(handoff)]


@pytest.mark.parametrize("passes", [True, False], ids=["passes", "held"])
@pytest.mark.parametrize(
    ("action", "decide", "stays"),
    [(Action.REJECT, rejected, HandoffState.REJECTED), (Action.DONE_BY_HAND, done, HandoffState.DELIVERED)],
    ids=["rejected", "done by hand"],
)
def test_a_deal_that_left_the_gate_before_its_batch_was_read_is_not_judged(
    bench: DeskBench,
    monkeypatch: pytest.MonkeyPatch,
    action: Action,
    decide: Callable[[Desk], None],
    stays: HandoffState,
    passes: bool,
) -> None:
    """It was at the gate when the run began, and its entry has not changed since its batch was read."""
    kickoff = {"kickoff_on": "2026-12-20"} if passes else {}
    for name in (FIRST, SECOND):
        house = bench.house("tomas_ortega")
        deciding.correct(house, deciding.look(house, name), {"payment_terms": "Net 30", **kickoff}, "by phone")
    monkeypatch.setattr(judging, "_BATCH", 1)
    run = a_run(bench)
    decided: list[tuple[str, int]] = []

    def second_entry() -> tuple[str, int]:
        (row,) = bench.rows(entry, entry.c.id == 2)
        return row.state, row.row_version

    def between_two_batches(progress: Progress) -> None:
        if progress.stage == "judge" and not decided:
            with at_the_desk(bench.house("helena_brandt"), SECOND, action) as at:
                decide(at)
            decided.append(second_entry())

    run.house.watch = between_two_batches
    judging.judge(run)
    assert states(bench) == [HandoffState.PASSED if passes else HandoffState.HELD, stays]
    assert [second_entry()] == decided


class OneProject(FakeTracker):
    """Asana, in which one project fails as it is told to."""

    def __init__(self, error: Exception) -> None:
        super().__init__(Ticking(), 0)
        self.error = error

    def project(self, gid: str) -> Body | None:
        if gid == "12":
            raise self.error
        return super().project(gid)


@pytest.mark.parametrize("status", [400, 403])
def test_a_claim_that_names_what_we_may_not_see_is_refused_and_is_no_outage(bench: DeskBench, status: int) -> None:
    """One id that somebody mistyped must not stand as a service that is down, nor keep the others waiting."""
    claim(bench, FIRST, project="12")
    claim(bench, SECOND, project="13")
    run = a_run(bench)
    error = AuthFailed("you have no access to this project", service="Asana", status=status)
    run.house.__dict__["tracker"] = OneProject(error)
    guarded(run, by_hand.settle_claims)
    assert not run.delivery.breaker.down("asana")
    first, second = bench.rows(handoff)
    assert (first.state, second.state) == (HandoffState.CLAIMED, HandoffState.CLAIMED)
    assert "you have no access to this project" in first.reason
    assert second.reason != first.reason
    assert "but" in second.reason  # it was looked at, too


def test_a_service_that_is_away_still_is_an_outage_and_the_claim_waits(bench: DeskBench) -> None:
    claim(bench, FIRST, project="12")
    before = bench.rows(handoff)[0].reason
    run = a_run(bench)
    run.house.__dict__["tracker"] = OneProject(Transient("503", service="asana", status=503))
    guarded(run, by_hand.settle_claims)
    assert run.delivery.breaker.down("asana")
    assert bench.rows(handoff)[0].reason == before


def services(run: Any, totals: dict[str, int | None]) -> None:
    """Stripe with these invoices, by their totals, and Asana with project 13."""
    billing = FakeBilling(Ticking())
    for name, total in totals.items():
        facts = {"status": "open", "customer": "c", "currency": "eur", "total_excluding_tax": total, "metadata": {}}
        billing.invoice_rows[name] = {"id": name, **facts}
    billing.customer_rows["c"] = {"id": "c", "name": "Kupferkamm Software GmbH", "email": "nora.falk@example.org"}
    for entity in run.house.pack.billing.entities.values():
        run.house._billing[entity.stripe_account] = billing
    run.house.tracker.project_rows["13"] = {"gid": "13", "name": "Second site", "permalink_url": "https://a.example/13"}


def test_a_claim_whose_invoice_cannot_be_read_is_refused_and_the_next_is_looked_at(bench: DeskBench) -> None:
    """An invoice without a total is one claim's trouble: the run goes on."""
    claim(bench, FIRST, "in_1", project="12")
    claim(bench, SECOND, "in_2", project="13")
    run = a_run(bench)
    services(run, {"in_1": None, "in_2": 1_000_000})
    guarded(run, by_hand.settle_claims)
    first, second = bench.rows(handoff)
    assert first.state == HandoffState.CLAIMED
    assert "cannot be read" in first.reason
    assert second.state == HandoffState.DELIVERED


@pytest.mark.parametrize("accept", [False, True], ids=["as it is", "differences accepted"])
def test_a_claimed_deal_that_was_lost_meanwhile_is_taken_over_only_when_that_is_accepted(
    bench: DeskBench, accept: bool
) -> None:
    """What is out for a deal that is none any more is somebody's decision, and never silent."""
    claim(bench, FIRST, "in_2", project="13", accept=accept)
    bench.pulled([{**bench_content(bench), "IsWon": False, "StageName": "Closed Lost"}])
    run = a_run(bench)
    services(run, {"in_2": 1_000_000})
    by_hand.settle_claims(run)
    (row,) = bench.rows(handoff, handoff.c.id == 1)
    assert row.state == (HandoffState.DELIVERED if accept else HandoffState.CLAIMED)
    assert accept or "the deal is none for us any more" in row.reason


def test_a_claimed_deal_that_still_is_one_is_taken_over(bench: DeskBench) -> None:
    claim(bench, FIRST, "in_2", project="13")
    run = a_run(bench)
    services(run, {"in_2": 1_000_000})
    by_hand.settle_claims(run)
    assert states(bench)[0] == HandoffState.DELIVERED
