"""The effects a deal needs, in order: planned once, with their bodies, before the first is sent (RR1)."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa

from handoff.core.deal import DealRow
from handoff.core.handoff import EffectKind, EffectState
from handoff.core.keys import fingerprint, marker
from handoff.core.pack import Pack, Step, StepKind
from handoff.store import effects, events, handoffs
from handoff.store.effects import Effect, PlannedEffect
from mappings import asana_tracker, stripe_billing

ASANA = "asana"
_IN_DOUBT = (EffectState.IN_FLIGHT, EffectState.UNKNOWN)
FINAL = (EffectKind.FINALIZE, EffectKind.SEND)
"""What makes an invoice of a draft."""
BILLING = frozenset({EffectKind.INVOICE, EffectKind.LINES, *FINAL})


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What delivering a deal means: its own effects, and the customer that it shares with its account's deals."""

    stripe_account: str
    customer: PlannedEffect
    effects: tuple[PlannedEffect, ...]

    @property
    def billing_content(self) -> str:
        """Hash of what would be invoiced, and to whom: a change after delivery is a change of this."""
        return fingerprint([self.customer.scope, *(e.body for e in self.effects if e.kind in BILLING)])


def stripe(account: str) -> str:
    """The service's name in breakers and counts: each Stripe account may fail by itself."""
    return f"stripe:{account}"


def plan(row: DealRow, pack: Pack, key: str, team: str) -> Plan:
    """All effects for a deal that passed the gate. `team`: the tracker's, for packs that name none."""
    account = stripe_billing.entity_of(row, pack).stripe_account
    own: list[PlannedEffect] = []
    for name, step in pack.workflow.steps.items():
        if not applies(step, row):
            continue
        if step.does is StepKind.INVOICE:
            own += _invoices(row, pack, key, name, stripe(account))
        elif step.does is StepKind.PROJECT:
            own += _project(asana_tracker.project_plan(row, pack, key, team), key, name)
    numbered = tuple(replace(e, seq=n) for n, e in enumerate(own))
    return Plan(stripe_account=account, customer=customer_of(row, pack), effects=numbered)


def customer_of(row: DealRow, pack: Pack) -> PlannedEffect:
    """What a deal says of the customer that it shares with its account's other deals."""
    return PlannedEffect(
        scope=stripe_billing.customer_scope(row, pack),
        kind=EffectKind.CUSTOMER,
        step="customer",
        service=stripe(stripe_billing.entity_of(row, pack).stripe_account),
        body={
            "customer": stripe_billing.customer_body(row, pack),
            "tax_id": stripe_billing.tax_id_body(row),
            "known": row.get("billing_customer"),
            "account_id": row.get("account_id"),
        },
    )


def applies(step: Step, row: DealRow) -> bool:
    """Whether a workflow step is for this deal's type."""
    return not step.deal_types or row.get("deal_type") in step.deal_types


def _invoices(row: DealRow, pack: Pack, key: str, step: str, service: str) -> Iterator[PlannedEffect]:
    """Draft, lines, verify, then finalise or send (law 4), for each instalment."""
    entity = stripe_billing.entity_of(row, pack)
    last = EffectKind.SEND if entity.send == "by_stripe" else EffectKind.FINALIZE
    for n, invoice in enumerate(stripe_billing.invoices(row, pack, key), start=1):
        bodies: dict[EffectKind, dict[str, Any]] = {
            EffectKind.INVOICE: {"draft": invoice.draft},
            EffectKind.LINES: {"invoice": n, "lines": list(invoice.lines)},
            EffectKind.VERIFY: {"invoice": n, "expected": invoice.expected},
            last: {"invoice": n},
        }
        for kind, body in bodies.items():
            scope = f"bk:{key}:{kind}:{n}"
            yield PlannedEffect(scope=scope, kind=kind, step=step, service=service, body=body)


def _project(project: asana_tracker.ProjectBodies, key: str, step: str) -> Iterator[PlannedEffect]:
    """The project, then its sections and tasks; from a template: the job, then the details it cannot take."""
    common = {"marker": marker(key), "team": project.team, "project": project.body}

    def planned(kind: EffectKind, scope: str, body: dict[str, Any]) -> PlannedEffect:
        return PlannedEffect(scope=f"bk:{key}:{scope}", kind=kind, step=step, service=ASANA, body=body)

    if project.template:
        yield planned(EffectKind.TEMPLATE, "project", {**common, "template": project.template})
        yield planned(EffectKind.DETAILS, "details", {"project": project.details})
    else:
        yield planned(EffectKind.PROJECT, "project", common)
    for n, section in enumerate(project.sections, start=1):
        yield planned(EffectKind.SECTION, f"section:{n}", {"name": section})
    for n, task in enumerate(project.tasks, start=1):
        yield planned(EffectKind.TASK, f"task:{n}", {"task": task.body, "section": task.section})


def store(tx: sa.Connection, handoff_id: int, wanted: Plan, earlier: Plan | None) -> str | None:
    """Write a plan down. `earlier`: what the pack of today makes of the deal as it was when it was planned.

    What was sent stays as it is. Once something of an invoice was sent, a pack that would invoice otherwise changes
    nothing of it any more (else a second plan could bill a part twice); a deal that would be invoiced otherwise is a
    person's. Returns None, or in words what was already sent differently: then nothing was written.
    """
    before = {row.scope: row for row in effects.of_handoff(tx, handoff_id)}
    planned = {e.scope: e for e in wanted.effects}
    sent = {scope for scope, row in before.items() if not _not_done(row)}
    billed = [row for row in before.values() if row.scope in sent and row.kind in BILLING]
    if final := all_final(before.values()):  # what changed was compared with them (`drift`), and is no matter
        planned = _frozen(before, planned)
    elif differs := [row for row in billed if not _as_planned(row, planned)]:
        if _moved(tx, handoff_id, wanted) or not earlier or earlier.billing_content != wanted.billing_content:
            return f"the {differs[0].kind} {differs[0].external_id or ''} was already sent".replace("  ", " ")
        planned = _frozen(before, planned)
    elif billed and _moved(tx, handoff_id, wanted):
        return f"the {billed[0].kind} was already sent to another customer"
    effects.drop_unsent(tx, [row.id for scope, row in before.items() if scope not in planned])
    for scope in planned.keys() & before.keys() - sent:
        _renew(tx, before[scope], planned[scope])
    for row in before.values():
        if row.state in _IN_DOUBT and row.attempts:  # who sends a deal on again gives it its tries anew
            effects.change(tx, row, EffectState(row.state), attempts=0)
    new = [e for scope, e in planned.items() if scope not in before]
    new = [replace(e, handoff_id=handoff_id) for e in new]
    effects.plan(tx, _under_unused_keys(tx, new) if before or earlier else new)
    if not final:
        _store_shared(tx, wanted.customer)
    return None


def _under_unused_keys(tx: sa.Connection, planned: Sequence[PlannedEffect]) -> list[PlannedEffect]:
    """The same, each in a generation whose key was never sent: one that was planned before and dropped had keys."""
    used = events.generations(tx, [f"effect:{e.scope}" for e in planned])
    return [replace(e, generation=used[s] + 1) if (s := f"effect:{e.scope}") in used else e for e in planned]


def _as_planned(row: Effect, planned: Mapping[str, PlannedEffect]) -> bool:
    return row.scope in planned and _same_body(row, planned[row.scope])


def _same_body(row: Effect, planned: PlannedEffect) -> bool:
    return fingerprint(row.body) == fingerprint(planned.body)


def _moved(tx: sa.Connection, handoff_id: int, wanted: Plan) -> bool:
    """Whether the deal would now be invoiced to another customer, or at another Stripe account."""
    row = handoffs.by_id(tx, handoff_id)
    return (row.customer_scope, row.stripe_account) != (wanted.customer.scope, wanted.stripe_account)


def _frozen(before: Mapping[str, Effect], planned: Mapping[str, PlannedEffect]) -> dict[str, PlannedEffect]:
    """The plan with the invoices as they were planned first."""
    invoicing = {*BILLING, EffectKind.VERIFY}
    first = {
        row.scope: PlannedEffect(
            scope=row.scope, kind=row.kind, step=row.step, service=row.service, body=row.body, seq=row.seq
        )
        for row in before.values()
        if row.kind in invoicing
    }
    return {**first, **{scope: e for scope, e in planned.items() if e.kind not in invoicing}}


def any_sent(tx: sa.Connection, handoff_id: int) -> bool:
    """Whether anything of this handoff may have reached a service."""
    return not all(_not_done(row) for row in effects.of_handoff(tx, handoff_id))


def all_final(rows: Collection[Effect]) -> bool:
    """Whether every invoice of a handoff is final, so that nothing of them is sent any more."""
    last = [row for row in rows if row.kind in FINAL]
    return bool(last) and all(row.state == EffectState.CONFIRMED for row in last)


def any_final(rows: Collection[Effect]) -> bool:
    """Whether an invoice of a handoff is final."""
    return any(row.kind in FINAL and row.state == EffectState.CONFIRMED for row in rows)


def _not_done(row: Effect) -> bool:
    """Nothing was sent, or the service said that it did nothing."""
    return row.state in (EffectState.REFUSED, EffectState.PLANNED)


def _renew(tx: sa.Connection, row: Effect, planned: PlannedEffect) -> None:
    """What was refused, or tried with another body, needs a new key (services.md 5); the untried just its body."""
    again = row.state == EffectState.REFUSED or (row.tried_since is not None and not _same_body(row, planned))
    generation = row.generation + 1 if again else row.generation
    effects.change(
        tx,
        row,
        EffectState.PLANNED,
        body=planned.body,
        seq=planned.seq,
        step=planned.step,
        generation=generation,
        attempts=0,
        error=None,
    )


def _store_shared(tx: sa.Connection, customer: PlannedEffect) -> None:
    """The customer and its tax id; what was refused is tried again, as it now is."""
    tax_id = _tax_id(customer)
    found = effects.by_scopes(tx, [customer.scope, tax_id.scope])
    for planned in (customer, *([tax_id] if tax_id.body else [])):
        row = found.get(planned.scope)
        if row is None:
            effects.plan(tx, _under_unused_keys(tx, [planned]) if planned is tax_id else [planned])
        elif _not_done(row) and (row.state == EffectState.REFUSED or not _same_body(row, planned)):
            _renew(tx, row, planned)
    if tax_id.scope in found and not tax_id.body:
        effects.drop_unsent(tx, [found[tax_id.scope].id])


def _tax_id(customer: PlannedEffect) -> PlannedEffect:
    """The effect that gives a customer its tax id; an empty body when the deal names none."""
    body = customer.body["tax_id"] or {}
    return replace(customer, scope=tax_id_scope(customer.scope), kind=EffectKind.TAX_ID, body=body)


def update_scope(customer_scope: str) -> str:
    """The scope of what brings a customer up to date."""
    return f"{customer_scope}:update"


def tax_id_scope(customer_scope: str) -> str:
    """The scope of a customer's tax id."""
    return f"{customer_scope}:tax_id"
