"""The thirty rules in other validators, each as its own documentation would write them; the same (row, rule) table."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import polars as pl

from benchmarks.gate_by_hand import NEEDS, expressions, valid_email
from benchmarks.gate_deals import (
    CURRENCIES,
    DAYS,
    LABELS,
    LIMIT_DAYS,
    LIMIT_PERCENT,
    LIST_PRICES,
    MAXIMUM,
    OWN_DOMAIN,
    PLACEHOLDERS,
)
from checks.rules import RULES

Held = Callable[[pl.DataFrame], pl.DataFrame]
EMPTY = pl.DataFrame(schema={"row": pl.UInt32, "rule": pl.String})


def _with_needs() -> dict[str, pl.Expr]:
    ok = expressions()
    return {name: pl.all_horizontal(e, *(ok[need] for need in NEEDS.get(name, ()))) for name, e in ok.items()}


def pandera_idiomatic(deals: pl.DataFrame) -> pl.DataFrame:
    """Checks on columns, and the table of failure cases that pandera makes of them."""
    import pandera.polars as pa  # noqa: PLC0415 - each peer is imported in a process of its own
    from pandera.errors import SchemaErrors  # noqa: PLC0415

    def check(name: str, ok: pl.Expr) -> pa.Check:
        return pa.Check(lambda seen: seen.lazyframe.select(ok), name=name, ignore_na=False)

    checks: dict[str, list[pa.Check]] = {}
    for name, ok in _with_needs().items():
        checks.setdefault(RULES[name].column, []).append(check(name, ok))
    schema = pa.DataFrameSchema({name: pa.Column(checks=each, nullable=True) for name, each in checks.items()})
    try:
        schema.validate(deals, lazy=True)
    except SchemaErrors as errors:
        cases: pl.DataFrame = errors.failure_cases
        return cases.select(row="index", rule="check")
    return EMPTY


def dataframely(deals: pl.DataFrame) -> pl.DataFrame:
    """A schema with thirty rules, `filter`, and the details of what it sorted out."""
    import dataframely as dy  # noqa: PLC0415 - an optional extra

    def rule(ok: pl.Expr) -> Any:
        def judge(cls: type) -> pl.Expr:
            return ok

        return dy.rule()(judge)

    columns: dict[str, Any] = {
        name: dy.String(nullable=True) for name, kind in deals.schema.items() if kind == pl.String
    }
    columns |= {"lines": dy.Any(), "row": dy.UInt32()}
    rules = _with_needs()
    schema: Any = type("Deals", (dy.Schema,), {**columns, **{name: rule(ok) for name, ok in rules.items()}})
    _, failure = schema.filter(deals.with_row_index("row"))
    details: pl.DataFrame = failure.details().select("row", *rules)
    return (
        details.lazy()
        .unpivot(index="row", variable_name="rule")
        .filter(pl.col("value").cast(pl.String) == "invalid")
        .select("row", "rule")
        .collect()
    )


def pydantic_rows(deals: pl.DataFrame) -> pl.DataFrame:
    """One model per row. Rules over several fields are judged once the fields are read, so some reasons are lost."""
    from pydantic import ValidationError  # noqa: PLC0415 - each peer is imported in a process of its own

    model = _model()
    found: list[tuple[int, str]] = []
    for row, deal in enumerate(deals.iter_rows(named=True)):
        try:
            model.model_validate(deal)
        except ValidationError as error:
            found += [(row, each["type"]) for each in error.errors(include_url=False)]
    return pl.DataFrame(found, schema={"row": pl.UInt32, "rule": pl.String}, orient="row").unique()


def _model() -> Any:  # noqa: C901 - thirty rules in one class
    from typing import Annotated, Literal  # noqa: PLC0415

    from pydantic import AfterValidator, BaseModel, Field, model_validator  # noqa: PLC0415
    from pydantic_core import PydanticCustomError  # noqa: PLC0415

    def text(**rules: Callable[[str], bool]) -> Any:
        def judge(value: str) -> str:
            for name, ok in rules.items():
                if not ok(value):
                    raise PydanticCustomError(name, "not in order")
            return value

        return Annotated[str, AfterValidator(judge)]

    def label(name: str) -> Any:
        return Literal[LABELS[name]]

    def real(value: str) -> bool:
        return value.lower().strip(" -") not in (*PLACEHOLDERS, "")

    email = text(billing_email_well_formed=valid_email, billing_email_not_ours=lambda v: not v.endswith(OWN_DOMAIN))
    short = {terms for terms, days in DAYS.items() if days <= LIMIT_DAYS}

    class Line(BaseModel):
        product: label("product")  # type: ignore[valid-type]
        quantity: Annotated[Decimal, Field(gt=0)]
        line_total: Decimal

    class Deal(BaseModel):
        deal_id: Annotated[str, Field(pattern="^[a-zA-Z0-9]{18}$")]
        deal_name: text(deal_name_is_real=real) | None  # type: ignore[valid-type]
        rep_id: str
        rep_name: str
        stage: label("stage") | None  # type: ignore[valid-type]
        deal_type: label("deal_type") | None  # type: ignore[valid-type]
        region: label("region") | None  # type: ignore[valid-type]
        account_id: str
        account_name: text(account_name_is_real=real)  # type: ignore[valid-type]
        sector: label("sector") | None  # type: ignore[valid-type]
        customer_kind: label("customer_kind") | None  # type: ignore[valid-type]
        billing_country: label("billing_country") | None  # type: ignore[valid-type]
        billing_contact_id: str
        billing_contact_name: str
        billing_email: email | None  # type: ignore[valid-type]
        amount: Annotated[Decimal, Field(gt=0, le=MAXIMUM)] | None
        currency: Literal[CURRENCIES] | None  # type: ignore[valid-type]
        discount_percent: Annotated[Decimal, Field(le=LIMIT_PERCENT)] | None
        discount_approved_by: str | None
        payment_terms: label("payment_terms") | None  # type: ignore[valid-type]
        terms_approved_by: str | None
        billing_entity: label("billing_entity") | None  # type: ignore[valid-type]
        po_required: bool | None
        po_number: str | None
        engaged_on: date | None
        closed_on: Annotated[date, Field(le=date(2026, 11, 24))] | None
        lines: Annotated[list[Line], Field(min_length=1)]

        @model_validator(mode="after")
        def across(self) -> "Deal":
            if self.payment_terms not in (*short, None) and not self.terms_approved_by:
                raise PydanticCustomError("payment_terms_within_limit_or_approved", "too long")
            if self.po_required and not self.po_number:
                raise PydanticCustomError("po_number_when_required", "missing")
            if self.engaged_on and self.closed_on and self.closed_on < self.engaged_on:
                raise PydanticCustomError("close_date_not_before_engagement", "too early")
            full = sum(LIST_PRICES[line.product] * line.quantity for line in self.lines)
            paid = sum(line.line_total for line in self.lines)
            if not self.discount_approved_by and paid * 100 < full * (100 - LIMIT_PERCENT):
                raise PydanticCustomError("discount_within_limit_or_approved", "too much")
            return self

    return Deal


PEERS: dict[str, Held] = {
    "idiomatic pandera": pandera_idiomatic,
    "dataframely": dataframely,
    "pydantic": pydantic_rows,
}
