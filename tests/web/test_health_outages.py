"""What the store tells of runs, clocks, notices and outages: `doctor` says it as the health page does."""

from datetime import timedelta
from itertools import takewhile

from handoff.report.health import signs
from handoff.road.doctor import examine
from handoff.store import outages, published, runs
from handoff.store.events import Author
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


def test_doctor_no_longer_names_an_outage_that_has_ended(opened: Open):
    site = opened({"PO_Number__c": None})
    with site.store.write() as tx:
        row, _ = outages.failing(tx, "asana", "it does not answer", NOW)
        outages.end(tx, row.id, NOW)
    (line,) = [line for line in of_the_store(site) if line.check == "outages"]
    assert (line.ok, line.what) == (True, "no service is known to be away")


def late(site, now, **settings) -> set[str]:
    """What is late, of all that a schedule does."""
    with site.store.read() as tx:
        found = signs(tx, site.settings.model_copy(update=settings), now)
    return {sign.check.removeprefix("last ") for sign in found if sign.check.startswith("last ") and not sign.ok}


def test_clocks_notices_and_the_report_are_late_each_by_its_own_schedule(opened: Open):
    site = opened({"PO_Number__c": None})
    assert late(site, NOW + timedelta(days=365)) == set(), "where no run ever was, nothing is late"
    with site.store.write() as tx:
        runs.start(tx, id="r1", kind="sync", actor="sync", started_at=NOW, pack_fingerprint="p")
    soon, mail = NOW + timedelta(minutes=11), {"channels": ("email",)}
    assert late(site, NOW + timedelta(minutes=10), **mail) == set()
    assert late(site, soon) == {"sync", "escalate"}, "without a channel no notice goes out"
    assert late(site, soon, **mail) == {"sync", "escalate", "notices"}
    with site.store.write() as tx:
        runs.worked(tx, "escalate", soon)
        runs.worked(tx, "notices", soon)
        published.publish(tx, Author(actor="ada", at=soon), None, soon.date(), 1)
    assert late(site, soon, **mail) == {"sync"}
    assert late(site, soon + timedelta(minutes=11), deadman_minutes=30, **mail) == set()
    assert "report" not in late(site, soon + timedelta(days=3))
    assert "report" in late(site, soon + timedelta(days=4))
