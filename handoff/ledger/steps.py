"""The effects a deal needs, in order: planned once, with their bodies, before the first is sent (RR1)."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa

from handoff.core.deal import DealRow
from handoff.core.handoff import EffectKind, EffectState
from handoff.core.keys import fingerprint, marker
from handoff.core.pack import Pack, Step, StepKind
from handoff.store import effects
from handoff.store.effects import Effect, PlannedEffect
from mappings import asana_tracker, stripe_billing

ASANA = "asana"
_BILLING = frozenset({EffectKind.INVOICE, EffectKind.LINES, EffectKind.FINALIZE, EffectKind.SEND})


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What delivering a deal means: its own effects, and the customer that it shares with its account's deals."""

    stripe_account: str
    customer: PlannedEffect
    effects: tuple[PlannedEffect, ...]

    @property
    def billing_content(self) -> str:
        """Hash of what would be invoiced: a change after delivery is a change of this."""
        return fingerprint([e.body for e in self.effects if e.kind in _BILLING])


def stripe(account: str) -> str:
    """The service's name in breakers and counts: each Stripe account may fail by itself."""
    return f"stripe:{account}"


def plan(row: DealRow, pack: Pack, key: str, team: str) -> Plan:
    """All effects for a deal that passed the gate. `team`: the tracker's, for packs that name none."""
    account = stripe_billing.entity_of(row, pack).stripe_account
    scope = stripe_billing.customer_scope(row, pack)
    customer = PlannedEffect(
        scope=scope,
        kind=EffectKind.CUSTOMER,
        step="customer",
        service=stripe(account),
        body={
            "customer": stripe_billing.customer_body(row, pack),
            "tax_id": stripe_billing.tax_id_body(row),
            "known": row.get("billing_customer"),
            "account_id": row.get("account_id"),
        },
    )
    own: list[PlannedEffect] = []
    for name, step in pack.workflow.steps.items():
        if not applies(step, row):
            continue
        if step.does is StepKind.INVOICE:
            own += _invoices(row, pack, key, name, stripe(account))
        elif step.does is StepKind.PROJECT:
            own += _project(asana_tracker.project_plan(row, pack, key, team), key, name)
    numbered = tuple(replace(e, seq=n) for n, e in enumerate(own))
    return Plan(stripe_account=account, customer=customer, effects=numbered)


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
    """Write a plan down. What an `earlier` plan (the same pack, the deal as it was) has sent stays as it is.

    Returns None, or in words what was already sent differently: then nothing was written and a person must act.
    """
    before = {row.scope: row for row in effects.of_handoff(tx, handoff_id)}
    sent = {scope for scope, row in before.items() if not _unsent(row)}
    planned = {e.scope: e for e in wanted.effects}
    then = {e.scope: e.body for e in earlier.effects} if earlier else {}
    for scope in sent:
        now = planned[scope].body if scope in planned else None
        if before[scope].kind in _BILLING and then.get(scope) != now:
            return f"the {before[scope].kind} {before[scope].external_id or ''} was already sent".replace("  ", " ")
    effects.drop_unsent(tx, [row.id for scope, row in before.items() if scope not in planned])
    for scope in planned.keys() & before.keys() - sent:
        _renew(tx, before[scope], planned[scope])
    new = [e for scope, e in planned.items() if scope not in before]
    effects.plan(tx, [replace(e, handoff_id=handoff_id) for e in new])
    _store_shared(tx, wanted.customer)
    return None


def any_sent(tx: sa.Connection, handoff_id: int) -> bool:
    """Whether anything of this handoff may have reached a service."""
    return not all(_unsent(row) for row in effects.of_handoff(tx, handoff_id))


def _unsent(row: Effect) -> bool:
    return bool(row.state == EffectState.REFUSED or (row.state == EffectState.PLANNED and row.attempts == 0))


def _renew(tx: sa.Connection, row: Effect, planned: PlannedEffect) -> None:
    """A refused effect that is corrected needs a new key (services.md 5); an unsent one just its new body."""
    generation = row.generation + 1 if row.state == EffectState.REFUSED else row.generation
    effects.change(
        tx,
        row,
        EffectState.PLANNED,
        body=planned.body,
        seq=planned.seq,
        step=planned.step,
        generation=generation,
        error=None,
    )


def _store_shared(tx: sa.Connection, customer: PlannedEffect) -> None:
    row = effects.by_scopes(tx, [customer.scope]).get(customer.scope)
    if row is None:
        effects.plan(tx, [customer])
    elif _unsent(row) and row.body != customer.body:
        _renew(tx, row, customer)
