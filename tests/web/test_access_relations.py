"""Each relation by itself: it opens the entry's page, puts it into the reader's queue, and offers what can be done."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from handoff.core.authority import Action, Relation, may
from handoff.core.errors import UsageError
from handoff.quarantine import (
    approvals,
    assignments,
    by_hand,
    corrections,
    pauses,
    questions,
    rejections,
    reruns,
    waivers,
)
from handoff.quarantine.by_hand import Claim
from handoff.quarantine.decision import Desk
from handoff.quarantine.offers import offers
from handoff.review.site import Site
from handoff.road import labels
from handoff.road.at_the_desk import Seen, seen
from handoff.road.reading import desk_of, standing_at
from handoff.store.desk_tables import approval, overlay, question
from handoff.store.tables import entry, violation
from tests.unit.cli.held_deals import NOW, deal_id
from tests.web.conftest import Open
from tests.web.found_forms import decide, offered

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
    (Relation.APPROVER, "tomas_ortega", held_by("amount_within_limit")),
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
    can = "rerun" in offered(me, "E-000001")
    assert can is may(Action.RERUN, relations_of(site, who))
    if can:
        assert decide(me, "E-000001", "rerun", why="put right").status_code == 303


Act = Callable[[Desk, Seen], Any]
ACTS: dict[str, Act] = {
    "correct": lambda desk, at: corrections.correct(desk, {"po_number": "PO-9"}, at.deal, "salesforce", "so"),
    "confirm": lambda desk, at: corrections.confirm(desk, "so"),
    "request-approval": lambda desk, at: approvals.request(desk, "amount_within_limit", "0", at.deal, "so"),
    "decline": lambda desk, at: approvals.decide(desk, "amount_within_limit", "0", at.deal, "so", yes=False),
    "waive": lambda desk, at: waivers.waive(desk, "po_number_when_required", 1, "so"),
    "reject": lambda desk, at: rejections.reject(desk, desk.pack.policies.desk.rejection_reasons[0], "so"),
    "done-by-hand": lambda desk, at: by_hand.claim(desk, Claim(invoices=("in_1",), project=None), "so"),
    "reassign": lambda desk, at: assignments.reassign(desk, "rin_takeda", "so"),
    "comment": lambda desk, at: assignments.comment(desk, "so"),
    "pause": lambda desk, at: pauses.pause(desk, desk.pack.policies.desk.pause_reasons[0], 1, "so"),
    "ask": lambda desk, at: questions.ask(desk, "rin_takeda", "why?"),
    "answer": lambda desk, at: questions.answer(desk, "so"),
    "rerun": lambda desk, at: reruns.queue(desk, "so"),
}
"""Each decision on a held deal, as it is taken. An approval is declined: a yes is to a payload, which these lack."""


def does(site: Site, who: str, act: Act) -> bool:
    """Whether the desk lets somebody; nothing of it stays."""
    house = site.house(who, site.pack())
    with site.store.read() as tx:
        at = seen(tx, house, "E-000001")
        try:
            act(desk_of(tx, house, at, who), at)
        except UsageError:
            return False
    return True


def decides_the_label(site: Site, who: str) -> bool:
    house = site.house(who, site.pack())
    with site.store.read() as tx:
        about = labels.about(tx, house, "E-000001")
    if about is None:
        return False
    try:
        labels.foresee(house, "E-000001", as_label=next(iter(house.pack.labels[about[0]].labels)), why="so")
    except UsageError:
        return False
    return True


@pytest.mark.parametrize(("relation", "who", "hang"), CASES)
def test_what_is_offered_is_what_can_be_done(site: Site, relation: Relation, who: str, hang: Hang):
    with site.store.write() as tx:
        hang(tx)
    for somebody in (who, "rin_takeda", "helena_brandt", "nobody@example.org"):
        house = site.house(somebody, site.pack())
        with site.store.read() as tx:
            offered_ = {o.what for o in offers(desk_of(tx, house, seen(tx, house, "E-000001"), somebody))}
        done = {what for what, act in ACTS.items() if does(site, somebody, act)}
        done |= {"label"} if decides_the_label(site, somebody) else set()
        assert offered_ - {"approve", "withdraw-correction", "resume"} == done, (relation, somebody)
        assert ("approve" in offered_) is ("decline" in done)
