"""Steps by hand of a delivered deal, and who may accept them."""

from typing import Any

import sqlalchemy as sa

from handoff.core.authority import Action, Relation, may
from handoff.core.entry import EntryState
from handoff.core.handoff import HandoffState
from handoff.core.pack import Pack, StepKind
from handoff.core.relations import holds_any, person_of, same_person
from handoff.core.violation import Failure
from handoff.store import clocks, entries, overlays
from handoff.store.tables import handoff
from mappings.stored_deal import stored_row


def waits_by_hand(pack: Pack, row: sa.Row[Any]) -> bool:
    """Whether a step clock is of a step by hand of a delivered deal."""
    step = pack.workflow.steps.get(row.step)
    return step is not None and step.does is StepKind.BY_HAND and row.handoff_state == HandoffState.DELIVERED


def waiting_of(tx: sa.Connection, pack: Pack, deal_id: str) -> list[sa.Row[Any]]:
    """The steps by hand of a deal that wait to be accepted."""
    return [row for row in clocks.open_steps(tx, handoff.c.deal_id == deal_id) if waits_by_hand(pack, row)]


def open_to(tx: sa.Connection, pack: Pack, deal_id: str, actor: str) -> list[sa.Row[Any]]:
    """Those of them that the actor may accept."""
    return [row for row in waiting_of(tx, pack, deal_id) if may_accept(tx, pack, row, actor)]


def may_accept(tx: sa.Connection, pack: Pack, row: sa.Row[Any], actor: str) -> bool:
    """Only who has the step: its owner, whoever holds its role, who has its late entry now; or the tie-breaker."""
    owners = pack.owners
    values = stored_row(overlays.as_known(tx, row), pack).values
    found = {Relation.KNOWN} if person_of(owners, actor) else {Relation.STRANGER}
    held = entries.of_deals(tx, [row.deal_id]).get(row.deal_id)
    mine = held is not None and held.state == EntryState.OPEN and same_person(owners, actor, held.person)
    if mine and held is not None:
        rules = {v.rule for v in entries.violations_of(tx, [held.id])[held.id]}
        mine = Failure.STEP_LATE.value in rules
    if mine or same_person(owners, actor, row.person) or holds_any(owners, actor, [row.role], values):
        found.add(Relation.RECEIVER)
    if person_of(owners, actor) == owners.tie_breaker:
        found.add(Relation.TIE_BREAKER)
    return may(Action.ACCEPT, found)
