"""Do the services agree with the ledger? Invoices, customers and projects there once, the CRM showing what we know."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from connectors.ports import SourceQuery
from handoff.core.handoff import EffectKind, EffectState, HandoffState
from handoff.ledger.by_hand import BY_HAND
from handoff.ledger.duplicates import surplus
from handoff.ledger.sent_invoices import VOIDED
from handoff.road.crm_view import REFUSED, holds, status_label
from handoff.road.finding import Finding
from handoff.road.house import House
from handoff.store import entries, handoffs
from handoff.store.tables import effect, event, handoff


def findings(house: House) -> list[Finding]:
    """Check I1, I2 and I12 against the services. Raises ConnectorError when one does not answer."""
    checks = (_one_invoice_each, _one_project_each, _one_customer_each, _shown_in_crm)
    return [finding for check in checks for finding in check(house)]


def _accounts(house: House) -> set[str]:
    return {entity.stripe_account for entity in house.pack.billing.entities.values()}


def _one_invoice_each(house: House) -> Iterator[Finding]:
    """I1: one live invoice per billing key and instalment, at every Stripe account."""
    with house.store.read() as tx:
        first = tx.execute(sa.select(sa.func.min(effect.c.first_sent_at))).scalar()
        ours = {row.billing_key: row.deal_id for row in tx.execute(sa.select(handoff))}
        mine = _confirmed_ids(tx, EffectKind.INVOICE) - _voided(tx)
        by_hand = _made_by_hand(tx)
    yield from _still_there(house, {i: account for i, account in by_hand.items() if i in mine})
    if first is None:
        return
    live: Counter[tuple[Any, Any]] = Counter()
    there: set[str] = set()
    for account in _accounts(house):
        for invoice in house.billing(account).invoices(first - timedelta(minutes=5)):
            key = (invoice.get("metadata") or {}).get("handoff_key")
            if key in ours and invoice["status"] != "void":
                live[key, invoice["metadata"]["handoff_invoice"]] += 1
                there.add(invoice["id"])
                if invoice["id"] not in mine:
                    yield Finding(
                        invariant="I1", subject=invoice["id"], what="is ours at Stripe, unknown to the ledger"
                    )
    for (key, n), count in live.items():
        if count > 1:
            yield Finding(invariant="I1", subject=f"deal:{ours[key]}", what=f"{count} live invoices for instalment {n}")
    for invoice_id in mine - there - by_hand.keys():
        yield Finding(invariant="I1", subject=invoice_id, what="is confirmed in the ledger, not live at Stripe")


def _made_by_hand(tx: sa.Connection) -> dict[str, str]:
    """Invoices that people made: they need carry no mark of ours. External id -> service."""
    found = sa.select(effect.c.external_id, effect.c.service).where(
        effect.c.kind == EffectKind.INVOICE, effect.c.outcome == BY_HAND, effect.c.state == EffectState.CONFIRMED
    )
    return {row.external_id: row.service for row in tx.execute(found)}


def _still_there(house: House, made: dict[str, str]) -> Iterator[Finding]:
    """I1 for what people made: each is asked for by its id."""
    for invoice_id, service in made.items():
        invoice = house.billing(service.partition(":")[2]).invoice(invoice_id)
        if invoice is None or invoice["status"] == "void":
            what = "was made by hand, and is not live at Stripe"
            yield Finding(invariant="I1", subject=invoice_id, what=what)


def _voided(tx: sa.Connection) -> set[str]:
    """Invoices that a person voided, as a run has seen and written down."""
    seen = tx.execute(sa.select(event.c.new).where(event.c.what == VOIDED)).scalars()
    return {str(told["external_id"]) for told in seen}


def _confirmed_ids(tx: sa.Connection, kind: EffectKind) -> set[str]:
    confirmed = sa.select(effect.c.external_id).where(effect.c.kind == kind, effect.c.state == EffectState.CONFIRMED)
    return set(tx.execute(confirmed).scalars())


def _one_customer_each(house: House) -> Iterator[Finding]:
    """I2: one customer per account and currency policy that carries our mark; and it is the ledger's."""
    with house.store.read() as tx:
        mine = _confirmed_ids(tx, EffectKind.CUSTOMER)
    for account in _accounts(house):
        marked = defaultdict(list)
        for customer in house.billing(account).customers():
            if scope := (customer.get("metadata") or {}).get("handoff_scope"):
                marked[scope].append(customer["id"])
        for scope, ids in marked.items():
            if len(ids) > 1:
                yield Finding(invariant="I2", subject=scope, what=f"customers {', '.join(ids)}")
            elif ids[0] not in mine:
                yield Finding(invariant="I2", subject=ids[0], what="carries our mark, unknown to the ledger")


def _shown_in_crm(house: House) -> Iterator[Finding]:
    """I12: the status shown in the CRM is the ledger's."""
    source_map = house.pack.fields.sources[house.source.name]
    field = source_map.write_back.get("status")
    if field is None:
        return
    with house.store.read() as tx:
        told = sa.and_(handoff.c.written_hash.is_not(None), handoff.c.written_hash != REFUSED)
        written = tx.execute(sa.select(handoff).where(told)).all()
        open_entries = {row.id: row for row in entries.open_entries(tx)}
        violations = entries.violations_of(tx, list(open_entries))
    open_deals = {row.deal_id for number, row in open_entries.items() if holds(row, violations[number])}
    shown = _statuses(house, source_map.object, field, [row.deal_id for row in written])
    for row in written:
        label = status_label(HandoffState(row.state), held=row.deal_id in open_deals)
        if row.deal_id in shown and shown[row.deal_id] != label:
            what = f"the CRM shows {shown[row.deal_id]!r}, the ledger says {label!r}"
            yield Finding(invariant="I12", subject=f"deal:{row.deal_id}", what=what)


def _statuses(house: House, name: str, field: str, deal_ids: list[str]) -> dict[str, Any]:
    query = SourceQuery(object=name, fields=("Id", field))
    found = [s for part in handoffs.chunks(deal_ids) for s in house.source.by_ids(query, part)]
    return {s["Id"]: s[field] for s in found}


def _one_project_each(house: House) -> Iterator[Finding]:
    """I1: one project per deal at the tracker; and those of the ledger are there."""
    projects = [project for team in house.teams for project in house.tracker.projects(team)]
    with house.store.read() as tx:
        twice = list(surplus(tx, projects))
    for found in twice:
        what = f"project {found.gid} besides {found.kept}: handoff sweep archives it"
        yield Finding(invariant="I1", subject=f"deal:{found.deal_id}", what=what)
