"""Explain one deal: the why card, then everything known of it: violations, translations, effects, events."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from handoff.core.entry import EntryState, page_of
from handoff.core.errors import UsageError
from handoff.core.handoff import HandoffState
from handoff.core.pack import Pack
from handoff.report import explain_document, queue, timeline, why
from handoff.report.card import CardLine, fit
from handoff.report.queue import QueueEntry
from handoff.report.timeline import TimelineLine
from handoff.report.why import HeldWhy, Words
from handoff.report.wording import utc, violation_document
from handoff.store import effects, entries, events, handoffs, overlays, situations
from handoff.store.situations import Situation
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
    whole: tuple[CardLine, ...]
    """The same uncut, for a page that has the room."""
    entry: QueueEntry | None
    translations: tuple[Mapping[str, Any], ...]
    effects: tuple[Mapping[str, Any], ...]
    events: tuple[Mapping[str, Any], ...]
    timeline: tuple[TimelineLine, ...]

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
            "timeline": [line.document() for line in self.timeline],
        }


def explain(
    tx: sa.Connection,
    pack: Pack,
    name: str,
    sentences: Mapping[str, str],
    *,
    now: datetime,
    org_url: str | None = None,
    review_url: str | None = None,
    told: timeline.Words | None = None,
) -> Explanation:
    """Explain a deal by its id, or by its entry. Raises UsageError when we know neither.

    `now`: for what is past due or paused; `org_url`: the CRM's address, for a link to the row; `review_url`: where the
    review page is, for a link to the entry; `told`: how the reader reads the timeline.
    """
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
    words = Words(pack=pack, source=stored.source, sentences=sentences, org_url=org_url)
    known = _known(tx, row, entry, words, now)
    on = {f"deal:{row.deal_id}": "deal", **{f"effect:{e.scope}": e.kind for e in every}}
    if entry:
        on[f"entry:{entry.entry}"] = entry.entry
    happened = events.of_subjects(tx, list(on))
    card = [line for line in (*_card(known), *_page(entry, review_url)) if line.text]
    return Explanation(
        deal_id=row.deal_id,
        deal_name=deal.get("deal_name"),
        account_name=deal.get("account_name"),
        state=HandoffState(row.state),
        card=fit(card),
        whole=tuple(card),
        entry=entry,
        translations=tuple(
            {"field": t.field, "seen": t.seen, "canonical": t.canonical, "line": t.line} for t in deal.translations
        ),
        effects=tuple(explain_document.effect(effect) for effect in every),
        events=tuple(explain_document.event(event, on) for event in happened),
        timeline=timeline.lines(happened, handoffs.snapshots_of(tx, row.deal_id), on, told or timeline.Words()),
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
    """What the card is made from. `held`: the open entry, None when there is none."""

    row: sa.Row[Any]
    words: Words
    situation: Situation
    held: HeldWhy | None


def _known(tx: sa.Connection, row: sa.Row[Any], found: QueueEntry | None, words: Words, now: datetime) -> _Known:
    """`found`: the deal's entry as people see it."""
    own = entries.of_deals(tx, [row.deal_id]).get(row.deal_id)
    situation = situations.of_entries(tx, [own], now)[own.id] if own else Situation()
    held = None
    if own is not None and found is not None and own.state == EntryState.OPEN:
        held = HeldWhy(
            entry=own,
            violations=found.violations,
            now=now,
            account_id=row.account_id,
            delivered=row.state == HandoffState.DELIVERED,
            situation=situation,
        )
    return _Known(row=row, words=words, situation=situation, held=held)


def _page(entry: QueueEntry | None, review_url: str | None) -> Sequence[CardLine]:
    return _lines(Page=page_of(review_url, entry.entry)) if entry and review_url else ()


def _card(known: _Known) -> Sequence[CardLine]:
    row = known.row
    if row.state == HandoffState.CLAIMED:
        return _claimed(row, known.held)
    if known.held is not None:
        return why.lines(known.held, known.words)
    lifted = "; ".join(why.waived(known.situation, known.words))
    match HandoffState(row.state):
        case HandoffState.DELIVERED | HandoffState.EXCLUDED | HandoffState.REJECTED as state:
            return _at_its_end(row, state, lifted)
        case HandoffState.PULLED:
            return _lines(Deal="pulled, not judged yet.", Since=utc(row.since), Next="The next sync judges it.")
        case HandoffState.PASSED:
            return _lines(
                Deal="in progress: it passed every rule.",
                Why=row.reason or "Its invoice and project are under way.",
                Waived=lifted,
                Since=utc(row.since),
                Next=f"It goes on by itself{f', not before {utc(row.next_at)}' if row.next_at else ''}.",
            )
        case HandoffState.HELD | HandoffState.CLAIMED:
            # The entry is not open: the next run says what becomes of the deal.
            return _lines(Deal="held, its entry released.", Next="The next sync judges it again.")


def _claimed(row: sa.Row[Any], held: HeldWhy | None) -> Sequence[CardLine]:
    return _lines(
        Deal="held: somebody said that it was done by hand.",
        Why=row.reason or "",
        Who=held.entry.owner_name if held else "",
        Next="Nothing is sent while that stands. Each sync looks; name something else, or take it back: "
        "handoff queue done-by-hand.",
    )


def _at_its_end(row: sa.Row[Any], state: HandoffState, lifted: str) -> Sequence[CardLine]:
    match state:
        case HandoffState.DELIVERED:
            return _lines(
                Deal="delivered: invoice and project are confirmed.",
                Waived=lifted,
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


def _lines(**texts: str) -> Sequence[CardLine]:
    return [CardLine(label=label, text=text) for label, text in texts.items()]
