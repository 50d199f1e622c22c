"""Label decisions: the texts that owners of label sets decided about, one row a text."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from handoff.core.label_decision import LabelDecision, LabelState
from handoff.store.desk_tables import label_decision
from handoff.store.handoffs import LostRaceError

Place = tuple[datetime, int]
"""Where a decision stands in the order of time: its moment and its number."""


def in_use(tx: sa.Connection) -> tuple[LabelDecision, ...]:
    """Those that a pack does not hold yet, in the order they were taken."""
    return listed(tx, LabelState.DECIDED)


def listed(tx: sa.Connection, *states: LabelState) -> tuple[LabelDecision, ...]:
    """Those in some states, or all, in the order they were taken."""
    query = sa.select(label_decision).order_by(label_decision.c.at, label_decision.c.id)
    rows = tx.execute(query.where(label_decision.c.state.in_(states)) if states else query)
    return tuple(_decision(row) for row in rows)


def page(tx: sa.Connection, size: int, after: Place | None = None) -> list[tuple[Place, LabelDecision]]:
    """One page of decisions, newest first, each with its place; and one more when there are further ones."""
    columns = label_decision.c.at, label_decision.c.id
    query = sa.select(label_decision).order_by(*(column.desc() for column in columns)).limit(size + 1)
    if after:
        bound = (sa.literal(value, column.type) for value, column in zip(after, columns, strict=True))
        query = query.where(sa.tuple_(*columns) < sa.tuple_(*bound))
    return [((row.at, row.id), _decision(row)) for row in tx.execute(query)]


def count(tx: sa.Connection) -> int:
    """How many there are, whatever their state."""
    return tx.scalar(sa.select(sa.func.count()).select_from(label_decision)) or 0


def find(tx: sa.Connection, label_set: str, seen: str) -> LabelDecision | None:
    """The decision about a text, whatever its state."""
    row = tx.execute(sa.select(label_decision).where(*_about(label_set, seen))).one_or_none()
    return None if row is None else _decision(row)


def put(tx: sa.Connection, decision: LabelDecision) -> None:
    """Write a decision down; one that was exported or withdrawn before is replaced.

    Raises LostRaceError when another one about the same text is in use.
    """
    values = {
        "canonical": decision.canonical,
        "is_new": decision.is_new,
        "state": decision.state,
        "actor": decision.actor,
        "at": decision.at,
        "why": decision.why,
    }
    about = {"label_set": decision.label_set, "seen": decision.seen}
    if find(tx, decision.label_set, decision.seen) is None:
        try:
            with tx.begin_nested():
                tx.execute(sa.insert(label_decision).values(**about, **values))
        except sa.exc.IntegrityError:
            raise LostRaceError(f"another decision about {decision.seen!r} came first") from None
        return
    replaced = sa.update(label_decision).where(
        *_about(decision.label_set, decision.seen), label_decision.c.state != LabelState.DECIDED
    )
    if tx.execute(replaced.values(**values)).rowcount != 1:
        raise LostRaceError(f"another decision about {decision.seen!r} came first")


def end(tx: sa.Connection, decision: LabelDecision, to: LabelState) -> None:
    """Take a decision out of use; LostRaceError when it is in use no more."""
    ended = sa.update(label_decision).where(
        *_about(decision.label_set, decision.seen), label_decision.c.state == LabelState.DECIDED
    )
    if tx.execute(ended.values(state=to)).rowcount != 1:
        raise LostRaceError(f"the decision about {decision.seen!r} is in use no more")


def _about(label_set: str, seen: str) -> tuple[sa.ColumnElement[bool], ...]:
    return label_decision.c.label_set == label_set, label_decision.c.seen == seen


def _decision(row: sa.Row[Any]) -> LabelDecision:
    return LabelDecision(
        label_set=row.label_set,
        seen=row.seen,
        canonical=row.canonical,
        is_new=row.is_new,
        actor=row.actor,
        at=row.at,
        why=row.why,
        state=LabelState(row.state),
    )
