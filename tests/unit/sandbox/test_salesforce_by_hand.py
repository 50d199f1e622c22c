"""What people do in Salesforce alone: out of the recycle bin, and two accounts into one."""

import pytest

from tests.unit.sandbox.salesforce_calls import ACME, CLARA, DEAL, ZETA, Client, client


def order(org: Client, name: str, given: object) -> None:
    org.world.orders[name](given)()


def test_an_undeleted_deal_is_back_with_its_lines_and_a_later_stamp() -> None:
    org = client()
    before = org.deal()
    assert org.ask("DELETE", f"/sobjects/Opportunity/{DEAL['won']}").status == 204
    assert org.rows("SELECT Id FROM OpportunityLineItem") == []
    order(org, "undelete", [DEAL["won"]])
    after = org.deal()
    assert after["SystemModstamp"] > before["SystemModstamp"]
    assert after["Amount"] == before["Amount"]
    assert after["HasOpportunityLineItem"] is True
    assert len(org.rows("SELECT Id FROM OpportunityLineItem")) == 2


def test_a_line_that_was_deleted_before_its_deal_stays_in_the_bin() -> None:
    org = client()
    first = org.rows("SELECT Id FROM OpportunityLineItem ORDER BY Id")[0]["Id"]
    org.ask("DELETE", f"/sobjects/OpportunityLineItem/{first}")
    org.ask("DELETE", f"/sobjects/Opportunity/{DEAL['won']}")
    order(org, "undelete", [DEAL["won"]])
    assert first not in [row["Id"] for row in org.rows("SELECT Id FROM OpportunityLineItem")]


def test_a_merged_account_names_its_master_who_has_its_deals_and_contacts() -> None:
    org = client()
    stamp = org.deal("won")["SystemModstamp"]
    order(org, "merge", {"object": "Account", "master": ZETA, "losers": [ACME]})
    assert {org.deal(name)["AccountId"] for name in ("won", "open", "lost")} == {ZETA}
    assert org.deal("won")["SystemModstamp"] == stamp, "a reader must not need it"
    assert org.rows(f"SELECT AccountId FROM Contact WHERE Id = '{CLARA}'")[0]["AccountId"] == ZETA
    assert org.rows("SELECT Id FROM Account WHERE Name = 'Acme'") == []
    (loser,) = org.rows("SELECT Id, IsDeleted, MasterRecordId FROM Account WHERE Name = 'Acme'", every=True)
    assert (loser["IsDeleted"], loser["MasterRecordId"]) == (True, ZETA)
    with pytest.raises(ValueError, match="not in the recycle bin"):
        order(org, "undelete", [ACME])


@pytest.mark.parametrize(
    ("name", "given", "told"),
    [
        ("undelete", None, "no row"),
        ("undelete", [DEAL["won"]], "not in the recycle bin"),
        ("undelete", ["001000000000000"], "no row"),
        ("merge", [], "takes object, master and losers"),
        ("merge", {"object": "Account", "master": ZETA, "losers": []}, "one or two other rows"),
        ("merge", {"object": "Account", "master": ZETA, "losers": [ZETA]}, "one or two other rows"),
        ("merge", {"object": "Account", "master": ZETA, "losers": [CLARA]}, "all of one object"),
        ("merge", {"object": "Opportunity", "master": DEAL["won"], "losers": [DEAL["lost"]]}, "not Opportunity"),
    ],
)
def test_a_wrong_order_is_refused_and_changes_nothing(name: str, given: object, told: str) -> None:
    org = client()
    before = org.rows_of("Account") + org.rows_of("Opportunity")
    with pytest.raises(ValueError, match=told):
        order(org, name, given)
    assert org.rows_of("Account") + org.rows_of("Opportunity") == before
