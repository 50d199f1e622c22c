"""What the CRM is to show of a deal: the word for its state, why it waits, who answers, where its invoice is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from handoff.core.entry import EntryState, entry_name, page_of
from handoff.core.handoff import EffectKind, EffectState, HandoffState
from handoff.core.violation import Failure
from handoff.report import why
from handoff.report.why import HeldWhy, Words
from handoff.store import handoffs
from handoff.store.situations import Situation
from handoff.store.tables import effect, handoff

_LABELS = {
    HandoffState.DELIVERED: "Delivered",
    HandoffState.HELD: "Held",
    HandoffState.PASSED: "In progress",
    HandoffState.EXCLUDED: "Excluded",
    HandoffState.PULLED: "In progress",
    HandoffState.REJECTED: "Rejected",
    HandoffState.CLAIMED: "Held",
}
_NEXT = {
    HandoffState.PASSED: "Nothing to do: it goes on by itself.",
    HandoffState.REJECTED: "Nothing to do: it is not handed off, unless its owner reopens it.",
    HandoffState.CLAIMED: "Nothing to do: it was done by hand, and each run looks whether that is there.",
}
_INVOICE_KINDS = (EffectKind.FINALIZE, EffectKind.SEND, EffectKind.INVOICE)
_PROJECT_KINDS = (EffectKind.PROJECT, EffectKind.TEMPLATE)
_SCOPE = ("deal:", ":write_back")
REFUSED = handoffs.NOT_SHOWN


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What the CRM is to show of a deal: where its handoff stands, its entry with the current violations, decisions."""

    handoff: sa.Row[Any]
    entry: sa.Row[Any] | None
    violations: Sequence[Any]
    situation: Situation

    @classmethod
    def of(
        cls,
        row: sa.Row[Any],
        entry: sa.Row[Any] | None,
        violations: Mapping[int, Sequence[Any]],
        found: Mapping[int, Situation],
    ) -> "Told":
        """`violations`: the current ones by entry; `found`: what stands about each."""
        if entry is None:
            return cls(handoff=row, entry=None, violations=(), situation=Situation())
        return cls(handoff=row, entry=entry, violations=violations[entry.id], situation=found[entry.id])

    @property
    def may_be_gone(self) -> bool:
        """Whether the CRM may have deleted the deal."""
        changed = any(v.rule == Failure.REVERSAL_NEEDED for v in self.violations)
        return changed or self.handoff.state == HandoffState.EXCLUDED

    @property
    def deal_id(self) -> str:
        return str(self.handoff.deal_id)

    @property
    def scope(self) -> str:
        """The scope of its write-back effect."""
        return self.deal_id.join(_SCOPE)


def untold(tx: sa.Connection, in_run: set[str]) -> list[sa.Row[Any]]:
    """Handoffs of a run; and those whose write-back was never tried, did not arrive, or is older than their last move.

    A refused one is tried again when its deal comes round again: a person has changed something, or asked for it.
    """
    told = sa.exists().where(
        effect.c.scope == _SCOPE[0] + handoff.c.deal_id + _SCOPE[1],
        effect.c.state.in_([EffectState.CONFIRMED, EffectState.REFUSED]),
        effect.c.last_sent_at >= handoff.c.updated_at,
    )
    shown = sa.or_(handoff.c.state != HandoffState.EXCLUDED, handoff.c.written_hash.is_not(None))
    known = sa.select(handoff).where(handoff.c.state != HandoffState.PULLED, shown)
    found = {row.id: row for row in tx.execute(known.where(~told))}
    for part in handoffs.chunks(sorted(in_run)):
        found |= {row.id: row for row in tx.execute(known.where(handoff.c.deal_id.in_(part)))}
    return [found[number] for number in sorted(found)]


def links_of(tx: sa.Connection, handoff_ids: Sequence[int]) -> dict[int, dict[str, str]]:
    """Per handoff where a person finds its first invoice and its project: the link, or the id where there is none."""
    found: dict[int, dict[str, str]] = {}
    kinds = (*_INVOICE_KINDS, *_PROJECT_KINDS)
    for part in handoffs.chunks(handoff_ids):
        confirmed = sa.select(effect).where(
            effect.c.handoff_id.in_(part), effect.c.kind.in_(kinds), effect.c.state == EffectState.CONFIRMED
        )
        for row in tx.execute(confirmed.order_by(effect.c.seq)):
            own = found.setdefault(row.handoff_id, {})
            what = "project" if row.kind in _PROJECT_KINDS else "invoice"
            answer = row.answer or {}
            link = answer.get("hosted_invoice_url") or answer.get("link")
            if what not in own or (link and not own[what].startswith("http")):
                own[what] = link or row.external_id
    return found


STATUSES = tuple(dict.fromkeys((*_LABELS.values(), "Delivered, needs attention")))
"""Every word that the CRM may read as a deal's status."""


def status_label(state: HandoffState, *, held: bool) -> str:
    """The word the rep reads: where the handoff stands, and whether an entry is open."""
    if not held:
        return _LABELS[state]
    return "Delivered, needs attention" if state is HandoffState.DELIVERED else "Held"


def holds(entry: sa.Row[Any] | None, violations: Sequence[Any]) -> bool:
    """Whether an entry is open for what the rep should know of: not only for a CRM that takes no news."""
    open_ = entry is not None and entry.state == EntryState.OPEN
    return open_ and any(v.rule != Failure.CRM_REFUSED for v in violations)


def values_of(
    told: Told, links: dict[str, str], words: Words, now: datetime, *, review_url: str | None = None
) -> dict[str, str | None]:
    """The values to write, by their names in fields.yaml; None empties a field. Of a held deal they say the card.

    `review_url`: where the review page is, for a link to the entry.
    """
    row, entry = told.handoff, told.entry
    state = HandoffState(row.state)
    held = holds(entry, told.violations)
    values: dict[str, str | None] = {
        "status": status_label(state, held=held),
        "reason": row.reason,
        "owner": None,
        "due": None,
        "page": page_of(review_url, entry_name(entry.id)) if review_url and entry is not None else None,
        "next_step": _NEXT.get(state),
        "invoice": links.get("invoice"),
        "project": links.get("project"),
    }
    if entry is not None and held:
        delivered = state is HandoffState.DELIVERED
        held_why = HeldWhy(
            entry=entry, violations=told.violations, now=now, delivered=delivered, situation=told.situation
        )
        values |= {**why.told(held_why, words), "due": entry.due_at.isoformat()}
        if state is HandoffState.CLAIMED:  # what is wrong with the deal is no matter now
            values |= {"reason": (row.reason or "")[:255], "next_step": _NEXT[state]}
    return values
