"""What an attempt at an effect came to: confirmed, later, or held; and how that is written down."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from handoff.core.handoff import EffectKind, EffectState
from handoff.core.violation import Failure
from handoff.ledger.calls import Answer
from handoff.ledger.context import Delivery
from handoff.store import effects
from handoff.store.effects import Effect
from handoff.store.events import Event, append

HIDDEN = frozenset({EffectKind.PROJECT, EffectKind.TEMPLATE, EffectKind.SECTION, EffectKind.TASK})
"""Kinds that the tracker may hide from a look until it has settled (RR6)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmed:
    """Done; `settlement` is what remains to be written, so that the next intent can share its transaction."""

    external_id: str
    facts: Mapping[str, Any]
    settlement: "Settlement"
    adopted: bool = False
    """It was there already."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Later:
    """Not now: why, and when to try again (None: at the next run)."""

    reason: str
    at: datetime | None = None
    settling: bool = False
    """Only the tracker's settle time is being waited for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A person must act."""

    failure: Failure
    seen: str
    allowed: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """The outcome of an effect, to be committed with or before whatever comes next."""

    row: Effect
    to: EffectState
    values: Mapping[str, Any]

    def write(self, tx: sa.Connection, d: Delivery) -> None:
        effects.change(tx, self.row, self.to, **self.values)
        event = Event(
            subject=f"effect:{self.row.scope}",
            what=self.to.value,
            old=self.row.state,
            new={k: v for k, v in self.values.items() if k in ("external_id", "outcome", "generation", "status_code")},
            why=self.values.get("error"),
        )
        append(tx, d.author(), [event])


def settle(d: Delivery, settlement: Settlement | None) -> None:
    """Commit an outcome by itself."""
    if settlement:
        with d.store.write() as tx:
            settlement.write(tx, d)


def ambiguous(found: Sequence[Answer]) -> Held:
    """How a look that found more than one holds its deal."""
    ids = ", ".join(answer.external_id for answer in found)
    return Held(failure=Failure.AMBIGUOUS_LOOK_UP, seen=ids, allowed="exactly one")


def refusal(kind: str, message: str) -> Held:
    """How a refused effect holds its deal."""
    if kind == EffectKind.VERIFY:
        return Held(failure=Failure.DRAFT_DIFFERS, seen=message, allowed="a draft equal to the deal")
    tracker = kind in (*HIDDEN, EffectKind.DETAILS)
    failure = Failure.TRACKER_REFUSED if tracker else Failure.BILLING_REFUSED
    return Held(failure=failure, seen=message, allowed=f"a {kind.replace('_', ' ')} that the service accepts")
