"""What would be written for a deal: customer, invoices and project, each value beside what it was before."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from handoff.core.deal import DealRow
from handoff.report.fallback import Value, address, of_project
from mappings.asana_tracker import ProjectBodies
from mappings.stripe_billing import InvoicePlan
from mappings.stripe_money import in_words

_TASK = "Task "
_UNSAID = frozenset({"Team", "Privacy", "Notes"})
"""What a project has besides, and nobody decides on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drafted:
    """What a deal comes to, as far as it can be worked out; `missing`: a sentence for each part that cannot."""

    row: DealRow
    customer: Mapping[str, Any] | None = None
    tax_id: str | None = None
    entity: str | None = None
    sent_by_stripe: bool = False
    invoices: tuple[InvoicePlan, ...] = ()
    project: ProjectBodies | None = None
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One value as it would be written; `before`: what it was instead, where it differs (None: nothing)."""

    name: str
    now: str | None
    before: str | None = None
    changed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of an invoice; `before`: the line that stood in its place, where it differs."""

    text: str
    amount: str
    before: str | None = None
    changed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Invoice:
    """One invoice: its lines, what they come to, and what else stands on it."""

    title: str
    lines: tuple[Line, ...]
    total: Shown
    facts: tuple[Shown, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """All of it. An empty part cannot be worked out, and `missing` says why, or the deal's workflow has none."""

    customer: tuple[Shown, ...]
    invoices: tuple[Invoice, ...]
    project: tuple[Shown, ...]
    tasks: tuple[Shown, ...]
    missing: tuple[str, ...]

    @property
    def changes(self) -> int:
        """How many values differ."""
        lines = sum(line.changed for invoice in self.invoices for line in invoice.lines)
        of_invoices = [shown for invoice in self.invoices for shown in (invoice.total, *invoice.facts)]
        return lines + sum(shown.changed for shown in (*self.customer, *of_invoices, *self.project, *self.tasks))


def preview(now: Drafted, before: Drafted | None) -> Preview:
    """What would be written now, held against `before`; where that could not be worked out, nothing is marked."""
    project, project_before = _project(now), _project(before) if before and before.project else None
    return Preview(
        customer=tuple(_against(_customer(now), _customer(before) if before and before.customer else None)),
        invoices=tuple(_invoices(now, before)),
        project=tuple(_against(_not_tasks(project), _not_tasks(project_before))),
        tasks=tuple(_against(_tasks(project), _tasks(project_before))),
        missing=now.missing,
    )


def _customer(of: Drafted) -> list[Value]:
    body = of.customer
    if body is None:
        return []
    exempt = "exempt from tax" if body.get("tax_exempt") == "exempt" else None
    return [
        Value(name="Name", value=body.get("name")),
        Value(name="E-mail", value=body.get("email")),
        Value(name="Address", value=address(of.row)),
        *([Value(name="Tax id", value=of.tax_id)] if of.tax_id else []),
        *([Value(name="Tax status", value=exempt)] if exempt else []),
    ]


def _project(of: Drafted) -> list[Value]:
    if of.project is None:
        return []
    made_of = [Value(name="Template", value=of.project.template)] if of.project.template else []
    return [*(v for v in of_project(of.project, of.row.get("kickoff_on")) if v.name not in _UNSAID), *made_of]


def _tasks(values: Sequence[Value] | None) -> list[Value] | None:
    return None if values is None else [v for v in values if v.name.startswith(_TASK)]


def _not_tasks(values: Sequence[Value] | None) -> list[Value] | None:
    return None if values is None else [v for v in values if not v.name.startswith(_TASK)]


def _invoices(now: Drafted, before: Drafted | None) -> Iterator[Invoice]:
    old = before.invoices if before else ()
    known = bool(old)
    for n, invoice in enumerate(now.invoices):
        was = old[n] if n < len(old) else None
        title = "Invoice" if len(now.invoices) == 1 else f"Invoice {n + 1} of {len(now.invoices)}"
        (total,) = _against(_total(invoice), (_total(was) if was else []) if known else None)
        yield Invoice(
            title=title,
            lines=tuple(_lines(invoice, was, known=known)),
            total=total,
            facts=tuple(
                _against(_facts(now, invoice), (_facts(before, was) if before and was else []) if known else None)
            ),
        )


def _currency(invoice: InvoicePlan) -> str:
    return str(invoice.expected["currency"]).upper()


def _total(invoice: InvoicePlan) -> list[Value]:
    said = in_words(invoice.expected["total_excluding_tax"], _currency(invoice))
    return [Value(name="Total excluding tax", value=said)]


def _facts(of: Drafted, invoice: InvoicePlan) -> list[Value]:
    draft, expected = invoice.draft, invoice.expected
    rates = ", ".join(expected["tax_rates"])
    return [
        Value(name="From", value=of.entity),
        Value(name="Due", value=f"{draft['days_until_due']} days after it is sent"),
        Value(name="Tax", value="worked out by Stripe" if expected["automatic_tax"] else rates or "none"),
        *(Value(name=field["name"], value=field["value"]) for field in draft.get("custom_fields", [])),
        *([Value(name="Memo", value=draft["description"])] if draft.get("description") else []),
        Value(name="Then", value="Stripe mails it" if of.sent_by_stripe else "finalised; finance sends it"),
    ]


def _lines(invoice: InvoicePlan, was: InvoicePlan | None, *, known: bool) -> Iterator[Line]:
    before = _said(was) if was else []
    for n, (text, amount) in enumerate(_said(invoice)):
        old = before[n] if n < len(before) else None
        changed = known and old != (text, amount)
        yield Line(text=text, amount=amount, before=": ".join(old) if changed and old else None, changed=changed)
    for text, amount in before[len(invoice.lines) :]:
        yield Line(text="(taken out)", amount="–", before=f"{text}: {amount}", changed=True)


def _said(invoice: InvoicePlan) -> list[tuple[str, str]]:
    return [(line["description"], in_words(line["amount"], _currency(invoice))) for line in invoice.lines]


def _against(now: Sequence[Value] | None, before: Sequence[Value] | None) -> Iterator[Shown]:
    """Each value with what it was; one that is not there any more is shown as gone."""
    was = {v.name: v.value for v in before or ()}
    for v in now or ():
        changed = before is not None and was.get(v.name) != v.value
        yield Shown(name=v.name, now=v.value, before=was.get(v.name) if changed else None, changed=changed)
    there = {v.name for v in now or ()}
    if now:
        gone = (name for name in was if name not in there)
        yield from (Shown(name=name, now=None, before=was[name], changed=True) for name in gone)
