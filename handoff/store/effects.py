"""Effects: one intended external write each; every change is a compare-and-swap on the row's version."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
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


def of_handoff(tx: sa.Connection, handoff_id: int) -> list[sa.Row[Any]]:
    """A handoff's own effects, in their order."""
    return list(tx.execute(sa.select(effect).where(effect.c.handoff_id == handoff_id).order_by(effect.c.seq)))


def by_scopes(tx: sa.Connection, scopes: Sequence[str]) -> dict[str, sa.Row[Any]]:
    """Effects by scope; unknown scopes are left out."""
    found = {}
    for part in chunks(scopes):
        found.update({row.scope: row for row in tx.execute(sa.select(effect).where(effect.c.scope.in_(part)))})
    return found


def by_id(tx: sa.Connection, effect_id: int) -> sa.Row[Any]:
    """One effect."""
    return tx.execute(sa.select(effect).where(effect.c.id == effect_id)).one()


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
                    "state": EffectState.PLANNED,
                }
                for p in planned
            ],
        )


def change(tx: sa.Connection, row: sa.Row[Any], to: EffectState, **values: Any) -> None:
    """Move an effect on, if it is still as we read it; LostRaceError when somebody else has moved it."""
    changed = tx.execute(
        sa.update(effect)
        .where(
            effect.c.id == row.id,
            effect.c.row_version == row.row_version,
            effect.c.state.in_([*effect_sources(to), *([to] if to is EffectState.PLANNED else [])]),
        )
        .values(state=to, row_version=row.row_version + 1, **values)
    ).rowcount
    if changed != 1:
        raise LostRaceError(f"effect {row.scope} cannot become {to}: it changed under us")


def drop_unsent(tx: sa.Connection, effect_ids: Sequence[int]) -> None:
    """Take back plans of which nothing was ever sent (a new plan no longer has them)."""
    never_sent = (effect.c.state == EffectState.PLANNED, effect.c.attempts == 0)
    tx.execute(sa.delete(effect).where(effect.c.id.in_(effect_ids), *never_sent))


def confirmed_in(tx: sa.Connection, since: datetime) -> list[sa.Row[Any]]:
    """Effects sent since a moment, whatever became of them."""
    return list(tx.execute(sa.select(effect).where(effect.c.last_sent_at >= since)))
