"""The manual fallback: what a person does at Stripe and Asana to hand one deal off without us, value by value."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from handoff.core.deal import DealRow
from handoff.core.handoff import EffectKind, EffectState
from handoff.core.keys import marker
from handoff.core.pack import Pack, StepKind
from handoff.store.effects import Effect, PlannedEffect
from mappings import asana_tracker
from mappings.stripe_money import in_words

_FINAL = (EffectKind.FINALIZE, EffectKind.SEND)
_ROOTS = (EffectKind.PROJECT, EffectKind.TEMPLATE)
_IN_DOUBT = (EffectState.IN_FLIGHT, EffectState.UNKNOWN)
_UNREADABLE = (ValueError, KeyError, ArithmeticError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """One thing to type or to choose; `value` None: the deal does not say it, so ask."""

    name: str
    value: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One object to make: where to click, with which values in order; `already`: why not to make it again."""

    title: str
    where: str
    values: tuple[Value, ...]
    already: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the checklist is made from. `customer` and `effects`: the plan; empty when the deal cannot be planned."""

    row: DealRow
    pack: Pack
    key: str
    team: str
    customer: PlannedEffect | None
    effects: Sequence[PlannedEffect]
    own: Sequence[Effect]
    customer_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Checklist:
    """The whole of it. `unplanned`: why the deal cannot be planned as it stands."""

    entry: str | None
    deal_id: str
    deal_name: str | None
    account_name: str | None
    unplanned: str | None
    parts: tuple[Part, ...]

    @property
    def missing(self) -> list[str]:
        """What nobody can read from the deal."""
        return [f"{part.title}: {value.name}" for part in self.parts for value in part.values if value.value is None]

    @property
    def then(self) -> str:
        """How it is told to us, so that nobody makes a second one."""
        invoices = sum(part.title.startswith("Invoice") for part in self.parts) or 1
        words = " ".join(["--invoice in_…"] * invoices)
        return f"handoff queue done-by-hand {self.entry or 'ENTRY'} {words} --project GID --why TEXT"

    def document(self) -> dict[str, Any]:
        """The contract of `fallback --json`; a value that is null must be asked for."""
        return {
            "entry": self.entry,
            "deal_id": self.deal_id,
            "deal_name": self.deal_name,
            "account_name": self.account_name,
            "unplanned": self.unplanned,
            "parts": [
                {
                    "title": part.title,
                    "where": part.where,
                    "already": part.already,
                    "values": [{"name": v.name, "value": v.value} for v in part.values],
                }
                for part in self.parts
            ],
            "missing": self.missing,
            "then": self.then,
        }


def parts(known: Known) -> tuple[Part, ...]:
    """Customer, invoices and project, in the order in which they are made."""
    found = [_customer(known), *_invoices(known)]
    if project := _project(known):
        found.append(project)
    return tuple(found)


def _customer(known: Known) -> Part:
    row = known.row
    body = known.customer.body["customer"] if known.customer else {}
    tax_id = (known.customer.body["tax_id"] or {}).get("value") if known.customer else row.get("tax_id")
    exempt = "exempt from tax" if row.get("tax_exempt") == "true" else None
    values = [
        Value(name="Name", value=body.get("name") or row.get("legal_name") or row.get("account_name")),
        Value(name="E-mail", value=body.get("email") or row.get("billing_email")),
        Value(name="Address", value=address(row)),
        *([Value(name="Tax id", value=tax_id)] if tax_id else []),
        *([Value(name="Tax status", value=exempt)] if exempt else []),
        *(Value(name=f"Metadata {name}", value=value) for name, value in body.get("metadata", {}).items()),
    ]
    already = f"{known.customer_id} is this account's customer: use it" if known.customer_id else None
    where = "Stripe dashboard > Customers: look for the name and the e-mail first; else Add customer"
    return Part(title="Customer", where=where, values=tuple(values), already=already)


def address(row: DealRow) -> str | None:
    """The billing address on one line; None when the deal says nothing of it."""
    parts = ("street", "postal_code", "city", "state", "country")
    return ", ".join(" ".join(v.split()) for name in parts if (v := row.get(f"billing_{name}"))) or None


def _invoices(known: Known) -> Iterator[Part]:
    bodies = {
        kind: [e.body for e in known.effects if e.kind == kind]
        for kind in (EffectKind.INVOICE, EffectKind.LINES, EffectKind.VERIFY)
    }
    count = len(bodies[EffectKind.INVOICE])
    sends = any(e.kind == EffectKind.SEND for e in known.effects)
    for n, (draft, lines, check) in enumerate(zip(*bodies.values(), strict=True), start=1):
        title = "Invoice" if count == 1 else f"Invoice {n} of {count}"
        values = tuple(_planned(draft["draft"], lines["lines"], check["expected"], sends=sends))
        yield Part(title=title, where=_WHERE, values=values, already=_made(known, EffectKind.INVOICE, n))
    if not count and any(step.does is StepKind.INVOICE for step in known.pack.workflow.steps.values()):
        values = tuple(_readable(known))
        yield Part(title="Invoice", where=_WHERE, values=values, already=_made(known, EffectKind.INVOICE, 1))


_WHERE = "Stripe dashboard > Invoices > Create invoice; metadata under Advanced options"


def _planned(
    draft: Mapping[str, Any], lines: Sequence[Mapping[str, Any]], expected: Mapping[str, Any], *, sends: bool
) -> Iterator[Value]:
    currency = draft["currency"].upper()
    yield Value(name="Customer", value="the one above")
    yield Value(name="Currency", value=currency)
    for n, line in enumerate(lines, start=1):
        yield Value(name=f"Line {n}", value=f"{line['description']}: {in_words(line['amount'], currency)}")
    yield Value(name="Total excluding tax", value=in_words(expected["total_excluding_tax"], currency))
    rates = ", ".join(draft.get("default_tax_rates", []))
    yield Value(name="Tax", value="automatic" if expected["automatic_tax"] else rates or "none")
    yield Value(name="Due", value=f"{draft['days_until_due']} days after it is sent")
    for field in draft.get("custom_fields", []):
        yield Value(name=field["name"], value=field["value"])
    if memo := draft.get("description"):
        yield Value(name="Memo", value=memo)
    for name, value in draft["metadata"].items():
        yield Value(name=f"Metadata {name}", value=value)
    yield Value(name="Then", value="finalise and send it" if sends else "finalise it; finance sends it")


def _readable(known: Known) -> Iterator[Value]:
    """What stands in a deal that cannot be planned, as it stands there."""
    row = known.row
    yield Value(name="Customer", value="the one above")
    yield Value(name="Currency", value=row.get("currency"))
    for n, line in enumerate(row.lines, start=1):
        named = ("product", "description", "quantity", "unit_price", "line_total")
        text = ", ".join(f"{name.replace('_', ' ')} {v}" for name in named if (v := line.get(name)))
        yield Value(name=f"Line {n}", value=text or None)
    yield Value(name="Total excluding tax", value=row.get("amount"))
    yield Value(name="Billing entity", value=row.get("billing_entity") or known.pack.billing.default_entity)
    yield Value(name="Payment terms", value=row.get("payment_terms") or known.pack.billing.default_terms)
    if row.get("po_required") == "true" or row.get("po_number"):
        yield Value(name=known.pack.billing.po_number_label, value=row.get("po_number"))
    if row.get("instalment_plan"):
        yield Value(name="Instalments", value=row.get("instalment_plan"))
    for name, value in (("handoff_key", known.key), ("handoff_invoice", "1"), ("handoff_deal", row.deal_id)):
        yield Value(name=f"Metadata {name}", value=value)
    yield Value(name="Then", value="finalise it, and send it as your company does")


def _made(known: Known, kind: EffectKind, n: int) -> str | None:
    """What of it was sent already: a person must not make a second one."""
    own = [e for e in known.own if e.scope.endswith(f":{n}") or e.kind in _ROOTS]
    made = next((e for e in own if e.kind in (_ROOTS if kind in _ROOTS else (kind,))), None)
    if made is None or made.state in (EffectState.PLANNED, EffectState.REFUSED):
        return None
    if made.state in _IN_DOUBT:
        return "we sent it and no reply came: look for the metadata, or the mark in the name, before you make it"
    if kind is EffectKind.INVOICE and not any(e.kind in _FINAL and e.state == EffectState.CONFIRMED for e in own):
        return f"our draft {made.external_id} is there: finish that one, or delete it first"
    return f"{made.external_id} is there: do not make it again"


def _project(known: Known) -> Part | None:
    steps = [s for s in known.pack.workflow.steps.values() if s.does is StepKind.PROJECT]
    planned = any(e.kind in _ROOTS for e in known.effects)
    if not steps or (known.effects and not planned):
        return None
    try:
        plan = asana_tracker.project_plan(known.row, known.pack, known.key, known.team)
    except _UNREADABLE:
        name = f"{known.row.get('deal_name') or 'the deal'} [{marker(known.key)}]"
        kickoff = Value(name="Kick-off", value=known.row.get("kickoff_on"))
        lacking = (Value(name="Name", value=name), kickoff, Value(name="What it is made of", value=None))
        return Part(title="Project", where=_ASANA, values=lacking, already=_made(known, EffectKind.PROJECT, 0))
    where = f"{_ASANA} of the template {plan.template}" if plan.template else _ASANA
    values = tuple(of_project(plan, known.row.get("kickoff_on")))
    return Part(title="Project", where=where, values=values, already=_made(known, EffectKind.PROJECT, 0))


_ASANA = "Asana > Create > Project"


def of_project(plan: asana_tracker.ProjectBodies, kickoff: str | None) -> Iterator[Value]:
    """A project, value by value: what it is called, when, who is in it, its tasks."""
    body = {**plan.details, **plan.body}
    yield Value(name="Team", value=plan.team or None)
    yield Value(name="Name", value=body["name"])
    yield Value(name="Privacy", value=str(body["privacy_setting"]).replace("_", " "))
    yield Value(name="Kick-off", value=kickoff)
    if "due_on" in body:
        yield Value(name="Dates", value=f"{body['start_on']} to {body['due_on']}")
    for asked in body.get("requested_dates", []):
        yield Value(name=f"Date {asked['gid']} of the template", value=asked["value"])
    if body.get("followers"):
        yield Value(name="Members", value=body["followers"].replace(",", ", "))
    if plan.sections:
        yield Value(name="Sections", value=", ".join(plan.sections))
    for n, task in enumerate(plan.tasks, start=1):
        said = (("due", task.body.get("due_on")), ("for", task.body.get("assignee")), ("in", task.section))
        more = ", ".join(f"{word} {value}" for word, value in said if value)
        yield Value(name=f"Task {n}", value=task.body["name"] + (f" ({more})" if more else ""))
    yield Value(name="Notes", value=body["notes"])
