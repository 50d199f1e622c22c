"""Bad input at the gate: empty, huge or broken text holds its own deal, in few words, and stops nobody."""

from handoff.core.deal import DealRow
from tests.unit.checks.packs import make_line, make_pack, make_row, run


def test_no_deals_give_no_violations() -> None:
    assert run([], make_pack()).violations == []


def test_deal_with_nothing_in_it_is_held() -> None:
    found = run([DealRow(values={})], make_pack()).violations[0]
    assert {"deal_id_well_formed", "account_known", "billing_contact_known", "lines_present"} <= {v.rule for v in found}


def test_blank_text_counts_as_empty() -> None:
    row = make_row(amount="  ", billing_email="\t\n", deal_name="\u00a0")
    found = run([row], make_pack(required={"amount": "always"})).violations[0]
    assert [violation.rule for violation in found] == ["money_details_present"]


def test_ten_megabytes_in_one_cell_hold_that_deal_in_few_words() -> None:
    row = make_row(
        None, **dict.fromkeys(("amount", "sector", "billing_email", "closed_on", "po_number"), "x" * 10_000_000)
    )
    result = run([row, make_row(deal_id="006000000000002AAA", deal_name="another")], make_pack())
    assert result.passed == [False, True]
    assert all(len(v.message) < 1_000 and len(v.seen or "") < 200 for v in result.violations[0])


def test_half_a_surrogate_pair_stops_nobody() -> None:
    rows = [make_row(deal_name="bad \ud800 name", lines=[make_line(description="\udfff")]), make_row(amount="x")]
    found = run(rows, make_pack(("amount_readable",)))
    assert found.passed == [True, False]


def test_braces_and_format_signs_in_values_stay_as_they_are() -> None:
    found = run([make_row(amount="{currency} {0} %s")], make_pack(("amount_readable",))).violations[0][0]
    assert found.message == 'The amount "{currency} {0} %s" cannot be read as an amount.'
