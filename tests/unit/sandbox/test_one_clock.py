"""One clock for the three stand-ins, moved through any of their ports."""

from datetime import UTC, datetime

import pytest

from sandbox.salesforce.ids import id_of
from tests.unit.sandbox.three_twins import Org

HOUR, DAY = 3600, 24 * 3600


@pytest.fixture
def org() -> Org:
    return Org({"Account": [{"Id": id_of("Account", str(n)), "Name": f"Account {n}"} for n in range(450)]})


@pytest.mark.parametrize("port", ["salesforce", "stripe", "asana"])
def test_a_key_ends_after_24_hours_and_a_locator_after_two_days_whichever_port_is_told(org: Org, port: str) -> None:
    page = org.salesforce("GET", "/query?q=SELECT+Id+FROM+Account", batch=200).json()["nextRecordsUrl"]
    first = org.make_customer().json()["id"]
    org.control(port, shift=DAY - HOUR)
    assert org.make_customer().json()["id"] == first
    org.control(port, shift=2 * HOUR)
    assert org.make_customer().json()["id"] != first
    assert org.salesforce("GET", page, root="").status == 200
    org.control(port, shift=DAY)
    assert org.salesforce("GET", page, root="").json()[0]["errorCode"] == "INVALID_QUERY_LOCATOR"


def test_what_is_made_is_stamped_by_the_clock_that_was_set(org: Org) -> None:
    org.control("asana", set="2031-01-01T12:00:00Z")
    assert {org.state(service)["now"][:10] for service in org.frames} == {"2031-01-01"}
    created = org.make_customer().json()["created"]
    assert datetime.fromtimestamp(created, UTC).date().isoformat() == "2031-01-01"
    assert org.make_project("P")["created_at"].startswith("2031-01-01")
    made = org.salesforce("POST", "/sobjects/Account", {"Name": "New"}).json()["id"]
    assert org.salesforce("GET", f"/sobjects/Account/{made}").json()["CreatedDate"].startswith("2031-01-01")
