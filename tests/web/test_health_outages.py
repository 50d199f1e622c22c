"""An outage that goes on is told by `doctor` as the health page tells it, and no more once it has ended."""

from datetime import timedelta
from itertools import takewhile

from handoff.road.doctor import examine
from handoff.store import outages
from tests.unit.cli.held_deals import NOW
from tests.web.conftest import Open


def of_the_store(site) -> list:
    """What doctor says before it comes to the owners and asks any service."""
    later = NOW + timedelta(minutes=20)
    return list(takewhile(lambda line: line.check != "owners", examine(site.settings, later)))


def test_doctor_names_an_outage_that_goes_on_and_what_to_do(opened: Open):
    site = opened({"PO_Number__c": None})
    with site.store.write() as tx:
        outages.failing(tx, "stripe:default", "it does not\x1b[2J answer", NOW)
    (line,) = [line for line in of_the_store(site) if line.check == "outages"]
    assert not line.ok
    assert line.what == "stripe:default has not been usable for 20 min: it does not�[2J answer"
    assert line.do


def test_doctor_says_nothing_of_an_outage_that_has_ended(opened: Open):
    site = opened({"PO_Number__c": None})
    with site.store.write() as tx:
        row, _ = outages.failing(tx, "asana", "it does not answer", NOW)
        outages.end(tx, row.id, NOW)
    assert [line.check for line in of_the_store(site)] == ["pack", "store"]
