"""What waits for a person's word: requests for approval, corrected money, questions; each with its entry."""

from collections.abc import Collection
from typing import Any

import sqlalchemy as sa

from handoff.core.correction import ApprovalState, OverlayState
from handoff.core.entry import EntryState
from handoff.store.desk_tables import approval, overlay, question
from handoff.store.questions import EXPIRED, OPEN
from handoff.store.tables import entry

Condition = sa.ColumnElement[bool]
_IS_OPEN = entry.c.state == EntryState.OPEN


def approvals(tx: sa.Connection, *where: Condition, most: int) -> list[sa.Row[Any]]:
    """Requests that wait, first due first, with the number of their entry."""
    query = sa.select(approval, entry.c.id.label("entry_id")).join(entry, entry.c.deal_id == approval.c.deal_id)
    waits = (approval.c.state == ApprovalState.REQUESTED, _IS_OPEN, *where)
    return list(tx.execute(query.where(*waits).order_by(approval.c.deadline, approval.c.id).limit(most)))


def money(tx: sa.Connection, *where: Condition, most: int) -> list[sa.Row[Any]]:
    """Corrected money that waits for a second person, oldest first, with the number of its entry."""
    query = sa.select(overlay, entry.c.id.label("entry_id")).join(entry, entry.c.deal_id == overlay.c.deal_id)
    waits = (overlay.c.state == OverlayState.PROPOSED, _IS_OPEN, *where)
    return list(tx.execute(query.where(*waits).order_by(overlay.c.at, overlay.c.id).limit(most)))


def questions(tx: sa.Connection, names: Collection[str], *, most: int) -> list[sa.Row[Any]]:
    """Questions put to a person that wait, also past their deadline."""
    same = sa.and_(entry.c.id == question.c.entry_id, entry.c.episode == question.c.episode)
    waits = (question.c.asked_of.in_(names), question.c.state.in_([OPEN, EXPIRED]), _IS_OPEN)
    query = sa.select(question).join(entry, same).where(*waits)
    return list(tx.execute(query.order_by(question.c.deadline, question.c.id).limit(most)))
