"""Who has a part in what an approval is about may not decide it, and it holds for nothing but what was seen."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from handoff.core.handoff import HandoffState
from handoff.quarantine import expiries
from handoff.quarantine.decision import NotAllowedError
from handoff.road import deciding
from handoff.store.desk_tables import approval, overlay
from handoff.store.events import Author
from tests.unit.mappings.demo_deal import SNAPSHOT
from tests.unit.road import desk_bench
from tests.unit.road.desk_bench import DeskBench
from tests.unit.road.test_deciding import FIRST, approve, ask, correct, judged, the_crm_says

TERMS_APPROVER = "terms_approver_is_not_the_rep"
DISCOUNT_APPROVER = "discount_approver_is_not_the_rep"
DISCOUNT = "discount_within_limit_or_approved"
ELSE_RIGHT = {"Payment_Terms__c": "Net 30", "Kickoff_Date__c": "2026-12-20"}
"""What the bench holds each deal for, put right: so that one question is left."""
UNPRICED = [{**line, "ListPrice": None} for line in SNAPSHOT["OpportunityLineItems"]]
"""Without list prices the discount is what the deal says, and stands in no payload."""
Bench = Callable[..., DeskBench]


@pytest.fixture
def bench_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    """`bench_of(*rules, **fields)`: a deal held under these rules besides the bench's own."""
    made: list[DeskBench] = []

    def make(*rules: str, **fields: Any) -> DeskBench:
        monkeypatch.setattr(desk_bench, "_RULES", (*desk_bench._RULES, *rules))
        made.append(DeskBench(tmp_path, **fields))
        return made[-1]

    yield make
    for bench in made:
        bench.close()


def ask_for(bench: DeskBench, rule: str, who: str = "priya_nair") -> str:
    house = bench.house(who)
    return str(deciding.request_approval(house, deciding.look(house, FIRST), rule, "a small deal").person_id)


def agree(bench: DeskBench, rule: str, who: str) -> deciding.Foreseen:
    house = bench.house(who)
    return deciding.approve(house, deciding.look(house, FIRST), rule, "agreed")


def states(bench: DeskBench) -> list[str]:
    return [row.state for row in bench.rows(approval)]


@pytest.mark.parametrize(
    ("rule", "first", "then"),
    [
        (
            TERMS_APPROVER,
            {"Terms_Approved_By__c": "Lena Hartwig"},
            {"Payment_Terms__c": "Net 90"},
        ),
        (
            DISCOUNT_APPROVER,
            {"Discount_Approved_By__c": "Lena Hartwig", "Discount_Percent__c": 25},
            {"Discount_Percent__c": 90},
        ),
    ],
    ids=["terms", "discount"],
)
def test_a_yes_to_who_approved_is_none_to_more_than_they_had_approved(
    bench_of: Bench, rule: str, first: dict[str, Any], then: dict[str, Any]
) -> None:
    """Whom the rule doubts had let 30 days pass, or a quarter: a yes to that is no yes to 90."""
    bench = bench_of(rule, **{**ELSE_RIGHT, "OpportunityLineItems": UNPRICED, **first})
    agree(bench, rule, ask_for(bench, rule))
    the_crm_says(bench, **then)
    assert judged(bench) == HandoffState.HELD
    assert states(bench) == ["stale"]


def test_an_approved_discount_that_grows_is_asked_for_again_though_the_same_would_be_written(bench_of: Bench) -> None:
    """Prices are those of the deal, so no payload says which discount they hold: what was seen must be the same."""
    fields = {**ELSE_RIGHT, "Discount_Percent__c": 25, "Discount_Approved_By__c": None}
    bench = bench_of(DISCOUNT, "product_is_canonical", **fields, OpportunityLineItems=UNPRICED)
    agree(bench, DISCOUNT, ask_for(bench, DISCOUNT))
    (seen,) = bench.rows(approval)
    the_crm_says(bench, Discount_Percent__c=90)
    assert judged(bench) == HandoffState.HELD
    assert states(bench) == ["stale"]
    ask_for(bench, DISCOUNT)
    assert bench.rows(approval)[-1].payload_hash == seen.payload_hash


def test_a_discount_that_stays_is_approved_once(bench_of: Bench) -> None:
    fields = {**ELSE_RIGHT, "Discount_Percent__c": 25, "Discount_Approved_By__c": None}
    bench = bench_of(DISCOUNT, "product_is_canonical", **fields, OpportunityLineItems=UNPRICED)
    agree(bench, DISCOUNT, ask_for(bench, DISCOUNT))
    assert judged(bench) == HandoffState.PASSED


def test_who_corrected_a_value_does_not_approve_it_once_the_crm_says_the_same(bench_of: Bench) -> None:
    """The correction was written back, so it retired: the value is still theirs."""
    bench = bench_of(Payment_Terms__c="Nett 3 months")
    correct(bench, "tomas_ortega", payment_terms="Net 90")
    the_crm_says(bench, Payment_Terms__c="Net 90")
    correct(bench, "priya_nair", kickoff_on="2026-12-20")
    assert judged(bench) == HandoffState.HELD
    assert [row.state for row in bench.rows(overlay, overlay.c.field == "payment_terms")] == ["retired"]
    assert ask(bench, "priya_nair") == "helena_brandt"  # not tomas_ortega, who is finance
    with pytest.raises(NotAllowedError, match="may not approve"):
        approve(bench, "tomas_ortega")
    assert states(bench) == ["requested"]


def test_who_corrected_something_that_the_crm_says_otherwise_by_now_may_approve_it(bench_of: Bench) -> None:
    """A retired correction whose value is gone is nobody's part in the terms that stand there now."""
    bench = bench_of(Payment_Terms__c="Nett 3 months")
    correct(bench, "tomas_ortega", payment_terms="Net 30")
    the_crm_says(bench, Payment_Terms__c="Net 30", Kickoff_Date__c="2026-12-20")
    judged(bench)
    the_crm_says(bench, Payment_Terms__c="Net 90")
    assert judged(bench) == HandoffState.HELD
    assert [row.state for row in bench.rows(overlay)] == ["retired"]
    assert ask(bench, "priya_nair") == "tomas_ortega"
    assert approve(bench, "tomas_ortega").would_pass


def test_an_approval_does_not_escalate_to_who_corrected_what_it_is_about(bench_of: Bench) -> None:
    """They could not approve it: it would lie with them for ever, and with who was asked no more."""
    bench = bench_of(Payment_Terms__c="Nett 3 months")
    correct(bench, "priya_nair", payment_terms="Net 90", kickoff_on="2026-12-20")  # finance's backup
    assert judged(bench) == HandoffState.HELD
    assert ask(bench, "helena_brandt") == "tomas_ortega"
    (asked,) = bench.rows(approval)
    values = deciding.look(bench.house("helena_brandt"), FIRST).row.values
    bench.at = asked.deadline + timedelta(hours=1)
    sweep = Author(actor="sweep", at=bench.at)
    with bench.store.write() as tx:
        told = expiries.escalate_approval(tx, bench.pack, asked.id, lambda *_: values, sweep)
    assert told == "overdue"  # nobody is left: helena_brandt, the last, asked for it
    (still,) = bench.rows(approval)
    assert (still.person, still.level) == (asked.person, asked.level)
    assert approve(bench, "tomas_ortega").would_pass


def test_who_corrected_by_which_value_the_approver_is_found_does_not_approve(bench_of: Bench) -> None:
    """Else whoever holds the entry names a region of their own, and says yes to their own deal."""
    manager = {"Name": "Rin Takeda", "Email": "rin.takeda@example.com"}
    owner = {"Name": "Lena Hartwig", "Email": "lena.hartwig@example.com", "IsActive": True, "Manager": manager}
    bench = bench_of(
        "po_number_when_required",
        DISCOUNT,
        "product_is_canonical",
        **ELSE_RIGHT,
        Owner=owner,
        Discount_Percent__c=90,
        Discount_Approved_By__c=None,
        PO_Number__c=None,
        OpportunityLineItems=UNPRICED,
    )
    correct(bench, "rin_takeda", region="APAC", po_number="PO-1")  # of APAC, they are the director
    assert judged(bench) == HandoffState.HELD
    assert ask_for(bench, DISCOUNT) == "helena_brandt"
    with pytest.raises(NotAllowedError, match="may not approve"):
        agree(bench, DISCOUNT, "rin_takeda")
    assert states(bench) == ["requested"]
    assert agree(bench, DISCOUNT, "helena_brandt").would_pass
