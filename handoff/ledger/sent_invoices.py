"""The invoices of a handoff, as Stripe has them now, else as the ledger knows them; and drafts that are gone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from connectors.errors import AuthFailed, ConnectorError
from connectors.ports import Billing, Body
from handoff.core.handoff import EffectKind, EffectState
from handoff.ledger.calls import look
from handoff.ledger.context import Delivery
from handoff.ledger.steps import FINAL, stripe
from handoff.store import effects
from handoff.store.effects import Effect
from handoff.store.events import Event, append, of_subjects

_NOTHING_SENT = (EffectState.PLANNED, EffectState.REFUSED)
_ON_ITS_WAY = timedelta(minutes=1)
"""For as long a request that was cut off may still arrive: before, that nothing is there proves nothing."""


class InvoiceStatus(StrEnum):
    """What an invoice is at Stripe."""

    DRAFT = "draft"
    OPEN = "open"
    PAID = "paid"
    VOID = "void"
    UNCOLLECTIBLE = "uncollectible"
    GONE = "gone"  # a draft that somebody deleted
    UNKNOWN = "unknown"  # final, and Stripe did not answer


@dataclass(frozen=True, slots=True, kw_only=True)
class SentInvoice:
    """One invoice (the n-th instalment) of which something was sent. `total` in Stripe's minor units, with tax."""

    effects: tuple[Effect, ...]
    status: InvoiceStatus
    external_id: str | None = None
    number: str | None = None
    total: int | None = None
    total_excluding_tax: int | None = None
    currency: str = ""
    credited: int = 0
    """What credit notes have taken off it, with tax."""

    @property
    def undone(self) -> bool:
        """Whether a person has taken it back at Stripe."""
        return self.status in (InvoiceStatus.VOID, InvoiceStatus.GONE) or 0 < (self.total or 0) <= self.credited

    @property
    def made(self) -> Effect:
        """The effect that made the draft."""
        return next(e for e in self.effects if e.kind == EffectKind.INVOICE)

    @property
    def final(self) -> bool:
        """Whether the ledger knows that it was finalised."""
        return any(e.kind in FINAL and e.state == EffectState.CONFIRMED for e in self.effects)

    @property
    def name(self) -> str:
        """What people find it by at Stripe."""
        return self.number or self.external_id or "of which no reply came"


def known_invoices(rows: Sequence[Effect]) -> list[SentInvoice]:
    """What a handoff's effects tell of its invoices, without asking Stripe."""
    found = []
    for made in rows:
        if made.kind != EffectKind.INVOICE or made.state in _NOTHING_SENT:
            continue
        stem, n = made.scope.rsplit(":", 2)[0], made.scope.rsplit(":", 1)[1]
        own = tuple(e for e in rows if e.scope in {f"{stem}:{kind}:{n}" for kind in EffectKind})
        final = next((e for e in own if e.kind in FINAL and e.state == EffectState.CONFIRMED), None)
        status = InvoiceStatus.UNKNOWN if final else InvoiceStatus.DRAFT
        last = final or next((e for e in own if e.kind == EffectKind.VERIFY and e.answer), made)
        found.append(_told(own, status, made.external_id, last.answer or {}))
    return found


def ask(d: Delivery, account: str, customer_id: str, known: Sequence[SentInvoice]) -> list[SentInvoice] | None:
    """The same invoices as Stripe has them now; None when it does not answer, or not so that it can be read."""
    service = stripe(account)
    if d.breaker.down(service):
        return None
    try:
        found = [_as_at_stripe(d, d.billing(account), customer_id, invoice) for invoice in known]
    except ConnectorError as error:
        d.breaker.failed(service, str(error), at_once=isinstance(error, AuthFailed))
        return None
    except (AttributeError, LookupError, TypeError, ValueError):  # an answer nobody foresaw: as good as none
        return None
    d.breaker.worked(service)
    return found


def _as_at_stripe(d: Delivery, billing: Billing, customer_id: str, known: SentInvoice) -> SentInvoice:
    made = known.made
    body: Body | None = None
    if made.external_id:
        body = billing.invoice(made.external_id)
    elif there := look(d.call(made, body=made.body, parent=customer_id, billing=billing)):
        body = {"id": there[0].external_id, **there[0].facts}
    elif d.clock.now() < made.sent[1] + _ON_ITS_WAY:
        return known
    if body is not None:
        return _told(known.effects, InvoiceStatus(body["status"]), str(body["id"]), body)
    if known.final or billing.customer(customer_id) is None:
        return known  # a final invoice cannot go, nor its customer with it: this is another account, or a wrong answer
    return _told(known.effects, InvoiceStatus.GONE, made.external_id, {})


def _told(own: tuple[Effect, ...], status: InvoiceStatus, external_id: str | None, facts: Body) -> SentInvoice:
    return SentInvoice(
        effects=own,
        status=status,
        external_id=external_id,
        number=facts.get("number"),
        total=facts.get("total"),
        total_excluding_tax=facts.get("total_excluding_tax"),
        currency=str(facts.get("currency") or "").upper(),
        credited=sum(int(facts.get(f"{when}_payment_credit_notes_amount") or 0) for when in ("pre", "post")),
    )


VOIDED = "voided_by_hand"
"""The event of an invoice that we saw void: what is confirmed is then rightly not live."""


def tell_void(tx: sa.Connection, d: Delivery, invoices: Sequence[SentInvoice]) -> None:
    """Write down, once, which of these invoices a person has voided at Stripe."""
    void = {f"effect:{i.made.scope}": i for i in invoices if i.status is InvoiceStatus.VOID}
    known = {e.subject for e in of_subjects(tx, list(void)) if e.what == VOIDED} if void else set()
    told = [
        Event(subject=subject, what=VOIDED, old=i.made.state, new={"external_id": i.external_id})
        for subject, i in void.items()
        if subject not in known
    ]
    append(tx, d.author(), told)


def plan_anew(tx: sa.Connection, d: Delivery, gone: SentInvoice) -> None:
    """A person deleted the draft at Stripe: its effects are planned anew, under new keys. The one way back."""
    for row in gone.effects:
        anew = effects.plan_anew(tx, row, row.body)
        new: dict[str, Any] = {"generation": anew.generation}
        if row.external_id:
            new["was"] = row.external_id
        subject, why = f"effect:{row.scope}", f"the draft {gone.name} was deleted at Stripe"
        append(tx, d.author(), [Event(subject=subject, what="planned_anew", old=row.state, new=new, why=why)])
