"""What is kept of a deal beside its snapshot fits its column, whatever stands in the CRM."""

from handoff.core.deal import DealRow
from handoff.road.judge import _facts
from handoff.store.tables import handoff


def test_a_text_longer_than_its_column_is_cut_for_postgresql_would_refuse_the_whole_batch():
    names = ("account_id", "currency", "closed_on", "kickoff_on", "amount", "deal_name")
    facts = _facts(DealRow(values={"deal_id": "006", **dict.fromkeys(names, "x" * 500)}))
    for name in ("account_id", "currency", "closed_on", "kickoff_on"):
        assert len(facts[name]) == handoff.c[name].type.length
    assert len(facts["amount"]) == len(facts["deal_name"]) == 500
    assert facts["amount_minor"] is None


def test_an_empty_field_stays_empty():
    facts = _facts(DealRow(values={"deal_id": "006", "currency": None, "amount": "1", "closed_on": ""}))
    assert (facts["currency"], facts["closed_on"], facts["kickoff_on"]) == (None, "", None)
