"""Tax ids: a type that Stripe has, and a value in that type's form."""

import pycountry
import pytest
from stripe.params import CustomerCreateTaxIdParams

from mappings.stripe_tax_ids import EU, TYPES, country_code, tax_id
from sandbox.stripe.errors import StripeError
from sandbox.stripe.params import checked, shape_of


@pytest.mark.parametrize(
    ("country", "value", "kind", "sent"),
    [
        ("Germany", "DE 136 695 976", "eu_vat", "DE136695976"),
        ("Germany", "136695976", "eu_vat", "DE136695976"),
        ("Greece", "094259216", "eu_vat", "EL094259216"),
        ("Greece", "EL094259216", "eu_vat", "EL094259216"),
        ("Austria", "u13585627", "eu_vat", "ATU13585627"),
        ("Ireland", "IE6433435F", "eu_vat", "IE6433435F"),
        ("United Kingdom", "980780684", "gb_vat", "GB980780684"),
        ("United Kingdom", "XI 980780684", "eu_vat", "XI980780684"),
        ("Switzerland", "CHE-107.787.577 IVA", "ch_vat", "CHE-107.787.577 IVA"),
        ("Switzerland", "CHE107787577", "ch_vat", "CHE-107.787.577 MWST"),
        ("Norway", "NO 995 525 828 MVA", "no_vat", "995525828MVA"),
        ("Norway", "995525828", "no_vat", "995525828MVA"),
        ("Australia", "83 914 571 673", "au_abn", "83914571673"),
        ("United States", "911144442", "us_ein", "91-1144442"),
        ("United States", "91-1144442", "us_ein", "91-1144442"),
        ("Japan", "T5835678256246", "jp_trn", "T5835678256246"),
        ("Japan", "5835678256246", "jp_cn", "5835678256246"),
        ("Canada", "123456789", "ca_bn", "123456789"),
        ("Canada", "123456789 RT 0002", "ca_gst_hst", "123456789RT0002"),
        ("Korea, Republic of", "1234567890", "kr_brn", "123-45-67890"),
        ("Chile", "12345678K", "cl_tin", "12.345.678-K"),
        ("New Zealand", "49-091-850", "nz_gst", "49091850"),
    ],
)
def test_a_tax_id_is_put_into_its_form(country: str, value: str, kind: str, sent: str) -> None:
    assert tax_id(country, value) == {"type": kind, "value": sent}


@pytest.mark.parametrize(
    ("country", "value"), [("Germany", None), ("Germany", ""), ("Atlantis", "1"), (None, "1"), ("Kiribati", "1")]
)
def test_without_a_value_or_a_type_there_is_no_tax_id(country: str | None, value: str | None) -> None:
    assert tax_id(country, value) is None


def test_every_type_exists_at_stripe_and_every_country_too() -> None:
    for kind in {*TYPES.values(), "jp_cn", "ca_gst_hst"}:
        assert checked(shape_of(CustomerCreateTaxIdParams), {"type": kind, "value": "1"})
    with pytest.raises(StripeError):
        checked(shape_of(CustomerCreateTaxIdParams), {"type": "zz_vat", "value": "1"})
    assert set(TYPES) <= {country.alpha_2 for country in pycountry.countries}
    assert len(EU) == 27


def test_countries_go_by_their_iso_name_alone() -> None:
    assert country_code("Korea, Republic of") == "KR"
    assert [country_code(text) for text in ("Korea", "DE", "", None)] == [None] * 4
