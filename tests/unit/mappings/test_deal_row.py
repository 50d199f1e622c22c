"""A snapshot of any shape becomes a deal row; what can be read is normalised, what cannot stays as seen."""

import time
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.ports import SourceQuery
from handoff.core.deal import DEAL_FIELDS, LINE_FIELDS, Translation
from handoff.core.pack import FieldMap, LineMap, MappedField, Pack, SourceMap
from mappings.deal_row import before_go_live, source_query, to_row, trigger_misses
from tests.unit.mappings.demo_deal import SNAPSHOT, crm, demo, row, snapshot


def mapped(name: str, **how: Any) -> Pack:
    """A pack whose only source maps one deal field from `x`."""
    field = MappedField.model_validate({"from": "x", **how})
    return replace(demo(), fields=FieldMap(owner_role="ops", sources={"s": SourceMap(fields={name: field})}))


def read(name: str, value: Any, **how: Any) -> str | None:
    return to_row({"x": value}, mapped(name, **how), "s").get(name)


def test_a_deal_of_salesforce_is_read_whole() -> None:
    deal = to_row(SNAPSHOT, demo(), "salesforce")
    assert deal.deal_id == "006000000000001AAA"
    assert deal.get("rep_manager_email") == "stefan.vogt@example.com"
    assert (deal.get("amount"), deal.get("won"), deal.get("legal_name")) == ("10000", "true", None)
    assert [line["product"] for line in deal.lines] == ["Perpetual Licence", "Implementation Day"]
    assert set(deal.values) == {field.name for field in DEAL_FIELDS}
    assert set(deal.lines[0]) == {field.name for field in LINE_FIELDS}


def test_synonyms_are_translated_and_the_translations_told() -> None:
    deal = to_row(SNAPSHOT, demo(), "salesforce")
    assert deal.translations == (
        Translation(field="billing_country", seen="Deutschland", canonical="Germany"),
        Translation(field="payment_terms", seen="30 days", canonical="Net 30"),
        Translation(field="lines.product", seen="Perpetual License", canonical="Perpetual Licence", line=0),
    )
    assert deal.get("payment_terms") == "Net 30"


def test_an_unknown_label_stays_as_it_was_seen() -> None:
    deal = to_row(snapshot(Payment_Terms__c="net 30"), demo(), "salesforce")
    assert deal.get("payment_terms") == "net 30"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1234, "1234"),
        (Decimal("1234.50"), "1234.50"),
        (Decimal("1E+3"), "1000"),
        (Decimal("1E-7"), "0.0000001"),
        (0.1, "0.1"),
        (1e21, "1000000000000000000000"),
        ("1,234.50", "1,234.50"),
        ("1e30", "1e30"),
        (Decimal("NaN"), "NaN"),
        (Decimal("1E+999999"), "1E+999999"),
        pytest.param(10**5000, "a value that cannot be written down", id="five thousand digits"),
        ("  12 ", "12"),
        ("   ", None),
        (None, None),
        (True, "true"),
    ],
)
def test_amounts_are_plain_text_and_never_an_exponent_that_could_be_one(value: Any, text: str | None) -> None:
    assert read("amount", value) == text


@pytest.mark.parametrize(
    ("format", "value", "text"),
    [
        ("1,234.50", "1,234.50", "1234.50"),
        ("1,234.50", "1,234,567", "1234567"),
        ("1,234.50", "-12.5", "-12.5"),
        ("1,234.50", "12,34.50", "12,34.50"),
        ("1,234.50", "1.234,50", "1.234,50"),
        ("1.234,50", "1.234,50", "1234.50"),
        ("1.234,50", "7,5", "7.5"),
        ("1.234,50", "1,234.50", "1,234.50"),
        ("1234.50", "1,234.50", "1,234.50"),
    ],
)
def test_amounts_follow_the_format_of_the_source_or_stay_as_seen(format: str, value: str, text: str) -> None:
    assert read("amount", value, format=format) == text


@pytest.mark.parametrize(
    ("format", "value", "text"),
    [
        (None, "2026-11-24", "2026-11-24"),
        (None, "2026-11-24T23:30:00.000+0000", "2026-11-24"),
        (None, "2026-11-24T23:30:00-05:00", "2026-11-25"),
        (None, "0001-01-01T00:00:00+12:00", "0001-01-01T00:00:00+12:00"),
        (None, "20261124", "20261124"),
        (None, "31/02/2026", "31/02/2026"),
        (None, "2026-02-31", "2026-02-31"),
        ("%d/%m/%Y", "24/11/2026", "2026-11-24"),
        ("%d/%m/%Y", "31/02/2026", "31/02/2026"),
        ("%d/%m/%Y", "2026-11-24", "2026-11-24"),
        ("%d/%m/%Y", "x" * 100_000, "x" * 100_000),
    ],
)
def test_days_follow_the_format_of_the_source_or_stay_as_seen(format: str | None, value: str, text: str) -> None:
    assert read("closed_on", value, **({"format": format} if format else {})) == text


@pytest.mark.parametrize(
    ("value", "text"), [(True, "true"), (False, "false"), ("Yes", "true"), ("0", "false"), ("maybe", "maybe"), (2, "2")]
)
def test_flags_know_their_words_and_keep_others(value: Any, text: str) -> None:
    assert read("won", value) == text


def test_flags_may_have_words_of_their_own() -> None:
    words = {"true": ["Won"], "false": ["Lost", "Engaging"]}
    assert [read("won", v, **words) for v in ("Won", "lost", True, "Postponed")] == [
        "true",
        "false",
        "true",
        "Postponed",
    ]


def test_a_constant_stands_on_every_deal() -> None:
    assert to_row({}, crm(), "export").get("currency") == "USD"


def test_a_deal_without_lines_of_its_own_is_its_only_line() -> None:
    deal = to_row({"product": "GTXPro"}, crm(), "export")
    assert [line["product"] for line in deal.lines] == ["GTXPro"]


def lines_of(value: Any) -> int:
    lines = LineMap(relationship="Lines", object="Line", parent="Deal", fields={})
    fields = FieldMap(owner_role="ops", sources={"s": SourceMap(fields={}, lines=lines)})
    return len(to_row({"Lines": value}, replace(demo(), fields=fields), "s").lines)


@pytest.mark.parametrize(
    ("value", "count"),
    [
        ([{}, {}], 2),
        ([None, "text"], 2),
        ({"records": [{}], "done": True}, 1),
        ("text", 1),
        ([], 0),
        (None, 0),
        ({}, 0),
    ],
)
def test_lines_of_any_shape_are_counted_so_that_none_is_overlooked(value: Any, count: int) -> None:
    assert lines_of(value) == count


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.decimals() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["Name", "records", "x"]), inner),
    max_leaves=8,
)


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(st.sampled_from(sorted(SNAPSHOT)), ANYTHING))
def test_no_snapshot_raises(changes: dict[str, Any]) -> None:
    deal = to_row({**SNAPSHOT, **changes}, demo(), "salesforce")
    assert all(value is None or value for value in deal.values.values())


def test_the_query_asks_for_what_the_pack_maps_and_never_for_what_we_write() -> None:
    query = SourceQuery(**source_query(demo(), "salesforce"))
    assert {"Id", "IsDeleted", "SystemModstamp", "Owner.Manager.Email", "Account.Tax_Id__c"} <= set(query.fields)
    assert len(query.fields) == len(set(query.fields))
    assert not [field for field in query.fields if field.startswith("Handoff_")]
    assert (query.lines_relationship, query.lines_object) == ("OpportunityLineItems", "OpportunityLineItem")
    assert query.lines_parent == "OpportunityId"
    assert {"Id", "Product2.Name", "TotalPrice"} <= set(query.line_fields)
    assert query.related == {"Account": "AccountId", "Contact": "Billing_Contact__c"}
    assert query.won_only == {"IsWon": True}


def test_a_won_flag_in_the_company_s_own_words_narrows_by_them() -> None:
    sources = demo().fields.sources
    won = sources["salesforce"].fields["won"].model_copy(update={"source": "StageName", "true": ("Signed",)})
    fields = {**sources["salesforce"].fields, "won": won}
    salesforce = sources["salesforce"].model_copy(update={"fields": fields})
    pack = replace(demo(), fields=demo().fields.model_copy(update={"sources": {**sources, "salesforce": salesforce}}))
    assert source_query(pack, "salesforce")["won_only"] == {"StageName": ["Signed"]}


def test_a_trigger_of_stages_narrows_by_their_synonyms_too() -> None:
    trigger = demo().trigger.model_copy(update={"won": False, "stages": ("Closed Won",), "record_types": ()})
    stage = demo().labels["stage"].model_copy(update={"synonyms": {"Gewonnen": "Closed Won", "Weg": "Closed Lost"}})
    pack = replace(demo(), trigger=trigger, labels={**demo().labels, "stage": stage})
    assert source_query(pack, "salesforce")["won_only"] == {"StageName": ["Closed Won", "Gewonnen"]}


def test_an_export_whose_deal_is_its_line_reads_the_line_from_the_deal() -> None:
    query = SourceQuery(**source_query(crm(), "export"))
    assert "product" in query.fields
    assert query.lines_relationship is None
    assert query.line_fields == ()


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({}, None),
        ({"won": "false"}, "not won"),
        ({"won": None}, "not won"),
        ({"won": "perhaps"}, "the CRM says neither won nor not won, but 'perhaps'"),
        ({"deleted": "true"}, "deleted or merged in the CRM"),
        ({"record_type": "Partner"}, "record type is Partner, not Customer_Deal"),
        ({"record_type": None}, "record type is empty, not Customer_Deal"),
    ],
)
def test_the_trigger_says_why_a_deal_is_not_for_us(values: dict[str, str | None], why: str | None) -> None:
    assert trigger_misses(row(**values), demo()) == why


@pytest.mark.parametrize(
    ("closed", "excluded"),
    [("2025-12-31", True), ("2026-01-01", False), (None, False), ("31/12/2020", False)],
)
def test_deals_closed_before_go_live_are_excluded_and_unreadable_days_are_not(
    closed: str | None, excluded: bool
) -> None:
    assert before_go_live(row(closed_on=closed), demo()) is excluded


def test_a_pack_without_a_go_live_day_excludes_nothing() -> None:
    assert not before_go_live(row(closed_on="1999-01-01"), crm())


def test_a_pack_that_was_changed_is_not_read_with_the_old_labels() -> None:
    product = crm().labels["product"].model_copy(update={"synonyms": {"GTXPro": "GTX Pro"}})
    changed = replace(crm(), labels={**crm().labels, "product": product})
    before = to_row({"product": "GTXPro"}, crm(), "export").lines[0]["product"]
    after = to_row({"product": "GTXPro"}, changed, "export").lines[0]["product"]
    assert (before, after) == ("GTXPro", "GTX Pro")


def test_a_thousand_deals_take_a_tenth_of_a_second_of_one_core() -> None:
    to_row(SNAPSHOT, demo(), "salesforce")
    fastest = min(_seconds() for _ in range(3))
    assert fastest < 0.1


def _seconds() -> float:
    start = time.process_time()
    for _ in range(1_000):
        to_row(SNAPSHOT, demo(), "salesforce")
    return time.process_time() - start
