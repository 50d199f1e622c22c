"""What a rep reads on the Opportunity."""

import pytest

from mappings.salesforce import link, write_back_row
from tests.unit.mappings.demo_deal import demo


def test_values_go_into_the_orgs_own_fields_and_none_clears_one() -> None:
    values = {"status": "Held", "owner": "Mei Tanaka (crm_admin)", "invoice": None}
    assert write_back_row("006000000000001AAA", values, demo()) == {
        "Id": "006000000000001AAA",
        "Handoff_Status__c": "Held",
        "Handoff_Owner__c": "Mei Tanaka (crm_admin)",
        "Handoff_Invoice__c": None,
    }


def test_a_value_that_no_field_is_for_is_left_out() -> None:
    assert write_back_row("006", {"mood": "good"}, demo()) == {"Id": "006"}


def test_a_moment_goes_as_salesforce_writes_it() -> None:
    row = write_back_row("006", {"last_run": "2026-11-24T11:59:58.123456+01:00"}, demo())
    assert row["Handoff_Last_Run__c"] == "2026-11-24T10:59:58.000+0000"
    assert write_back_row("006", {"last_run": None}, demo())["Handoff_Last_Run__c"] is None
    due = write_back_row("006", {"due": "2026-11-25T17:00:00+00:00"}, demo())
    assert due["Handoff_Due__c"] == "2026-11-25T17:00:00.000+0000"


def test_a_long_text_is_cut_to_what_a_field_takes() -> None:
    assert len(write_back_row("006", {"reason": "x" * 400}, demo())["Handoff_Reason__c"]) == 255


@pytest.mark.parametrize("url", ["https://org.example.com", "https://org.example.com/"])
def test_a_link_opens_the_row(url: str) -> None:
    assert link(url, "006A") == "https://org.example.com/006A"
