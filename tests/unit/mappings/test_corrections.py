"""Corrected values: what a field can hold, what is refused, and how the CRM is told."""

from dataclasses import replace
from typing import Any

import pytest

from handoff.core.deal import Kind
from handoff.core.errors import UsageError
from handoff.core.pack import Correctable, MappedField, Pack
from mappings.corrections import NEVER, checked, for_the_crm, plain_column
from mappings.deal_row import to_row
from tests.unit.mappings.demo_deal import SNAPSHOT, demo


def allowing(*fields: str) -> Pack:
    """The demo pack, with just these fields open to correction."""
    shipped = demo()
    desk = shipped.policies.desk.model_copy(update={"corrections": {field: Correctable() for field in fields}})
    return replace(shipped, policies=shipped.policies.model_copy(update={"desk": desk}))


@pytest.mark.parametrize(
    ("field", "text", "stored"),
    [
        ("po_number", "  PO-4711 ", "PO-4711"),
        ("po_number", "", None),
        ("amount", "1234.50", "1234.50"),
        ("amount", "600.0", "600"),
        ("discount_percent", "12.5", "12.5"),
        ("kickoff_on", "2028-02-29", "2028-02-29"),
        ("tax_exempt", "Yes", "true"),
        ("billing_email", "ap@customer.example", "ap@customer.example"),
        ("currency", "EUR", "EUR"),
        ("billing_country", "Deutschland", "Germany"),
        ("payment_terms", "Net 30", "Net 30"),
        ("account_name", "Straße & Söhne (GmbH) 东京", "Straße & Söhne (GmbH) 东京"),
    ],
)
def test_a_text_is_stored_in_its_fields_one_form(field: str, text: str, stored: str | None) -> None:
    assert checked(allowing(field), field, text) == stored


@pytest.mark.parametrize(
    ("field", "text", "said"),
    [
        ("kickoff_on", "2026-02-30", "a day such as 2026-11-24"),
        ("kickoff_on", "20261124", "a day such as 2026-11-24"),
        ("kickoff_on", "24.11.2026", "a day such as 2026-11-24"),
        ("amount", "1,234.50", "a plain amount such as 1234.50"),
        ("amount", "NaN", "a plain amount"),
        ("amount", "1e9", "a plain amount"),
        ("amount", "١٢٣", "a plain amount"),
        ("discount_percent", "12 %", "a plain number"),
        ("tax_exempt", "perhaps", "true or false"),
        ("billing_email", "ap@customer", "one e-mail address"),
        ("billing_email", "a@b.example, c@d.example", "one e-mail address"),
        ("currency", "US Dollar", "without spaces"),
        ("payment_terms", "Net 31", "choose one of"),
        ("billing_country", "Atlantis", "choose one of"),
        ("po_number", "x" * 256, "256 characters, 255 are allowed"),
        ("po_number", "PO\x001", "control or invisible"),
        ("po_number", "PO\n1", "control or invisible"),
        ("po_number", "PO\u202e1", "control or invisible"),
        ("po_number", "PO\u200b1", "control or invisible"),
        ("po_number", "<script>alert(1)</script>", "markup or script"),
        ("po_number", "a <img src=x>", "markup or script"),
        ("po_number", "&#60;b&#62;", "markup or script"),
        ("po_number", "JavaScript:alert(1)", "markup or script"),
        ("po_number", "{{7*7}}", "markup or script"),
        ("po_number", "=HYPERLINK(1)", "like a formula"),
        ("po_number", "+1", "like a formula"),
        ("po_number", "-1", "like a formula"),
        ("po_number", "@SUM(A1)", "like a formula"),
        ("po_number", "＝1+1", "like a formula"),
    ],
)
def test_what_a_field_cannot_hold_is_refused_in_one_sentence(field: str, text: str, said: str) -> None:
    with pytest.raises(UsageError) as refused:
        checked(allowing(field), field, text)
    assert said in str(refused.value)
    assert str(refused.value).startswith((field, "The value for " + field))
    assert text not in str(refused.value) or len(text) <= 60


@pytest.mark.parametrize("field", ["legal_name", "no_such_field", *sorted(NEVER)])
def test_only_what_the_pack_opens_is_corrected(field: str) -> None:
    open_ = allowing("po_number", *NEVER)  # whatever a pack says, some fields are never corrected here
    with pytest.raises(UsageError, match=r"policies\.yaml allows corrections of po_number"):
        checked(open_, field, "x")


@pytest.mark.parametrize("field", ["lines.product", "product", "unit_price"])
def test_lines_are_corrected_in_the_crm(field: str) -> None:
    with pytest.raises(UsageError, match="only fields of the deal are corrected here"):
        checked(allowing("po_number"), field, "x")


def test_an_overlay_is_laid_over_what_was_read_and_leaves_no_translation_of_what_it_hides() -> None:
    read = to_row(SNAPSHOT, demo(), "salesforce")
    assert "billing_country" in [t.field for t in read.translations]
    overlay = {"billing_country": "Austria", "po_number": None, "amount": "99.0", "no_such_field": "x"}
    laid = to_row(SNAPSHOT, demo(), "salesforce", overlay)
    assert (laid.get("billing_country"), laid.get("po_number"), laid.get("amount")) == ("Austria", None, "99")
    assert "billing_country" not in [t.field for t in laid.translations]
    assert set(laid.values) == set(read.values)
    changed = {name for name in read.values if read.get(name) != laid.get(name)}
    assert changed == {"billing_country", "po_number", "amount"}
    assert laid.lines == read.lines


def test_a_corrected_label_that_became_a_synonym_is_translated() -> None:
    laid = to_row(SNAPSHOT, demo(), "salesforce", {"billing_country": "Deutschland"})
    assert laid.get("billing_country") == "Germany"


@pytest.mark.parametrize(
    ("kind", "mapped", "value", "told"),
    [
        (Kind.AMOUNT, {"from": "Amount"}, "1234.50", 1234.5),
        (Kind.AMOUNT, {"from": "Amount"}, "1000", 1000),
        (Kind.DATE, {"from": "Day__c"}, "2026-11-24", "2026-11-24"),
        (Kind.DATE, {"from": "Day__c", "format": "%d.%m.%Y"}, "2026-11-24", "24.11.2026"),
        (Kind.FLAG, {"from": "Flag__c"}, "true", True),
        (Kind.FLAG, {"from": "Flag__c"}, "false", False),
        (Kind.FLAG, {"from": "Flag__c", "true": ["Ja"], "false": ["Nein"]}, "false", "Nein"),
        (Kind.TEXT, {"from": "Text__c"}, "x", "x"),
        (Kind.TEXT, {"from": "Text__c"}, None, None),
    ],
)
def test_the_crm_is_told_in_its_own_words(kind: Kind, mapped: dict[str, Any], value: str | None, told: Any) -> None:
    assert for_the_crm(kind, MappedField.model_validate(mapped), value) == told


def test_an_amount_that_no_float_holds_is_not_sent() -> None:
    with pytest.raises(ValueError, match="more digits"):
        for_the_crm(Kind.AMOUNT, MappedField.model_validate("Amount"), "999999999999999.123456")


def test_only_a_field_of_the_deal_itself_is_written_in_the_crm() -> None:
    columns = [plain_column(MappedField.model_validate(text)) for text in ("PO_Number__c", "Account.Industry")]
    assert columns == ["PO_Number__c", None]
    assert plain_column(None) is None
    assert plain_column(MappedField.model_validate({"value": "USD"})) is None
