"""Causes as people read them: words, money, owners, order; and ids that stay."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from handoff.core.money import Money
from handoff.core.violation import Failure
from handoff.report.cause_list import HeldCause, Key, Record, grouped, touched

DUE = datetime(2026, 11, 25, 9, tzinfo=UTC)
PRODUCT = Key(rule="product_is_canonical", field="lines.product", seen="GTXPro")


def row(number: int = 1, **others: Any) -> Any:
    """One violation of an entry of 100 dollars that Ada owns."""
    said = {"seen": "GTXPro", "owner_name": "Ada", "due_at": DUE, "amount_minor": 100_00, "currency": "USD"}
    said |= {"account_name": "Hottechi"}
    return SimpleNamespace(id=number, **{**said, **others})


def one(key: Key, *rows: Any, record: Record | None = None) -> HeldCause:
    (found,) = grouped([(key, record, list(rows))])
    return found


@pytest.mark.parametrize(
    ("key", "rows", "what"),
    [
        (PRODUCT, [row()], 'product "GTXPro"'),
        (Key(rule="po_number_when_required", field="po_number"), [row(seen=None)], "po number (empty)"),
        (Key(rule="amount_above_zero", field="amount", any_value=True), [row(seen="-5")], 'amount "-5"'),
        (
            Key(rule="amount_above_zero", field="amount", any_value=True),
            [row(1, seen="-5"), row(2, seen="-6"), row(3, seen="-6")],
            "amount: 2 different values",
        ),
        (Key(rule="rule_without_field"), [row(seen=None)], "rule without field (empty)"),
        (Key(rule=Failure.BILLING_REFUSED), [row(1, seen="card"), row(2, seen="tax")], "billing refused"),
    ],
)
def test_a_cause_says_what_is_wrong(key: Key, rows: list[Any], what: str) -> None:
    assert one(key, *rows).what == what


def test_a_cause_on_a_row_that_deals_share_names_it_and_keeps_its_link_whatever_their_number() -> None:
    key = Key(rule="sector_is_canonical", field="sector", seen="technolgy", record=("Account", "001A"))
    record = Record(object="Account", id="001A", name="Hottechi", link="https://acme.example/x")
    found = one(key, row(1, seen="technolgy"), row(2, seen="technolgy"), record=record)
    assert found.what == 'sector "technolgy" on account Hottechi'
    assert found.document()["link"] == "https://acme.example/x"


def test_a_cause_of_the_deals_own_rows_has_a_link_only_while_it_is_one_deal() -> None:
    record = Record(object="Opportunity", id="006A", link="https://acme.example/006A")
    assert one(PRODUCT, row(1), record=record).document()["link"] == "https://acme.example/006A"
    assert one(PRODUCT, row(1), row(2), record=record).document()["link"] is None


def test_money_is_told_per_currency_and_what_cannot_be_read_apart() -> None:
    rows = [
        row(1),
        row(1),
        row(2, currency="EUR"),
        row(3),
        row(4, amount_minor=None),
        row(5, currency="XXXX"),
        row(6, currency=None),
    ]
    found = touched(rows)
    assert found.money == (Money(minor=200_00, currency="USD"), Money(minor=100_00, currency="EUR"))
    assert (found.deals, found.unreadable) == (6, 3)
    assert str(found) == "6 deals, USD 200.00 · EUR 100.00 (3 without a readable amount)"


def test_most_money_comes_first_in_the_currency_that_leads() -> None:
    keys = [Key(rule=name, field="x", seen="y") for name in ("small", "large", "foreign")]
    rows = [[row(1)], [row(2, amount_minor=900_00)], [row(3, amount_minor=999_00, currency="JPY")]]
    found = grouped((key, None, own) for key, own in zip(keys, rows, strict=True))
    assert [cause.key.rule for cause in found] == ["large", "small", "foreign"]


def test_a_cause_names_its_owner_or_the_two_with_most_and_the_oldest_due() -> None:
    owners = ["Ada", "Ada", "Bob", "Bob", "Bob", "Cy", "Di"]
    rows = [row(n, owner_name=who, due_at=DUE - timedelta(hours=n)) for n, who in enumerate(owners)]
    found = one(PRODUCT, *rows)
    assert found.owned == "Bob (3), Ada (2) and 2 more"
    assert found.oldest_due == DUE - timedelta(hours=6)
    assert one(PRODUCT, row()).owned == "Ada"


def test_ids_tell_causes_apart_and_stay() -> None:
    keys = [
        PRODUCT,
        Key(rule="product_is_canonical", field="lines.product"),
        Key(rule="product_is_canonical", field="lines.product", seen=""),
        Key(rule="product_is_canonical", field="lines.product", seen="*"),
        Key(rule="product_is_canonical", field="lines.product", any_value=True),
        Key(rule="product_is_canonical", field="lines.product", seen="GTXPro", record=("Account", "001A")),
        Key(rule="product_is_canonical"),
    ]
    assert len({key.id for key in keys}) == len(keys)
    assert PRODUCT.id == "C-9b1faa9a9d", "people note ids down: they stay the same from one version to the next"


def test_the_same_cause_out_of_two_sources_is_one() -> None:
    (found,) = grouped([(PRODUCT, None, [row(1)]), (PRODUCT, None, [row(2)])])
    assert found.entries == (1, 2)


def test_two_causes_that_say_the_same_are_told_apart_by_their_rule_and_account() -> None:
    empty = [Key(rule=rule, field="account_id") for rule in ("account_present", "account_known")]
    found = [one(key, row(seen=None)) for key in empty]
    assert found[0].what == found[1].what
    assert [cause.told_apart for cause in found] == ["account present · Hottechi", "account known · Hottechi"]


def test_what_a_cause_says_already_is_not_said_twice() -> None:
    assert one(Key(rule=Failure.BILLING_REFUSED), row(1), row(2, account_name="Zoomit")).told_apart == ""
    on = Record(object="Account", id="001A", name="Hottechi")
    key = Key(rule="sector_is_canonical", field="sector", seen="x", record=("Account", "001A"))
    assert one(key, row(seen="x"), record=on).told_apart == "sector is canonical"
