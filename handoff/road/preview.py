"""A deal as it was pulled and as it would be written, for whoever decides on it; from the store alone."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import sqlalchemy as sa

from handoff.core.deal import DEAL_FIELDS, LINE_FIELDS, DealRow, Theme
from handoff.core.handoff import HandoffState
from handoff.core.pack import StepKind
from handoff.ledger import steps
from handoff.report.previews import Drafted, Preview, preview
from handoff.road.house import House
from handoff.road.verdict import UNPLANNABLE, payload_of
from handoff.store import overlays
from mappings import asana_tracker, stripe_billing
from mappings.deal_row import to_row
from mappings.stored_deal import stored_row

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class PulledValue:
    """One field of the deal: as the CRM says it, and as it holds here. `seen`: what a synonym was translated from."""

    field: str
    meaning: str
    crm: str | None
    holds: str | None
    seen: str | None = None

    @property
    def corrected(self) -> bool:
        return self.crm != self.holds


@dataclass(frozen=True, slots=True, kw_only=True)
class DealView:
    """A deal before its decision. `pulled`: what it says, by theme; `since_delivery`: it is held against what was sent.

    `payload`: the hash of what would be written, to which an approval is bound; None while nobody can say that.
    """

    pulled: Mapping[Theme, tuple[PulledValue, ...]]
    lines: tuple[Mapping[str, str | None], ...]
    line_fields: tuple[str, ...]
    preview: Preview
    since_delivery: bool
    payload: str | None


def view(tx: sa.Connection, house: House, handoff: sa.Row[Any], row: DealRow) -> DealView:
    """`row`: the deal as it is known now, under the corrections that hold."""
    stored = overlays.as_known(tx, handoff)
    crm = to_row(stored.content, house.pack, stored.source)
    delivered = handoff.state == HandoffState.DELIVERED and handoff.planned_snapshot_id is not None
    before = stored_row(overlays.as_planned(tx, handoff), house.pack) if delivered else crm
    named = tuple(f.name for f in LINE_FIELDS if f.name != "line_id" and any(line.get(f.name) for line in row.lines))
    return DealView(
        pulled=_pulled(crm, row),
        lines=row.lines,
        line_fields=named,
        preview=preview(_drafted(house, handoff, row), _drafted(house, handoff, before)),
        since_delivery=delivered,
        payload=_payload(house, handoff, row),
    )


def _payload(house: House, handoff: sa.Row[Any], row: DealRow) -> str | None:
    try:
        return payload_of(house, row, handoff.billing_key)
    except UNPLANNABLE:
        return None


def _pulled(crm: DealRow, row: DealRow) -> dict[Theme, tuple[PulledValue, ...]]:
    seen = {t.field: t.seen for t in crm.translations if t.line is None}
    found: dict[Theme, list[PulledValue]] = {}
    for field in DEAL_FIELDS:
        name = field.name
        value = PulledValue(
            field=name, meaning=field.meaning, crm=crm.get(name), holds=row.get(name), seen=seen.get(name)
        )
        if value.crm is not None or value.holds is not None:
            found.setdefault(field.theme, []).append(value)
    return {theme: tuple(values) for theme, values in found.items()}


def _drafted(house: House, handoff: sa.Row[Any], row: DealRow) -> Drafted:
    """Part by part, so that one which cannot be worked out hides no other."""
    pack, missing = house.pack, list[str]()
    own = [step for step in pack.workflow.steps.values() if steps.applies(step, row)]
    entity = _tried("billing entity", lambda: stripe_billing.entity_of(row, pack), missing)
    customer = _tried("customer", lambda: stripe_billing.customer_body(row, pack), missing)
    tax_id = _tried("tax id", lambda: stripe_billing.tax_id_body(row), missing)
    invoices, project = None, None
    if any(step.does is StepKind.INVOICE for step in own):
        invoices = _tried("invoice", lambda: stripe_billing.invoices(row, pack, handoff.billing_key), missing)
    if any(step.does is StepKind.PROJECT for step in own):
        made = (row, pack, handoff.billing_key, house.team)
        project = _tried("project", lambda: asana_tracker.project_plan(*made), missing)
    return Drafted(
        row=row,
        customer=customer,
        tax_id=str(tax_id["value"]) if tax_id else None,
        entity=stripe_billing.entity_label(row, pack) if entity else None,
        sent_by_stripe=entity is not None and entity.send == "by_stripe",
        invoices=tuple(invoices or ()),
        project=project,
        missing=tuple(missing),
    )


def _tried(part: str, make: Callable[[], T], missing: list[str]) -> T | None:
    """What can be made; else a sentence that says what is missing. A reason that was said is not said again."""
    try:
        return make()
    except UNPLANNABLE as error:
        why = str(error) or type(error).__name__
        if isinstance(error, KeyError):
            why = f"nothing is known as {why}"
        if not any(said.endswith(f": {why}.") for said in missing):
            missing.append(f"The {part} cannot be worked out yet: {why}.")
        return None
