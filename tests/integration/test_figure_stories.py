"""A held deal's card in the CRM, its timeline and the figures of its company, from held to delivered."""

from datetime import UTC, datetime
from typing import Any

from checks.rules import names
from handoff.core.clock import utc_now
from handoff.core.period import Period
from handoff.report.explain import explain
from handoff.report.sentences import rule_sentences
from handoff.report.stats import stats
from mappings.pack import load
from tests.integration import story_org as org
from tests.integration.conftest import Begin
from tests.integration.story import Story


def explained(story: Story, n: int) -> Any:
    with story.reading() as tx:
        return explain(
            tx,
            load(story.pack, names()),
            org.deal_id(story.number, n),
            rule_sentences(),
            now=utc_now(),
            org_url="https://acme.example.com",
        )


def figures(story: Story) -> dict[str, Any]:
    with story.reading() as tx:
        return stats(tx, load(story.pack, names()), Period(zone="UTC"), datetime.now(UTC)).document()


def test_the_rep_reads_the_card_in_the_crm_and_the_figures_follow_the_deal(begin: Begin):
    story = begin(0)
    story.deal(3, Payment_Terms__c="Whenever")
    story.sync()
    card = {line.label: line.text for line in explained(story, 3).card}
    shown = story.shown(3)
    assert shown["Handoff_Reason__c"] == f"{card['Seen']} Rule: {card['Rule']}"
    assert '"Whenever"' in shown["Handoff_Reason__c"]
    assert shown["Handoff_Owner__c"] == card["Who"] == "Tomás Ortega (Head of finance)"
    for said in (card["Due"], card["Where"], card["Next"], "(E-00000"):
        assert said in shown["Handoff_Next_Step__c"]
    assert card["Link"] == f"https://acme.example.com/{org.deal_id(0, 3)}"
    held = figures(story)
    assert held["first_pass"] == {"judged": 4, "passed": 3, "share": 0.75}
    assert held["blocked"]["amount"] == {"USD": 1003_00}
    assert held["durations"]["close_to_project"]["deals"] == 3

    story.deal(3, Payment_Terms__c="Net 30")
    story.sync()
    assert (story.shown(3)["Handoff_Reason__c"], story.shown(3)["Handoff_Next_Step__c"]) == (None, None)
    after = figures(story)
    assert after["first_pass"] == held["first_pass"]
    assert (after["blocked"]["entries"], after["response_time"]["met"]) == (0, 1)
    assert after["durations"]["close_to_invoice"]["deals"] == after["durations"]["invoice_to_project"]["deals"] == 4
    told = [line.what for line in explained(story, 3).timeline]
    held_by = next(what for what in told if what.startswith("held by payment_terms_is_canonical"))
    order = ["read from salesforce", held_by, "read anew from salesforce", "passed every rule", "delivered"]
    places = [next(n for n, what in enumerate(told) if what.startswith(wanted)) for wanted in order]
    assert places == sorted(places)
    assert not [what for what in told if what.endswith("begun")], "every attempt is told by its end"
    assert story.wrong() == []
