"""Tax ids of a customer: the format is checked at once, the authorities are asked later (so `pending` at first)."""

import re

from sandbox.stripe.account import Account, Call, Json
from sandbox.stripe.errors import invalid, missing
from sandbox.stripe.ids import new_id
from sandbox.stripe.lists import page

EU_VAT = {
    "AT": r"U\d{8}", "BE": r"[01]\d{9}", "BG": r"\d{9,10}", "CY": r"\d{8}[A-Z]", "CZ": r"\d{8,10}", "DE": r"\d{9}",
    "DK": r"\d{8}", "EE": r"\d{9}", "EL": r"\d{9}", "ES": r"[A-Z0-9]\d{7}[A-Z0-9]", "FI": r"\d{8}",
    "FR": r"[A-HJ-NP-Z0-9]{2}\d{9}", "HR": r"\d{11}", "HU": r"\d{8}", "IE": r"\d[A-Z0-9+*]\d{5}[A-W][A-I]?",
    "IT": r"\d{11}", "LT": r"\d{9}(?:\d{3})?", "LU": r"\d{8}", "LV": r"\d{11}", "MT": r"\d{8}",
    "NL": r"\d{9}B\d{2}", "PL": r"\d{10}", "PT": r"\d{9}", "RO": r"\d{2,10}", "SE": r"\d{10}01", "SI": r"\d{8}",
    "SK": r"\d{10}", "XI": r"(?:\d{9}(?:\d{3})?|GD\d{3}|HA\d{3})",
}  # fmt: skip
"""Country prefix -> the rest of its VAT number (ec.europa.eu/taxation_customs/vies, FAQ question 11)."""

FORMATS = {
    "ae_trn": r"\d{15}", "au_abn": r"\d{11}", "au_arn": r"\d{12}", "br_cnpj": r"\d{2}\.?\d{3}\.?\d{3}/?\d{4}-?\d{2}",
    "br_cpf": r"\d{3}\.?\d{3}\.?\d{3}-?\d{2}", "ca_bn": r"\d{9}", "ca_gst_hst": r"\d{9}RT\d{4}",
    "ca_pst_bc": r"PST-\d{4}-\d{4}", "ca_pst_mb": r"\d{6}-\d", "ca_pst_sk": r"\d{7}", "ca_qst": r"\d{10}TQ\d{4}",
    "ch_uid": r"CHE-\d{3}\.\d{3}\.\d{3}(?: HR)?", "ch_vat": r"CHE-\d{3}\.\d{3}\.\d{3} (?:MWST|TVA|IVA)",
    "cl_tin": r"\d{2}\.\d{3}\.\d{3}-[\dK]", "es_cif": r"[A-Z]\d{7}[A-Z0-9]",
    "eu_vat": "|".join(f"{country}{number}" for country, number in EU_VAT.items()),
    "gb_vat": r"GB(?:\d{9}(?:\d{3})?|GD\d{3}|HA\d{3})", "hk_br": r"\d{8}", "il_vat": r"\d{9}",
    "in_gst": r"\d{2}[A-Z]{5}\d{4}[A-Z][A-Z0-9]Z[A-Z0-9]", "is_vat": r"\d{5,6}", "jp_cn": r"\d{13}",
    "jp_rn": r"\d{5}", "jp_trn": r"T\d{13}", "kr_brn": r"\d{3}-\d{2}-\d{5}", "li_uid": r"CHE\d{9}",
    "mx_rfc": r"[A-ZÑ&]{3,4}\d{6}[A-Z0-9]{3}",
    "no_vat": r"\d{9}MVA", "nz_gst": r"\d{8,9}", "sa_vat": r"\d{15}", "sg_gst": r"[A-Z]\d{8}[A-Z]",
    "sg_uen": r"\d{8,9}[A-Z]|[RST]\d{2}[A-Z]{2}\d{4}[A-Z]", "th_vat": r"\d{13}", "tr_tin": r"\d{10}",
    "tw_vat": r"\d{8}",
    "ua_vat": r"\d{12}", "us_ein": r"\d{2}-\d{7}", "za_vat": r"4\d{9}",
}  # fmt: skip
"""Type -> the format of its value, after the examples in docs.stripe.com/billing/customer/tax-ids."""
ANY_FORMAT = r"[0-9A-Za-zÀ-ž .,/&+*\-]{2,30}"
"""For the types whose format the sandbox does not know."""
VERIFIED_TYPES = frozenset(("au_abn", "eu_vat", "gb_vat"))
"""Stripe asks the authority for these; the others stay unavailable."""

OWNER = {"account": None, "application": None, "customer": None, "customer_account": None, "type": "customer"}
COMPILED = {kind: re.compile(pattern) for kind, pattern in FORMATS.items()}


def check_value(kind: str, value: str, param: str) -> None:
    """Raises StripeError tax_id_invalid unless the value has the format of its type."""
    pattern = COMPILED.get(kind) or re.compile(ANY_FORMAT)
    if pattern.fullmatch(value) is None:
        raise invalid(f"Invalid value for {kind}.", param, "tax_id_invalid")


def add(account: Account, customer: str, kind: str, value: str, now: int) -> Json:
    """Put a tax id, already checked, on a customer; a second one alike is another tax id."""
    country = value[:2] if kind == "eu_vat" else kind[:2].upper()
    tax_id = {
        "id": new_id("txi_1", 23),
        "object": "tax_id",
        "country": "GR" if country == "EL" else "GB" if country == "XI" else country,
        "created": now,
        "customer": customer,
        "customer_account": None,
        "livemode": False,
        "owner": {
            "account": None,
            "application": None,
            "customer": customer,
            "customer_account": None,
            "type": "customer",
        },
        "type": kind,
        "value": value,
        "verification": {
            "status": "pending" if kind in VERIFIED_TYPES else "unavailable",
            "verified_address": None,
            "verified_name": None,
        },
    }
    account.tax_ids.setdefault(customer, {})[str(tax_id["id"])] = tax_id
    account.place(str(tax_id["id"]))
    return tax_id


def create(call: Call) -> Json:
    """`POST /v1/customers/:customer/tax_ids`."""
    customer = call.account.customer(call.ids["customer"])
    kind, value = call.params["type"], call.params["value"]
    check_value(kind, value, "value")
    return add(call.account, customer["id"], kind, value, call.now)


def retrieve(call: Call) -> Json:
    """`GET /v1/customers/:customer/tax_ids/:id`."""
    customer = call.account.customer(call.ids["customer"])
    tax_id = call.account.tax_ids.get(customer["id"], {}).get(call.ids["id"])
    if tax_id is None:
        raise missing("tax_id", call.ids["id"])
    return tax_id


def list_all(call: Call) -> Json:
    """`GET /v1/customers/:customer/tax_ids`."""
    customer = call.account.customer(call.ids["customer"])
    return page(call, call.account.tax_ids.get(customer["id"], {}), "tax_id")


def delete(call: Call) -> Json:
    """`DELETE /v1/customers/:customer/tax_ids/:id`."""
    tax_id = retrieve(call)
    del call.account.tax_ids[call.ids["customer"]][tax_id["id"]]
    return {"id": tax_id["id"], "object": "tax_id", "deleted": True}
