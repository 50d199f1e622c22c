"""Each relation to an entry by itself: it opens the entry's page, and it puts the entry into the reader's queue."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from handoff.core.authority import Relation
from handoff.review.site import Site
from handoff.road.at_the_desk import seen
from handoff.road.reading import standing_at
from handoff.store.desk_tables import approval, overlay, question
from handoff.store.tables import entry, violation
from tests.unit.cli.held_deals import NOW, deal_id
from tests.web.conftest import Open

MARKER = "Zebra Quartz"
LATER = NOW + timedelta(days=1)
Hang = Callable[[sa.Connection], None]


def asks(person: str) -> Hang:
    values = {"entry_id": 1, "episode": 1, "state": "open", "asked_by": "priya_nair", "asked_of": person}
    return lambda tx: tx.execute(sa.insert(question).values(**values, text="why?", at=NOW, deadline=LATER))


def approves(*, of: str, by: str) -> Hang:
    values = {
        "deal_id": deal_id(1),
        "rule": "amount_within_limit",
        "role": "delivery",
        "state": "requested",
        "why": "so",
    }
    when = {"requested_at": NOW, "deadline": LATER, "payload_hash": "0", "concerns": {}}
    return lambda tx: tx.execute(sa.insert(approval).values(**values, **when, requested_by=by, person=of))


def corrected(actor: str) -> Hang:
    values = {"deal_id": deal_id(1), "field": "amount", "value": "1", "state": "proposed", "actor": actor, "why": "so"}
    return lambda tx: tx.execute(sa.insert(overlay).values(**values, at=NOW))


def owned(**values: Any) -> Hang:
    return lambda tx: tx.execute(sa.update(entry).where(entry.c.id == 1).values(**values))


def held_by(rule: str, field: str = "") -> Hang:
    return lambda tx: tx.execute(sa.update(violation).values(rule=rule, field=field))


CASES: list[tuple[Relation, str, Hang]] = [
    (Relation.OWNER, "kwame_mensah", owned(person="kwame_mensah")),
    (Relation.ACCOUNTABLE, "kwame_mensah", owned(role="delivery")),
    (Relation.BACKUP, "tomas_ortega", owned(role="tax")),
    (Relation.TIE_BREAKER, "helena_brandt", owned(role="sales_operations")),
    (Relation.REVIEWER, "tomas_ortega", held_by("deal_type_has_workflow")),
    (Relation.APPROVER, "kwame_mensah", approves(of="kwame_mensah", by="priya_nair")),
    (Relation.REQUESTER, "kwame_mensah", approves(of="priya_nair", by="kwame_mensah")),
    (Relation.REQUESTER, "kwame_mensah", corrected("kwame_mensah")),
    (Relation.SECOND, "tomas_ortega", corrected("priya_nair")),
    (Relation.WAIVER, "tomas_ortega", held_by("po_number_when_required")),
    (Relation.LABEL_OWNER, "tomas_ortega", held_by("country_is_canonical", "billing_country")),
    (Relation.ASKED, "kwame_mensah", asks("kwame_mensah")),
    (Relation.RECEIVER, "kwame_mensah", held_by("step_late", "kick_off")),
    (Relation.VIEWER, "priya_nair", owned(person="kwame_mensah", role="delivery")),
]


@pytest.fixture
def site(opened: Open) -> Site:
    """One entry of Priya's, held by a rule that only her role has a part in."""
    return opened({"Account.Industry": "Softwear", "Account.Name": MARKER})


def relations_of(site: Site, who: str) -> frozenset[Relation]:
    house = site.house(who, site.pack())
    with site.store.read() as tx:
        return standing_at(tx, house, seen(tx, house, "E-000001"), who)


def test_the_cases_have_every_relation_that_opens_an_entry():
    assert {relation for relation, _, _ in CASES} == set(Relation) - {Relation.KNOWN, Relation.STRANGER}


@pytest.mark.parametrize("who", ["kwame_mensah", "tomas_ortega", "rin_takeda", "mei_tanaka", "ingrid_solberg"])
def test_without_a_part_in_it_nobody_reads_it(site: Site, visitor: Any, who: str):
    assert relations_of(site, who) == {Relation.KNOWN}
    me = visitor(site).sign_in(who)
    assert me.get("/entries/E-000001").status_code == 404
    assert MARKER not in me.text("/queue?tab=all")


@pytest.mark.parametrize(("relation", "who", "hang"), CASES)
def test_a_part_in_it_opens_its_page_and_puts_it_into_the_queue(
    site: Site, visitor: Any, relation: Relation, who: str, hang: Hang
):
    with site.store.write() as tx:
        hang(tx)
    assert relation in relations_of(site, who)
    me = visitor(site).sign_in(who)
    assert MARKER in me.text("/entries/E-000001")
    assert MARKER in me.text("/queue?tab=all")
