"""Deals for the gate's benchmark: a share of them fails, and in a failing deal about half of the fields are wrong."""

from datetime import UTC, datetime
from decimal import Decimal

import polars as pl

from checks.facts import Facts
from checks.schema import COLUMNS, LINE
from handoff.core.deal import DEAL_FIELDS, LINE_FIELDS, Field, Kind
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

SOURCE = "export"
FACTS = Facts(now=datetime(2026, 11, 24, 12, tzinfo=UTC))

# What a typical export pack uses: names, labels, money, terms, dates and lines; the rules that compare deals with each
# other and those on tax ids are left out, as an export rarely has their fields.
RULES = (
    "deal_id_well_formed",
    "deal_name_is_real",
    "rep_known",
    "stage_is_canonical",
    "deal_type_is_canonical",
    "region_is_canonical",
    "account_known",
    "account_name_is_real",
    "sector_is_canonical",
    "customer_kind_is_canonical",
    "country_is_canonical",
    "billing_contact_known",
    "billing_email_well_formed",
    "billing_email_not_ours",
    "amount_readable",
    "amount_above_zero",
    "amount_within_limit",
    "currency_known",
    "currency_allowed",
    "discount_within_limit_or_approved",
    "payment_terms_is_canonical",
    "payment_terms_within_limit_or_approved",
    "billing_entity_is_canonical",
    "po_number_when_required",
    "close_date_readable",
    "close_date_not_in_future",
    "close_date_not_before_engagement",
    "lines_present",
    "line_quantities_positive",
    "product_is_canonical",
)

LABELS = {
    "stage": ("Won", "Lost"),
    "record_type": ("Standard",),
    "deal_type": ("New", "Expansion", "Renewal"),
    "region": ("Central", "East", "West"),
    "sector": ("technology", "medical", "retail", "software", "finance"),
    "customer_kind": ("business", "consumer", "public body"),
    "billing_country": ("Germany", "Japan", "Kenya", "United States"),
    "payment_terms": ("Net 30", "Net 60", "Net 90"),
    "billing_entity": ("Acme Inc", "Acme GmbH"),
    "instalment_plan": ("at once",),
    "product": ("GTX Basic", "GTX Pro", "MG Special"),
}
LIST_PRICES = {"GTX Basic": Decimal(550), "GTX Pro": Decimal(4821), "MG Special": Decimal(55)}
CURRENCIES = ("USD", "EUR")
MAXIMUM = Decimal(1_000_000)
LIMIT_PERCENT = Decimal(20)
LIMIT_DAYS = 60
DAYS = {"Net 30": 30, "Net 60": 60, "Net 90": 90}
OWN_DOMAIN = "ours.example.com"
PLACEHOLDERS = ("test", "tbd", "n/a", "unknown", "xxx")


def make_pack() -> Pack:
    """A pack with the thirty rules; every field is mapped."""

    def mapped(field: Field) -> MappedField:
        labels = field.name if field.kind is Kind.LABEL else None
        return MappedField.model_validate({"from": field.name, "labels": labels})

    return Pack(
        name="bench",
        fingerprint="0",
        trigger=Trigger(owner_role="ops", stop_role="ops"),
        fields=FieldMap(
            owner_role="ops",
            sources={
                SOURCE: SourceMap(
                    fields={field.name: mapped(field) for field in DEAL_FIELDS},
                    lines=LineMap(fields={field.name: mapped(field) for field in LINE_FIELDS}),
                )
            },
        ),
        labels={name: LabelSet(owner_role="ops", labels=labels) for name, labels in LABELS.items()},
        policies=Policies.model_validate(
            {
                "owner_role": "ops",
                "rules": RULES,
                "currencies": CURRENCIES,
                "own_domains": (OWN_DOMAIN,),
                "placeholders": PLACEHOLDERS,
                "amount": {"maximum": {"USD": MAXIMUM}},
                "discount": {"limit_percent": LIMIT_PERCENT, "list_prices": LIST_PRICES},
                "payment_terms": {"limit_days": LIMIT_DAYS},
            }
        ),
        owners=Owners(tie_breaker="ops", people={}, roles={}, rules={}, failures={}),
        workflow=Workflow(owner_role="ops", steps={}),
        billing=BillingPlan(
            owner_role="ops",
            entities={label: BillingEntity(currencies=CURRENCIES) for label in LABELS["billing_entity"]},
            days_until_due=DAYS,
        ),
        project=ProjectPlan(owner_role="ops", kinds={}),
    )


GOOD: dict[str, tuple[str | None, ...]] = {
    "deal_name": ("New widgets", "More widgets", "Widgets and service"),
    "stage": ("Won",),
    "deal_type": LABELS["deal_type"],
    "rep_id": ("005000000000001AAA", "005000000000002AAA"),
    "rep_name": ("Rita Rep", "Rolf Rep"),
    "region": LABELS["region"],
    "account_name": ("Acme Corporation", "Betasoloin", "Cancity", "Isdom"),
    "sector": LABELS["sector"],
    "customer_kind": LABELS["customer_kind"],
    "billing_country": LABELS["billing_country"],
    "billing_contact_id": ("003000000000001AAA",),
    "billing_contact_name": ("Carl Customer", "Cora Customer"),
    "amount": ("1054", "4514.50", "550.00"),
    "currency": CURRENCIES,
    "discount_percent": (None, "5", "20"),
    "payment_terms": ("Net 30", "Net 60"),
    "billing_entity": LABELS["billing_entity"],
    "po_required": ("false", None),
    "engaged_on": ("2026-01-15", "2026-03-31"),
    "closed_on": ("2026-06-30", "2026-11-24"),
}
BAD: dict[str, tuple[str | None, ...]] = {
    "deal_id": ("006-1", None),
    "deal_name": ("Test", "n/a", "--"),
    "stage": ("Won!", "Gewonnen"),
    "deal_type": ("new", "??"),
    "rep_name": (None,),
    "region": ("Mars",),
    "account_name": ("TBD", None),
    "sector": ("technolgy",),
    "customer_kind": ("B2B",),
    "billing_country": ("Germnay", "UK"),
    "billing_contact_name": (None,),
    "billing_email": ("carl at customer", "carl@", f"rita@{OWN_DOMAIN}", "a..b@customer.com"),
    "amount": ("1,234.50", "NaN", "1e30", "-5", "9999999"),
    "currency": ("US$", "JPY"),
    "discount_percent": ("20.01", "many"),
    "payment_terms": ("Net 90", "whenever"),
    "billing_entity": ("Acme SpA",),
    "po_required": ("true", "perhaps"),
    "closed_on": ("31/02/2026", "2027-01-01", "2025-12-31"),
}
GOOD_LINES = (("GTX Basic", "1", "440"), ("GTX Pro", "2", "9642"), ("MG Special", "10", "550"))
BAD_LINES = (("GTXPro", "1", "4821"), ("GTX Basic", "0", "550"), ("MG Special", "10", "439.99"), None)


def make_deals(rows: int, share: float, seed: int = 7) -> pl.DataFrame:
    """A frame as `checks.gate.frame` builds it; the same rows, share and seed give the same deals."""
    index = pl.DataFrame({"row": pl.int_range(rows, eager=True)})
    failing = (pl.col("row").hash(seed) % 10_000) < round(share * 10_000)

    def broken(place: int) -> pl.Expr:
        return failing & (pl.col("row").hash(seed + 100 + place) % 2 == 0)

    def one_of(values: tuple[str | None, ...], place: int) -> pl.Expr:
        choice = pl.col("row").hash(seed + 200 + place) % len(values)
        return choice.replace_strict(range(len(values)), list(values), return_dtype=pl.String)

    def numbered(prefix: str, suffix: str) -> pl.Expr:
        return pl.format(prefix + "{}" + suffix, pl.col("row").cast(pl.String).str.zfill(15))

    good: dict[str, pl.Expr] = {
        "deal_id": numbered("006", ""),
        "account_id": numbered("001", ""),
        "billing_email": numbered("carl.", "@customer.com"),
    }
    columns = []
    for place, name in enumerate(name for name in COLUMNS if name != "lines"):
        column = good.get(name, one_of(GOOD.get(name, (None,)), place))
        if name in BAD:
            column = pl.when(broken(place)).then(one_of(BAD[name], place)).otherwise(column)
        columns.append(column.alias(name))
    lines = _lines(GOOD_LINES, pl.col("row") % len(GOOD_LINES))
    wrong = _lines(BAD_LINES, pl.col("row") % len(BAD_LINES))
    return index.select(*columns, lines=pl.when(broken(99)).then(wrong).otherwise(lines))


def _lines(values: tuple[tuple[str, str, str] | None, ...], choice: pl.Expr) -> pl.Expr:
    empty = dict.fromkeys(field.name for field in LINE_FIELDS)
    lists = [
        [{**empty, **dict(zip(("product", "quantity", "line_total"), value, strict=True))}] if value else []
        for value in values
    ]
    return pl.lit(pl.Series(lists, dtype=pl.List(LINE))).gather(choice)
