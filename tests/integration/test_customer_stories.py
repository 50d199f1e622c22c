"""Stories of customers that exist already, and of what Stripe and Asana refuse."""

import pytest

from handoff.core.errors import UsageError
from handoff.core.handoff import EffectKind
from handoff.road import line
from handoff.store.tables import adoption
from tests.integration import story_org as org
from tests.integration.conftest import Begin
from tests.integration.story import Story


def adopt(story: Story, text: str) -> int:
    file = story.home / "customers.csv"
    file.write_text(text)
    told: int = story.as_person(line.adopt_customers, file, "matched with finance")
    return told


def test_a_customer_named_on_the_account_is_adopted_and_a_wrong_name_holds_the_deal(begin: Begin):
    story = begin(0)
    known = story.stripe_customer(name="Company of old", email="other@example.org")
    story.account(0, Stripe_Customer__c=known)
    story.account(1, Stripe_Customer__c="cus_nobody")
    first = story.sync()
    assert first.effects["customer"] == {"created": 2, "adopted": 1, "refused": 0}
    assert story.invoices(0)[0]["customer"] == known
    held = story.entry(1)
    assert (held.rules, held.role) == (["billing_refused"], "finance")
    assert held.seen == ["cus_nobody is not a customer of this Stripe account"]
    story.account(1, Stripe_Customer__c=known)
    assert story.sync().outcomes["delivered"] == 1
    assert story.invoices(1)[0]["customer"] == known
    assert story.entry(1).state == "released"
    assert story.wrong() == []


def test_a_customer_with_the_same_email_or_tax_id_holds_the_deal_with_its_candidates(begin: Begin):
    story = begin(1)
    by_email = story.stripe_customer(name="Twin", email="Billing1.0@example.org")
    tax_id = {"tax_id_data[0][type]": "us_ein", "tax_id_data[0][value]": "91-1144442"}
    by_tax_id = story.stripe_customer(name="Cousin", email="cousin@example.org", **tax_id)
    story.account(1, Tax_Id__c="91-1144442")
    first = story.sync()
    assert first.held_by_rule == {"customer_may_exist": 2}
    assert first.effects["customer"]["created"] == 2
    assert [story.entry(n).rules for n in (0, 1)] == [["customer_may_exist"]] * 2
    assert by_email in story.entry(0).seen[0]
    assert by_tax_id in story.entry(1).seen[0]
    assert "Twin" not in str(story.events("opened")) + str(first.document()), "names stay in the entry"
    assert story.shown(0)["Handoff_Status__c"] == "Held"

    assert adopt(story, f"account_id,customer_id\n{org.account_id(1, 0)},{by_email}\n") == 1
    story.account(1, Stripe_Customer__c=by_tax_id)
    assert story.wrong() == []
    second = story.sync()
    assert (second.outcomes["delivered"], second.effects["customer"]["adopted"]) == (2, 2)
    assert [story.invoices(n)[0]["customer"] for n in (0, 1)] == [by_email, by_tax_id]
    assert [(row.actor, row.why) for row in story.rows(adoption)] == [("tomas_ortega", "matched with finance")]
    assert len(story.events("customer_adopted")) == 1


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("account;customer\n", "column account_id, customer_id is missing"),
        ("account_id,customer_id\n001,\n", ":2: account_id and customer_id must both be filled"),
        ("account_id,customer_id\n001,acme\n", "'acme' is no Stripe customer id"),
        ("account_id,customer_id,stripe_account\n001,cus_1,moon\n", "'moon' is not in billing.yaml"),
    ],
)
def test_a_wrong_list_of_customers_is_one_sentence_and_adopts_nobody(begin: Begin, text: str, told: str):
    story = begin(2)
    story.home.mkdir()
    with pytest.raises(UsageError, match=told):
        adopt(story, text)
    assert story.rows(adoption) == []


def test_two_new_accounts_with_one_email_never_become_two_customers(begin: Begin):
    story = begin(3)
    story.contact(1, Email="billing3.0@example.org")
    first = story.sync()
    assert (first.outcomes["delivered"], first.held_by_rule) == (3, {"customer_may_exist": 1})


def test_deals_held_for_their_customer_go_on_once_one_of_them_brings_it_about(begin: Begin):
    story = begin(4)
    story.stripe_customer(name="Twin", email="billing4.0@example.org")
    for n in range(4):
        story.deal(n, AccountId=org.account_id(4, 0), Billing_Contact__c=org.contact_id(4, 0))
    assert story.sync().held_by_rule == {"customer_may_exist": 4}
    story.deal(1, Billing_Contact__c=org.contact_id(4, 1))
    assert story.sync().outcomes["delivered"] == 1
    assert story.sync().outcomes["delivered"] == 3
    assert len({story.invoices(n)[0]["customer"] for n in range(4)}) == 1
    assert story.delivered(0, 1, 2, 3)


def test_a_refused_draft_has_an_owner_and_once_corrected_a_new_key(begin: Begin):
    story = begin(5)
    story.deal(0, Billing_Entity__c="Handoff Ltd")
    first = story.sync()
    assert (first.outcomes["delivered"], first.held_by_rule) == (3, {"billing_refused": 1})
    assert story.entry(0).person == "tomas_ortega"
    refused = story.effects(0)[EffectKind.INVOICE]
    assert "No such tax rate" in refused.error
    assert story.sync().outcomes["held"] == 0, "a refusal is not tried again by itself"
    assert story.rerun(everything=True).held_by_rule == {"billing_refused": 1}
    story.deal(0, Billing_Entity__c="Handoff GmbH")
    assert story.sync().outcomes["delivered"] == 1
    sent = story.effects(0)[EffectKind.INVOICE]
    assert sent.idempotency_key != refused.idempotency_key
    assert story.delivered(0)
    assert (story.entry(0).state, story.entry(0).episode) == ("released", 1)


def test_a_refused_project_leaves_the_invoice_and_is_made_once_asana_takes_it(begin: Begin):
    story = begin(6)
    first = story.sync(asana_team="1")
    assert first.held_by_rule == {"tracker_refused": 4}
    assert story.entry(0).person == "kwame_mensah"
    assert len(story.invoices(0)) == 1
    again = story.rerun(rule="tracker_refused")
    assert again.outcomes["delivered"] == 4
    assert story.delivered(0, 1, 2, 3)
