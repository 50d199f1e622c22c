"""Packs and deals made in code for the gate's tests: only what matters to a test is stated there."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from checks.facts import Facts, OtherDeal
from checks.gate import GateResult, frame, judge
from checks.rules import RULES
from handoff.core.deal import DEAL_FIELDS, LINE_FIELDS, DealRow, Kind
from handoff.core.pack import (
    BillingEntity,
    BillingPlan,
    FieldMap,
    LabelSet,
    LineMap,
    MappedField,
    Owners,
    Pack,
    Policies,
    ProjectPlan,
    SourceMap,
    Trigger,
    Workflow,
)
from handoff.core.violation import Violation

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)

LABELS: dict[str, dict[str, Any]] = {
    "stage": {"labels": ("Closed Won", "Closed Lost")},
    "record_type": {"labels": ("Standard",)},
    "deal_type": {"labels": ("New Business", "Expansion", "Renewal")},
    "region": {"labels": ("East", "West")},
    "sector": {"labels": ("technology", "medical")},
    "customer_kind": {"labels": ("business", "consumer", "public body")},
    "billing_country": {
        "labels": (
            "Germany",
            "France",
            "Austria",
            "Greece",
            "United States",
            "United Kingdom",
            "Japan",
            "Kenya",
            "Bhutan",
        ),
        "groups": {"EU": ("Germany", "France", "Austria", "Greece")},
    },
    "payment_terms": {"labels": ("Net 30", "Net 60", "Net 90")},
    "billing_entity": {"labels": ("Acme Inc", "Acme Pacific", "Acme GmbH")},
    "instalment_plan": {"labels": ("at once", "quarterly")},
    "product": {"labels": ("GTX Basic", "GTX Pro", "MG Special")},
}

VALUES: dict[str, str | None] = {
    "deal_id": "006000000000001AAA",
    "deal_name": "Acme: new widgets",
    "stage": "Closed Won",
    "won": "true",
    "deal_type": "New Business",
    "rep_id": "005000000000001AAA",
    "rep_name": "Rita Rep",
    "rep_email": "rita@ours.example.com",
    "rep_active": "true",
    "region": "East",
    "account_id": "001000000000001AAA",
    "account_name": "Widget Works",
    "sector": "technology",
    "customer_kind": "business",
    "billing_country": "United States",
    "billing_contact_id": "003000000000001AAA",
    "billing_contact_name": "Carl Customer",
    "billing_email": "carl@widgets.example.com",
    "amount": "1000.00",
    "currency": "USD",
    "payment_terms": "Net 30",
    "billing_entity": "Acme Inc",
    "po_required": "false",
    "tax_exempt": "false",
    "engaged_on": "2026-09-01",
    "closed_on": "2026-11-20",
    "kickoff_on": "2026-12-01",
    "service_from": "2026-12-01",
    "service_until": "2027-11-30",
}
LINE: dict[str, str | None] = {
    "line_id": "00k000000000001AAA",
    "product": "GTX Basic",
    "quantity": "2",
    "unit_price": "500",
    "line_total": "1000",
    "recurring": "false",
}


def make_source(without: Sequence[str] = ()) -> SourceMap:
    """A source that maps every field under its own name, apart from `without`."""

    def mapped(name: str, kind: Kind) -> MappedField:
        return MappedField.model_validate({"from": name, "labels": name if kind is Kind.LABEL else None})

    return SourceMap(
        fields={f.name: mapped(f.name, f.kind) for f in DEAL_FIELDS if f.name not in without},
        lines=LineMap(
            relationship="lines",
            fields={f.name: mapped(f.name, f.kind) for f in LINE_FIELDS if f"lines.{f.name}" not in without},
        ),
    )


def make_pack(
    rules: Sequence[str] = (),
    *,
    required: Mapping[str, Any] | None = None,
    without: Sequence[str] = (),
    deal_types: Sequence[str] = (),
    default_entity: str | None = None,
    **policies: Any,
) -> Pack:
    """A pack that uses the given rules (default: all); keywords are policies."""
    limits: dict[str, Any] = {
        "currencies": ("USD", "EUR", "JPY", "KWD"),
        "own_domains": ("ours.example.com",),
        "amount": {"maximum": {"USD": Decimal(1_000_000)}},
        "discount": {"limit_percent": Decimal(20), "list_prices": {"GTX Basic": Decimal(550)}},
        "payment_terms": {"limit_days": 60},
        "dates": {"earliest_close": "2020-01-01", "kickoff_within_days": 90, "invoice_cut_off": "2026-06-30"},
        "recurring_products": (),
    }
    return Pack(
        name="test",
        fingerprint="0",
        trigger=Trigger(owner_role="ops", stop_role="ops"),
        fields=FieldMap(owner_role="ops", sources={"crm": make_source(without)}, required=dict(required or {})),
        labels={name: LabelSet(owner_role="ops", **parts) for name, parts in LABELS.items()},
        policies=Policies(owner_role="ops", rules=tuple(rules or RULES), **{**limits, **policies}),
        owners=Owners(tie_breaker="ops", people={}, roles={}, rules={}, failures={}),
        workflow=Workflow(owner_role="ops", deal_types=tuple(deal_types), steps={}),
        billing=BillingPlan(
            owner_role="ops",
            entities={
                "Acme Inc": BillingEntity(currencies=("USD",), zone="America/New_York"),
                "Acme Pacific": BillingEntity(currencies=("USD", "JPY"), zone="Pacific/Kiritimati"),
                "Acme GmbH": BillingEntity(currencies=("EUR",), zone="Europe/Berlin"),
            },
            default_entity=default_entity,
            days_until_due={"Net 30": 30, "Net 60": 60, "Net 90": 90},
        ),
        project=ProjectPlan(owner_role="ops", kinds={}),
    )


def make_row(lines: Sequence[Mapping[str, str | None]] | None = None, **values: str | None) -> DealRow:
    """A deal that every rule passes, apart from the given values."""
    return DealRow(values={**VALUES, **values}, lines=tuple((LINE,) if lines is None else lines))


def make_line(**values: str | None) -> dict[str, str | None]:
    """A line in order, apart from the given values."""
    return {**LINE, **values}


def run(rows: Sequence[DealRow], pack: Pack, now: datetime = NOW, others: Sequence[OtherDeal] = ()) -> GateResult:
    """Judge rows as the road does."""
    return judge(frame(rows), pack, "crm", Facts(now=now, others=others))


def found(row: DealRow, rule: str, **pack: Any) -> Violation | None:
    """What one rule, with those it needs, says about one deal."""
    result = run([row], make_pack((rule, *RULES[rule].needs), **pack))
    return next((violation for violation in result.violations[0] if violation.rule in (rule, "rule_error")), None)
