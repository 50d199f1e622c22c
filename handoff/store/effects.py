"""Effects: one intended external write each; every change is a compare-and-swap on the row's version."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from typing import Any

import sqlalchemy as sa

from handoff.core.handoff import EffectState, effect_sources
from handoff.store.handoffs import LostRaceError, chunks
from handoff.store.tables import effect


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedEffect:
    """An effect before anything is sent: its scope (unique for ever), its kind and its body."""

    scope: str
    kind: str
    step: str
    service: str
    body: dict[str, Any]
    seq: int = 0
    handoff_id: int | None = None
    generation: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """An effect as it stands in the ledger; the columns of its row."""

    id: int
    scope: str
    handoff_id: int | None
    seq: int
    step: str
    kind: str
    state: str
    service: str
    generation: int
    idempotency_key: str | None
    fingerprint: str | None
    body: dict[str, Any]
    tried_since: datetime | None
    first_sent_at: datetime | None
    last_sent_at: datetime | None
    send_deadline: datetime | None
    attempts: int
    external_id: str | None
    answer: dict[str, Any] | None
    outcome: str | None
    status_code: int | None
    error: str | None
    row_version: int

    @property
    def sent(self) -> tuple[datetime, datetime]:
        """When it was first and last sent; LookupError for an effect that never was."""
        if self.first_sent_at is None or self.last_sent_at is None:
            raise LookupError(f"effect {self.scope} is {self.state}, but was never sent")
        return self.first_sent_at, self.last_sent_at

    @property
    def sent_until(self) -> datetime | None:
        """After this moment no byte of it has left us; None for an effect that never was sent.

        Whoever was stopped before the outcome was written may have gone on until its deadline.
        """
        return self.send_deadline if self.state == EffectState.IN_FLIGHT else self.last_sent_at


_OF_HANDOFF = sa.select(effect).where(effect.c.handoff_id == sa.bindparam("b_handoff")).order_by(effect.c.seq)


def of_handoff(tx: sa.Connection, handoff_id: int) -> list[Effect]:
    """A handoff's own effects, in their order."""
    return [Effect(**row) for row in tx.execute(_OF_HANDOFF, {"b_handoff": handoff_id}).mappings()]


def by_scopes(tx: sa.Connection, scopes: Sequence[str]) -> dict[str, Effect]:
    """Effects by scope; unknown scopes are left out."""
    found = {}
    for part in chunks(scopes):
        rows = tx.execute(sa.select(effect).where(effect.c.scope.in_(part))).mappings()
        found.update({row["scope"]: Effect(**row) for row in rows})
    return found


def plan(tx: sa.Connection, planned: Sequence[PlannedEffect]) -> None:
    """Add planned effects; a scope that exists is an IntegrityError, never a second row."""
    if planned:
        tx.execute(
            sa.insert(effect),
            [
                {
                    "scope": p.scope,
                    "kind": p.kind,
                    "step": p.step,
                    "service": p.service,
                    "body": p.body,
                    "seq": p.seq,
                    "handoff_id": p.handoff_id,
                    "generation": p.generation,
                    "state": EffectState.PLANNED,
                }
                for p in planned
            ],
        )


def change(tx: sa.Connection, row: Effect, to: EffectState, **values: Any) -> Effect:
    """Move an effect on, if it is still as we read it; LostRaceError when somebody else has moved it."""
    told = {"b_id": row.id, "b_version": row.row_version, **{f"v_{name}": value for name, value in values.items()}}
    if tx.execute(_update(to, tuple(values)), told).rowcount != 1:
        raise LostRaceError(f"effect {row.scope} cannot become {to}: it changed under us")
    return replace(row, state=to.value, row_version=row.row_version + 1, **values)


@cache
def _update(to: EffectState, names: tuple[str, ...]) -> sa.Update:
    """The compare-and-swap of an effect, built once per set of columns: it runs several times a deal."""
    allowed = [*effect_sources(to), *([to] if to is EffectState.PLANNED else [])]
    return (
        sa.update(effect)
        .where(
            effect.c.id == sa.bindparam("b_id"),
            effect.c.row_version == sa.bindparam("b_version"),
            effect.c.state.in_(allowed),
        )
        .values(
            state=to,
            row_version=effect.c.row_version + 1,
            **{name: sa.bindparam(f"v_{name}") for name in names},
        )
    )


_UNTRIED: dict[str, Any] = {
    **dict.fromkeys(("idempotency_key", "fingerprint", "tried_since", "first_sent_at", "last_sent_at")),
    **dict.fromkeys(("send_deadline", "external_id", "answer", "outcome", "status_code", "error")),
    "attempts": 0,
}


def plan_anew(tx: sa.Connection, row: Effect, body: dict[str, Any]) -> Effect:
    """Take an effect back to its plan, under a new key: the one way back from `confirmed`; its event is the caller's.

    For what a person has undone at the service, and for the customer, which is brought up to date again and again.
    """
    anew = {**_UNTRIED, "state": EffectState.PLANNED, "generation": row.generation + 1, "body": body}
    same = sa.update(effect).where(effect.c.id == row.id, effect.c.row_version == row.row_version)
    if tx.execute(same.values(row_version=row.row_version + 1, **anew)).rowcount != 1:
        raise LostRaceError(f"effect {row.scope} cannot be planned anew: it changed under us")
    return replace(row, row_version=row.row_version + 1, **anew)


def drop_unsent(tx: sa.Connection, effect_ids: Sequence[int]) -> None:
    """Take back plans of which nothing was done: planned, or refused (a new plan no longer has them)."""
    not_done = effect.c.state.in_([EffectState.PLANNED, EffectState.REFUSED])
    tx.execute(sa.delete(effect).where(effect.c.id.in_(effect_ids), not_done))
