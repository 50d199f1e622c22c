"""Duplicates: in one batch, and against deals of earlier runs."""

import pytest

from checks.facts import OtherDeal
from tests.unit.checks.packs import VALUES, make_pack, make_row, run

FIRST, SECOND, THIRD = (f"00600000000000{n}AAA" for n in (1, 2, 3))
COPY, PO = "not_a_copy_of_another_deal", "po_number_not_used_twice"


def other(deal_id: str, **values: str | None) -> OtherDeal:
    known = {
        name: VALUES.get(name) for name in ("account_id", "po_number", "amount", "currency", "closed_on", "deal_name")
    }
    return OtherDeal(deal_id=deal_id, **{**known, **values})


def test_every_copy_of_a_deal_in_the_batch_is_held() -> None:
    rows = [make_row(deal_id=each) for each in (FIRST, SECOND, FIRST)]
    assert run(rows, make_pack(("deal_listed_once",))).passed == [False, True, False]


def test_deals_without_an_id_are_no_copies_of_each_other() -> None:
    assert run([make_row(deal_id=None)] * 2, make_pack(("deal_listed_once",))).passed == [True, True]


def test_copy_under_another_id_is_held_whatever_its_case_and_spaces() -> None:
    rows = [
        make_row(deal_id=FIRST),
        make_row(deal_id=SECOND, deal_name="ACME:  new widgets "),
        make_row(deal_id=THIRD, amount="1000.01"),
    ]
    assert run(rows, make_pack((COPY,))).passed == [False, False, True]


def test_same_deal_twice_is_no_copy_of_itself() -> None:
    assert run([make_row(), make_row()], make_pack((COPY, PO))).passed == [True, True]


def test_purchase_order_number_is_used_once_per_account() -> None:
    rows = [
        make_row(deal_id=FIRST, po_number="PO 1"),
        make_row(deal_id=SECOND, po_number="po  1"),
        make_row(deal_id=THIRD, po_number="PO 1", account_id="001000000000009AAA"),
    ]
    assert run(rows, make_pack((PO,))).passed == [False, False, True]


@pytest.mark.parametrize("account", [None, "001000000000001AAA"])
def test_purchase_order_number_without_an_account_or_number_is_not_compared(account: str | None) -> None:
    rows = [
        make_row(deal_id=each, account_id=account, po_number="1" if account is None else None)
        for each in (FIRST, SECOND)
    ]
    assert run(rows, make_pack((PO,))).passed == [True, True]


def test_deal_of_an_earlier_run_counts_unless_it_is_this_deal() -> None:
    pack, row = make_pack((COPY, PO)), make_row(deal_id=FIRST, po_number="PO 1")
    assert run([row], pack, others=[other(FIRST, po_number="PO 1")]).passed == [True]
    for others in ([SECOND], [FIRST, SECOND], [SECOND, THIRD]):
        found = run([row], pack, others=[other(each, po_number="po 1") for each in others]).violations[0]
        assert {violation.rule for violation in found} == {COPY, PO}


def test_earlier_deal_with_gaps_is_not_compared() -> None:
    row = make_row(deal_id=FIRST, po_number="1")
    assert run([row], make_pack((COPY, PO)), others=[other(SECOND, account_id=None)]).passed == [True]
