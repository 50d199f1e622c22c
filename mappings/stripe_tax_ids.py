"""A customer's tax id as Stripe wants it: a type by country, and the value in that type's form."""

import re
from collections.abc import Callable
from functools import lru_cache

import pycountry

Body = dict[str, str]

_MEMBERS = "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK"
EU = frozenset(_MEMBERS.split())
TYPES = {
    "AE": "ae_trn", "AU": "au_abn", "BR": "br_cnpj", "CA": "ca_bn", "CH": "ch_vat", "CL": "cl_tin", "GB": "gb_vat",
    "HK": "hk_br", "IL": "il_vat", "IN": "in_gst", "IS": "is_vat", "JP": "jp_trn", "KE": "ke_pin", "KR": "kr_brn",
    "LI": "li_uid", "MX": "mx_rfc", "NO": "no_vat", "NZ": "nz_gst", "SA": "sa_vat", "SG": "sg_gst", "TH": "th_vat",
    "TR": "tr_tin", "TW": "tw_vat", "UA": "ua_vat", "US": "us_ein", "ZA": "za_vat",
    **dict.fromkeys(EU, "eu_vat"),
}  # fmt: skip
"""ISO 3166 alpha-2 -> type (docs.stripe.com/billing/customer/tax-ids); other countries have no type that we send."""
_SIGNS = re.compile(r"[^0-9A-Z+*&Ñ]")


@lru_cache(maxsize=1_000)
def country_code(name: str | None) -> str | None:
    """The alpha-2 code of an ISO 3166 country name; None for any other text."""
    found = pycountry.countries.get(name=name) if name else None
    return str(found.alpha_2) if found else None


def tax_id(country: str | None, value: str | None) -> Body | None:
    """The body of a tax id; None when there is no value, or Stripe has no type for the country."""
    code = country_code(country)
    if code is None or not value or code not in TYPES:
        return None
    bare = _SIGNS.sub("", value.upper())
    if code == "GB" and bare.startswith("XI"):  # Northern Ireland
        return {"type": "eu_vat", "value": bare}
    if code == "JP" and not bare.startswith("T"):
        return {"type": "jp_cn", "value": bare}
    if code == "CA" and "RT" in bare:
        return {"type": "ca_gst_hst", "value": bare}
    form = _FORMS.get(TYPES[code])
    return {"type": TYPES[code], "value": form(bare, code) if form else bare}


def _prefixed(bare: str, code: str) -> str:
    prefix = "EL" if code == "GR" else code
    return bare if bare.startswith(prefix) else f"{prefix}{bare}"


def _swiss(bare: str, code: str) -> str:
    digits = "".join(sign for sign in bare if sign.isdigit())
    suffix = next((word for word in ("MWST", "TVA", "IVA") if bare.endswith(word)), "MWST")
    return f"CHE-{digits[:3]}.{digits[3:6]}.{digits[6:]} {suffix}"


_FORMS: dict[str, Callable[[str, str], str]] = {
    "eu_vat": _prefixed,
    "gb_vat": _prefixed,
    "ch_vat": _swiss,
    "no_vat": lambda bare, code: bare.removeprefix(code).removesuffix("MVA") + "MVA",
    "us_ein": lambda bare, _: f"{bare[:2]}-{bare[2:]}",
    "kr_brn": lambda bare, _: f"{bare[:3]}-{bare[3:5]}-{bare[5:]}",
    "cl_tin": lambda bare, _: f"{bare[:-7]}.{bare[-7:-4]}.{bare[-4:-1]}-{bare[-1:]}",
    "au_abn": lambda bare, code: bare.removeprefix(code),
}
