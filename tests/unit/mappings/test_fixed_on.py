"""On which row of the CRM a field is fixed, by the pack's field map."""

from dataclasses import replace

import pytest

from mappings.fixed_on import FixedOn, fixed_on
from mappings.salesforce import record_link
from tests.unit.mappings.demo_deal import demo


@pytest.mark.parametrize(
    ("field", "on"),
    [
        ("sector", FixedOn(object="Account", key="AccountId", named="Account.Name")),
        ("billing_email", FixedOn(object="Contact", key="Billing_Contact__c", named="Billing_Contact__r.Name")),
        ("rep_name", FixedOn(object="User", key="OwnerId", named="Owner.Name")),
        ("rep_manager", FixedOn(object="Manager", known=False)),
        ("record_type", FixedOn(object="RecordType", known=False)),  # its id is not read
        ("amount", FixedOn(object="Opportunity")),
        ("account_id", FixedOn(object="Opportunity")),
        ("lines", FixedOn(object="Opportunity")),
        ("lines.quantity", FixedOn(object="Opportunity")),
        ("lines.product", FixedOn(object="Product2", known=False)),
        ("", None),
        ("nonsense", None),
    ],
)
def test_a_field_is_fixed_on_the_row_it_is_read_from(field: str, on: FixedOn | None) -> None:
    assert fixed_on(demo(), "salesforce", field) == on


def test_a_source_that_the_pack_does_not_have_has_no_rows() -> None:
    assert fixed_on(demo(), "another", "sector") is None


def test_a_constant_is_fixed_nowhere_in_the_crm() -> None:
    source_map = demo().fields.sources["salesforce"]
    currency = source_map.fields["currency"].model_copy(update={"source": None, "value": "USD"})
    changed = source_map.model_copy(update={"fields": {**source_map.fields, "currency": currency}})
    fields = demo().fields.model_copy(update={"sources": {"salesforce": changed}})
    assert fixed_on(replace(demo(), fields=fields), "salesforce", "currency") is None


def test_a_row_has_a_page_in_lightning() -> None:
    link = record_link("https://acme.my.salesforce.com/", "Account", "001A")
    assert link == "https://acme.my.salesforce.com/lightning/r/Account/001A/view"
