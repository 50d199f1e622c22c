"""Causes and shares: counted once where a deal counts once, money per currency, most money first."""

from datetime import timedelta

from handoff.core.money import Money
from handoff.report.causes import causes, failed, not_judged, shares, totals
from tests.unit.report.held import DUE, make_held, make_violation

USD = {"currency": "USD"}


def test_deals_with_the_same_value_are_one_cause_with_their_money() -> None:
    found = causes([make_held(minor=1_00), make_held(minor=2_00)], {})
    assert [(c.rule, c.seen, c.deals, c.money) for c in found] == [
        ("product_is_canonical", "GTXPro", 2, (Money(minor=3_00, **USD),))
    ]


def test_the_cause_with_most_money_comes_first_though_fewer_deals_have_it() -> None:
    small = [make_held(make_violation(rule="a"), minor=1_00) for _ in range(3)]
    found = causes([*small, make_held(make_violation(rule="b"), minor=900_00)], {})
    assert [c.rule for c in found] == ["b", "a"]


def test_a_rule_with_many_values_is_one_cause_in_its_general_words() -> None:
    held = [make_held(make_violation(rule="discount", seen=f"2{n}", message=f"2{n} is much")) for n in range(6)]
    (found,) = causes(held, {"discount": "Discounts above 20 % need an approval."})
    assert (found.seen, found.message, found.deals) == (
        "6 different values",
        "Discounts above 20 % need an approval.",
        6,
    )


def test_what_could_not_be_judged_is_no_cause_and_is_counted_apart() -> None:
    held = [make_held(make_violation(), make_violation(rule="discount", seen=None, judged=False))]
    assert [c.rule for c in causes(held, {})] == ["product_is_canonical"]
    assert failed(held) == {"product_is_canonical": 1}
    assert not_judged(held) == {"discount": 1}


def test_an_empty_value_is_said_to_be_empty() -> None:
    (found,) = causes([make_held(make_violation(seen=None))], {})
    assert found.seen == "(empty)"


def test_currencies_are_never_added_up() -> None:
    held = [make_held(minor=1_00), make_held(minor=500, currency="JPY"), make_held(minor=2_00)]
    assert totals(held) == (Money(minor=3_00, currency="USD"), Money(minor=500, currency="JPY"))


def test_an_amount_that_cannot_be_read_counts_nothing() -> None:
    assert totals([make_held(minor=None)]) == ()
    assert causes([make_held(minor=None)], {})[0].money == ()


def test_an_owner_with_most_deals_comes_first_and_each_deal_counts_once() -> None:
    two_causes = (make_violation(), make_violation(rule="sector", seen="technolgy"))
    held = [make_held(owner="Bob"), make_held(*two_causes, owner="Ada"), make_held(owner="Ada")]
    found = shares(held, {})
    assert [(s.owner, len(s.deals), s.money[0].minor) for s in found] == [("Ada", 2, 200_00), ("Bob", 1, 100_00)]


def test_an_owners_deals_stand_first_due_first() -> None:
    late, soon = make_held(due=DUE + timedelta(days=1), deal_id="late"), make_held(due=DUE, deal_id="soon")
    (share,) = shares([late, soon], {})
    assert [d.deal_id for d in share.deals] == ["soon", "late"]
    assert share.oldest_due == DUE


def test_a_cause_of_many_owners_names_the_two_with_most() -> None:
    owners = ["Ada", "Ada", "Bob", "Bob", "Bob", "Cy", "Di"]
    (found,) = causes([make_held(owner=owner) for owner in owners], {})
    assert found.owners == "Bob (3), Ada (2) and 2 more"
