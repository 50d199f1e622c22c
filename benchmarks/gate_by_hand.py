"""The same thirty rules written straight in polars: one select of the expressions and one unpivot. The yardstick."""

from datetime import date
from decimal import Decimal

import polars as pl
from babel.numbers import list_currencies
from email_validator import EmailNotValidError, validate_email

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

PLAIN = r"^-?[0-9]{1,15}(\.[0-9]{1,6})?$"
EMAIL = (
    r"^[A-Za-z0-9_]+(?:[.+-][A-Za-z0-9_]+)*@(?:[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*[.])+"
    r"(?:com|org|net|edu|gov|info|io|co|eu|[a-z]{2})$"
)
WIDE = pl.Decimal(38, 16)
NO_SIGN = r"[^\p{L}\p{N}]"
UNREAL = f"(?i)^{NO_SIGN}*(?:{'|'.join(p.replace('/', NO_SIGN + '+') for p in PLACEHOLDERS)})?{NO_SIGN}*$"
TODAY = date(2026, 11, 24)

NEEDS: dict[str, tuple[str, ...]] = {
    "billing_email_not_ours": ("billing_email_well_formed",),
    "amount_above_zero": ("amount_readable",),
    "amount_within_limit": ("amount_readable",),
    "currency_allowed": ("currency_known",),
    "discount_within_limit_or_approved": ("product_is_canonical",),
    "payment_terms_within_limit_or_approved": ("payment_terms_is_canonical",),
    "close_date_not_before_engagement": ("close_date_readable",),
    "close_date_not_in_future": ("close_date_readable", "billing_entity_is_canonical"),
}


def _amount(text: pl.Expr) -> pl.Expr:
    return pl.when(text.str.contains(PLAIN)).then(text).cast(pl.Decimal(38, 6))


def _day(name: str) -> pl.Expr:
    text = pl.col(name)
    return pl.when(text.str.contains("^[0-9]{4}-[0-9]{2}-[0-9]{2}$")).then(text).str.to_date("%Y-%m-%d", strict=False)


def _label(name: str) -> pl.Expr:
    return pl.col(name).is_null() | pl.col(name).is_in(LABELS[name])


def _real(name: str) -> pl.Expr:
    return pl.col(name).is_null() | ~pl.col(name).str.contains(UNREAL)


def valid_email(text: str) -> bool:
    """What email-validator says, without asking the domain."""
    try:
        validate_email(text, check_deliverability=False, strict=True)
    except EmailNotValidError:
        return False
    return True


def _emails(texts: pl.Series) -> pl.Series:
    plain = texts.str.contains(EMAIL) & (texts.str.len_bytes() <= 50)
    others = texts.filter(~plain).unique()
    return plain | texts.is_in([text for text in others if valid_email(text)])


def _lines(expression: pl.Expr) -> pl.Expr:
    return pl.col("lines").list.eval(expression)


def _line(name: str) -> pl.Expr:
    return pl.element().struct.field(name)


def _discount() -> pl.Expr:
    listed = _line("product").replace_strict(
        list(LIST_PRICES), pl.Series(list(LIST_PRICES.values())).cast(WIDE), default=None, return_dtype=WIDE
    )
    price = pl.coalesce(listed, _amount(_line("list_price")).cast(WIDE))
    quantity = _amount(_line("quantity")).cast(WIDE)
    paid = pl.coalesce(_amount(_line("line_total")).cast(WIDE), quantity * _amount(_line("unit_price")).cast(WIDE))
    by_list, by_deal = (
        pl.when(_lines(price.is_null() | of_line.is_not_null()).list.all()).then(
            pl.col("lines").list.agg(pl.when(price.is_null()).then(pl.lit("0").cast(WIDE)).otherwise(of_line).sum())
        )
        for of_line in (price * quantity, paid)
    )
    hundred, share = (pl.lit(part).cast(WIDE) for part in (Decimal(100), 100 - LIMIT_PERCENT))
    priced = _lines(price.is_not_null()).list.all() & (pl.col("lines").list.len() > 0)
    stated = pl.col("discount_percent").is_null() | (_amount(pl.col("discount_percent")) <= LIMIT_PERCENT)
    within = (by_deal * hundred >= by_list * share) & (priced | stated)
    return pl.col("discount_approved_by").is_not_null() | pl.col("lines").is_null() | within


def expressions() -> dict[str, pl.Expr]:
    """Rule -> true where the deal is in order."""
    amount, closed, email = _amount(pl.col("amount")), _day("closed_on"), pl.col("billing_email")
    lower = email.str.to_lowercase()
    short = [terms for terms, days in DAYS.items() if days <= LIMIT_DAYS]
    ok = {
        "deal_id_well_formed": pl.col("deal_id").str.contains("^[a-zA-Z0-9]{18}$"),
        "deal_name_is_real": _real("deal_name"),
        "rep_known": pl.col("rep_id").is_not_null() & pl.col("rep_name").is_not_null(),
        "stage_is_canonical": _label("stage"),
        "deal_type_is_canonical": _label("deal_type"),
        "region_is_canonical": _label("region"),
        "account_known": pl.col("account_id").is_not_null() & pl.col("account_name").is_not_null(),
        "account_name_is_real": _real("account_name"),
        "sector_is_canonical": _label("sector"),
        "customer_kind_is_canonical": _label("customer_kind"),
        "country_is_canonical": _label("billing_country"),
        "billing_contact_known": pl.col("billing_contact_id").is_not_null()
        & pl.col("billing_contact_name").is_not_null(),
        "billing_email_well_formed": email.is_null() | email.map_batches(_emails, return_dtype=pl.Boolean),
        "billing_email_not_ours": email.is_null()
        | ~(lower.str.ends_with(f"@{OWN_DOMAIN}") | lower.str.ends_with(f".{OWN_DOMAIN}")),
        "amount_readable": pl.col("amount").is_null() | pl.col("amount").str.contains(PLAIN),
        "amount_above_zero": pl.col("amount").is_null() | (amount > 0),
        "amount_within_limit": pl.col("amount").is_null()
        | ~((pl.col("currency") == "USD").fill_null(value=False) & (amount > MAXIMUM)),
        "currency_known": pl.col("currency").is_null() | pl.col("currency").is_in(list(list_currencies())),
        "currency_allowed": pl.col("currency").is_null() | pl.col("currency").is_in(CURRENCIES),
        "discount_within_limit_or_approved": _discount(),
        "payment_terms_is_canonical": _label("payment_terms"),
        "payment_terms_within_limit_or_approved": pl.col("payment_terms").is_null()
        | pl.col("payment_terms").is_in(short)
        | pl.col("terms_approved_by").is_not_null(),
        "billing_entity_is_canonical": _label("billing_entity"),
        "po_number_when_required": pl.col("po_number").is_not_null()
        | (pl.col("po_required") == "false").fill_null(value=True),
        "close_date_readable": pl.col("closed_on").is_null() | closed.is_not_null(),
        "close_date_not_in_future": pl.col("closed_on").is_null() | (closed <= TODAY),
        "close_date_not_before_engagement": pl.col("closed_on").is_null()
        | pl.col("engaged_on").is_null()
        | (_day("engaged_on") <= closed),
        "lines_present": pl.col("lines").list.len() > 0,
        "line_quantities_positive": _lines((_amount(_line("quantity")) > 0).fill_null(value=False)).list.all(),
        "product_is_canonical": _lines(_line("product").is_in(LABELS["product"])).list.all(),
    }
    return {name: expression.fill_null(value=False) for name, expression in ok.items()}


def held(deals: pl.DataFrame) -> pl.DataFrame:
    """Every (row, rule) that holds a deal, also those that cannot be judged because of another."""
    ok = expressions()
    fails = {name: ~pl.all_horizontal(e, *(ok[need] for need in NEEDS.get(name, ()))) for name, e in ok.items()}
    return (
        deals.lazy()
        .select(**fails)
        .with_row_index("row")
        .unpivot(index="row", variable_name="rule")
        .filter(pl.col("value"))
        .select("row", "rule")
        .collect()
    )
