"""Explain one deal: the why card, then everything known of it: violations, translations, effects, events."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from handoff.core.entry import EntryState
from handoff.core.errors import UsageError
from handoff.core.handoff import HandoffState
from handoff.core.ownership import first_violation
from handoff.core.pack import Pack
from handoff.core.violation import Failure, Violation
from handoff.report import queue
from handoff.report.card import CardLine, fit
from handoff.report.place import where
from handoff.report.queue import QueueEntry
from handoff.report.wording import spoken, utc, violation_document
from handoff.store import effects, events, handoffs, overlays
from handoff.store.effects import Effect
from handoff.store.tables import handoff
from mappings.stored_deal import stored_row

_SHORT_ID, _LONG_ID = 15, 18
"""Salesforce shows ids of 15 characters in addresses; the API and we use 18."""


_SHARED = ("", ":update", ":tax_id", ":tax_id_removal")
"""What a deal's customer, which its account's deals share, is made of: its scope, and what follows it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """What is known of a deal, the card first."""

    deal_id: str
    deal_name: str | None
    account_name: str | None
    state: HandoffState
    card: tuple[CardLine, ...]
    entry: QueueEntry | None
    translations: tuple[Mapping[str, Any], ...]
    effects: tuple[Mapping[str, Any], ...]
    events: tuple[Mapping[str, Any], ...]

    def document(self) -> dict[str, Any]:
        """The same for programs."""
        return {
            "deal_id": self.deal_id,
            "deal_name": self.deal_name,
            "account_name": self.account_name,
            "state": self.state.value,
            "card": {line.label.lower(): line.text for line in self.card},
            "entry": self.entry.document() if self.entry else None,
            "violations": [violation_document(v) for v in self.entry.violations] if self.entry else [],
            "translations": [dict(t) for t in self.translations],
            "effects": [dict(e) for e in self.effects],
            "events": [dict(e) for e in self.events],
        }


def explain(tx: sa.Connection, pack: Pack, name: str, sentences: Mapping[str, str]) -> Explanation:
    """Explain a deal by its id, or by its entry. Raises UsageError when we know neither."""
    entry = queue.found(tx, name)
    row = handoffs.by_deal(tx, entry.deal_id) if entry else _deal(tx, name)
    if row is None:
        raise UsageError(
            f"No deal or entry is known as {name!r}: it was never pulled, or the id is mistyped. "
            "`handoff queue list` shows the entries; `handoff sync` pulls what was won since."
        )
    entry = entry or queue.found(tx, row.deal_id)
    stored = overlays.as_known(tx, row)
    deal = stored_row(stored, pack)
    own = effects.of_handoff(tx, row.id)
    shared = effects.by_scopes(tx, [row.customer_scope + part for part in _SHARED]) if row.customer_scope else {}
    every = [*shared.values(), *own]
    known = _Known(row=row, entry=entry, pack=pack, source=stored.source, sentences=sentences)
    on = {f"deal:{row.deal_id}": "deal", **{f"effect:{e.scope}": e.kind for e in every}}
    if entry:
        on[f"entry:{entry.entry}"] = entry.entry
    return Explanation(
        deal_id=row.deal_id,
        deal_name=deal.get("deal_name"),
        account_name=deal.get("account_name"),
        state=HandoffState(row.state),
        card=fit(_card(known)),
        entry=entry,
        translations=tuple(
            {"field": t.field, "seen": t.seen, "canonical": t.canonical, "line": t.line} for t in deal.translations
        ),
        effects=tuple(_effect(effect) for effect in every),
        events=tuple(_event(event, on) for event in events.of_subjects(tx, list(on))),
    )


def _deal(tx: sa.Connection, name: str) -> sa.Row[Any] | None:
    """A deal by its id; also by the 15 characters that Salesforce shows."""
    if (row := handoffs.by_deal(tx, name)) is not None or len(name) != _SHORT_ID:
        return row
    like = handoff.c.deal_id.startswith(name, autoescape=True)
    found = [r for r in tx.execute(sa.select(handoff).where(like)) if r.deal_id[:_SHORT_ID] == name]
    return found[0] if len(found) == 1 and len(found[0].deal_id) == _LONG_ID else None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """What the card is made from. `sentences`: rule -> what it says in general."""

    row: sa.Row[Any]
    entry: QueueEntry | None
    pack: Pack
    source: str
    sentences: Mapping[str, str]


def _card(known: _Known) -> Sequence[CardLine]:
    row, entry = known.row, known.entry
    if entry is not None and entry.status is EntryState.OPEN:
        return _held(known, entry)
    match HandoffState(row.state):
        case HandoffState.DELIVERED | HandoffState.EXCLUDED | HandoffState.REJECTED as state:
            return _at_its_end(row, state)
        case HandoffState.PULLED:
            return _lines(Deal="pulled, not judged yet.", Since=utc(row.since), Next="The next sync judges it.")
        case HandoffState.PASSED:
            return _lines(
                Deal="in progress: it passed every rule.",
                Why=row.reason or "Its invoice and project are under way.",
                Since=utc(row.since),
                Next=f"It goes on by itself{f', not before {utc(row.next_at)}' if row.next_at else ''}.",
            )
        case (
            HandoffState.HELD | HandoffState.CLAIMED
        ):  # the entry is not open: the next run says what becomes of the deal
            return _lines(Deal="held, its entry released.", Next="The next sync judges it again.")


def _at_its_end(row: sa.Row[Any], state: HandoffState) -> Sequence[CardLine]:
    match state:
        case HandoffState.DELIVERED:
            return _lines(
                Deal="delivered: invoice and project are confirmed.",
                Since=utc(row.since),
                Next="Nothing to do. A later change in the CRM opens an entry; nothing is sent again.",
            )
        case HandoffState.EXCLUDED:
            return _lines(
                Deal="excluded: it is not handed off.",
                Why=row.reason or "It does not meet the trigger.",
                Next="Nothing, unless the deal changes in the CRM.",
            )
        case _:
            return _lines(
                Deal="rejected: a person decided that it is not handed off.",
                Why=row.reason or "",
                Next="Nothing. Its owner may reopen it: handoff queue reopen.",
            )


def _held(known: _Known, entry: QueueEntry) -> Sequence[CardLine]:
    pack = known.pack
    first = first_violation(pack, entry.violations)
    more = len(entry.violations) - 1
    role = pack.owners.roles.get(entry.role)
    title = f" ({role.title})" if role and role.title.lower() != entry.owner.lower() else ""
    delivered = known.row.state == HandoffState.DELIVERED
    proposed = first.rule in _PROPOSED
    then = "Once settled, the next sync closes this entry." if delivered else "Once fixed, the next sync delivers it."
    return _lines(
        Deal=("delivered, but needs attention" if delivered else "held") + (f"; {more} more below" if more else ""),
        Rule="" if proposed else known.sentences.get(first.rule, first.message),
        Seen=_seen(first),
        Allowed=first.allowed,
        Who=f"{entry.owner}{title}",
        Where="" if proposed else where(first, pack, known.source),
        Due=utc(entry.due),
        Next=then,
    )


_PROPOSED = frozenset({Failure.CHANGED_AFTER_DELIVERY.value, Failure.REVERSAL_NEEDED.value})
"""What is seen and what we propose say it all, and need the card's room."""
_SHORT = 10
"""Words of a message that still leaves the card room for what is allowed and where it is fixed."""


def _seen(violation: Violation) -> str:
    """The value, in a short sentence that quotes it where the rule has one (it may name the nearest right value)."""
    if violation.seen is None:
        return f"nothing: the {spoken(violation.field)} is empty" if violation.field else "nothing"
    if violation.seen in violation.message and len(violation.message.split()) <= _SHORT:
        return violation.message
    return f"{spoken(violation.field)} {violation.seen}" if violation.field else violation.seen


def _lines(**texts: str) -> Sequence[CardLine]:
    return [CardLine(label=label, text=text) for label, text in texts.items()]


def _effect(row: Effect) -> Mapping[str, Any]:
    answer = row.answer or {}
    return {
        "kind": row.kind,
        "state": row.state,
        "service": row.service,
        "external_id": row.external_id,
        "link": answer.get("hosted_invoice_url") or answer.get("link"),
        "outcome": row.outcome,
        "attempts": row.attempts,
        "sent": _iso(row.last_sent_at),
        "error": row.error,
    }


def _event(row: sa.Row[Any], on: Mapping[str, str]) -> Mapping[str, Any]:
    return {
        "at": _iso(row.at),
        "actor": row.actor,
        "on": on[row.subject],
        "subject": row.subject,
        "what": row.what,
        "new": row.new,
        "why": row.why,
        "run": row.run_id,
    }


def _iso(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
