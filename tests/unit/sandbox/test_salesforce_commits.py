"""Late commits: what is written keeps the stamp of its moment, and is seen by nobody until its transaction ends."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sandbox.salesforce.fields import stamp_text
from sandbox.salesforce.ids import numbered_id
from sandbox.server import frames
from sandbox.world import World
from tests.asgi_client import call
from tests.unit.sandbox.salesforce_calls import DEAL, Client, client, small_seed

LATEST = 900
WON = "SELECT Name, StageName, SystemModstamp FROM Opportunity WHERE Name = 'won'"


def ordered(org: Client, **orders: Any) -> None:
    """`POST /_control` on the port of this org."""
    for name, given in orders.items():
        org.world.orders[name](given)()


@pytest.fixture
def org() -> Client:
    made = client(small_seed())
    ordered(made, commit_delay={"up_to": LATEST, "seed": 7})
    return made


def seen(org: Client, soql: str = "SELECT Id FROM Opportunity") -> int:
    found: int = org.query(soql, every=True)["totalSize"]
    return found


def test_a_change_is_seen_late_with_the_stamp_of_its_moment(org: Client) -> None:
    (before,) = org.rows(WON)
    written = stamp_text(org.world.clock.now())
    assert org.change("won", StageName="Closed Lost").status == 204
    assert org.rows(WON) == [before]
    org.world.clock.shift(LATEST)
    (after,) = org.rows(WON)
    assert after["StageName"] == "Closed Lost"
    assert written <= after["SystemModstamp"] < stamp_text(org.world.clock.now() - timedelta(seconds=LATEST - 5))


def test_a_new_row_and_a_deletion_are_seen_late_too(org: Client) -> None:
    made = org.ask("POST", "/sobjects/Opportunity", {"Name": "new", "StageName": "Open", "CloseDate": "2026-03-03"})
    assert (made.status, seen(org)) == (201, 4)
    assert org.ask("DELETE", f"/sobjects/Opportunity/{DEAL['won']}").status == 204
    assert seen(org, "SELECT Id FROM OpportunityLineItem WHERE IsDeleted = true") == 0
    org.world.clock.shift(LATEST)
    assert seen(org) == 5
    assert seen(org, "SELECT Id FROM OpportunityLineItem WHERE IsDeleted = true") == 2
    deleted = org.query(
        f"SELECT SystemModstamp FROM OpportunityLineItem WHERE OpportunityId = '{DEAL['won']}'", every=True
    )
    assert len({row["SystemModstamp"] for row in deleted["records"]}) == 1, "one transaction"


def test_a_second_writer_of_a_row_waits_for_the_first(org: Client) -> None:
    for step in range(20):
        org.change("won", NextStep=str(step))
    steps = []
    for _ in range(LATEST):
        org.world.clock.shift(1)
        steps.append(org.rows("SELECT NextStep FROM Opportunity WHERE Name = 'won'")[0]["NextStep"])
    told = list(dict.fromkeys(steps))
    assert told[-1] == "19"
    numbers = [int(step) for step in told if step is not None]
    assert numbers == sorted(numbers)


def test_the_same_seed_gives_the_same_delays_and_none_is_the_end_of_it(org: Client) -> None:
    other = client(small_seed())
    ordered(other, commit_delay={"up_to": LATEST, "seed": 7})
    found = []
    for each in (org, other):
        each.change("won", NextStep="x")
        waited = 0
        while each.rows("SELECT NextStep FROM Opportunity WHERE Name = 'won'")[0]["NextStep"] is None:
            each.world.clock.shift(5)
            waited += 5
        found.append(waited)
    assert found[0] == found[1] > 0
    ordered(org, commit_delay={"up_to": 0})
    org.change("lost", NextStep="now")
    assert org.rows("SELECT NextStep FROM Opportunity WHERE Name = 'lost'")[0]["NextStep"] == "now"


def test_rows_in_bulk_share_a_stamp_and_a_line_is_seen_with_its_deal(org: Client) -> None:
    ordered(org, rows={"Opportunity": deals(300), "OpportunityLineItem": lines(300)})
    assert seen(org) == 4
    for _ in range(LATEST // 60):
        org.world.clock.shift(60)
        told = org.query("SELECT Id, (SELECT Id FROM OpportunityLineItems) FROM Opportunity WHERE Name LIKE 'bulk%'")
        assert [row for row in told["records"] if row["OpportunityLineItems"] is None] == []
    assert told["totalSize"] == 300
    stamps = org.query("SELECT SystemModstamp FROM Opportunity WHERE Name LIKE 'bulk%'")["records"]
    assert len({row["SystemModstamp"] for row in stamps}) == 1


def test_a_row_whose_stamp_is_still_to_come_is_seen_from_then_on() -> None:
    org = client(small_seed())
    later = stamp_text(org.world.clock.now() + timedelta(hours=1))
    long_ago = stamp_text(org.world.clock.now() - timedelta(days=30))
    ordered(
        org,
        rows={"Opportunity": [{**deals(1)[0], "SystemModstamp": later}, {**deals(2)[1], "SystemModstamp": long_ago}]},
    )
    assert seen(org) == 5
    org.world.clock.shift(3600)
    assert seen(org) == 6


def test_the_date_of_an_answer_is_the_orgs_own() -> None:
    org = client(small_seed())
    org.world.clock.set(datetime(2031, 5, 6, 7, 8, 9, tzinfo=UTC))
    assert org.ask("GET", "/limits").headers["date"].startswith("Tue, 06 May 2031 07:08")


@pytest.mark.parametrize(
    ("orders", "said"),
    [
        ({"commit_delay": 5}, "commit_delay must be an object"),
        ({"commit_delay": {"up_to": -1}}, "from 0 up"),
        ({"commit_delay": {"up_to": True}}, "from 0 up"),
        ({"commit_delay": {"up_to": 1, "seed": "x"}}, "a whole number"),
        ({"commit_delay": {"most": 1}}, "commit_delay must be an object"),
        ({"rows": []}, "an object of lists"),
        ({"rows": {"Invoice": []}}, "Invoice is not one of"),
        ({"rows": {"Opportunity": ["x"]}}, "row 1 is not an object"),
        ({"rows": {"Opportunity": [{"Nope": 1}]}}, "no field Nope"),
        ({"rows": {"Opportunity": [{"Name": "a", "Amount": "x"}]}}, "no currency"),
        ({"rows": {"Opportunity": [{"Id": DEAL["won"], "Name": "a"}]}}, "on two rows"),
        ({"rows": {"Opportunity": [{"Id": numbered_id("006", 9), "Name": "a"}] * 2}}, "on two Opportunity rows"),
        ({"rows": {"Opportunity": [{"Name": "a", "AccountId": numbered_id("001", 9)}]}}, "no Account has that Id"),
    ],
)
def test_a_wrong_order_is_one_sentence_and_nothing_of_it_is_done(orders: dict[str, Any], said: str) -> None:
    world = World(seed=small_seed())
    frame = frames(world)["salesforce"]
    before = world.clock.now()
    answer = call(frame, "POST", "/_control", {"shift": 9000, **orders})
    assert (answer.status, said in answer.json()["error"]) == (400, True), answer.json()
    assert world.clock.now() - before < timedelta(seconds=10)
    assert len(call(frame, "GET", "/_state").json()["Opportunity"]) == 4


def deals(count: int) -> list[dict[str, Any]]:
    common = {"StageName": "Closed Won", "CloseDate": "2026-03-01"}
    return [{"Id": numbered_id("006", 100 + n), "Name": f"bulk {n}", **common} for n in range(count)]


def lines(count: int) -> list[dict[str, Any]]:
    return [{"OpportunityId": numbered_id("006", 100 + n), "Quantity": 1, "UnitPrice": 1} for n in range(count)]
