from decimal import Decimal
from typing import Any

import pytest
from stripe import params as typed

from sandbox.stripe.errors import StripeError
from sandbox.stripe.form import flatten, nest
from sandbox.stripe.params import checked, shape_of


def read(shape: Any, given: dict[str, Any]) -> dict[str, Any]:
    return checked(shape_of(shape), nest(flatten(given)))


def refusal(shape: Any, given: dict[str, Any]) -> StripeError:
    with pytest.raises(StripeError) as refused:
        read(shape, given)
    assert refused.value.status == 400
    assert not refused.value.executed
    return refused.value


def test_values_come_in_their_types() -> None:
    given = {
        "customer": "cus_1",
        "days_until_due": 30,
        "auto_advance": False,
        "custom_fields": [{"name": "PO", "value": "7"}],
        "metadata": {"a": "b"},
        "automatic_tax": {"enabled": True},
    }
    assert read(typed.InvoiceCreateParams, given) == given


def test_a_decimal_keeps_its_digits() -> None:
    lines = read(typed.InvoiceAddLinesParams, {"lines": [{"quantity_decimal": "0.125"}]})["lines"]
    assert lines == [{"quantity_decimal": Decimal("0.125")}]


def test_arrays_are_read_in_the_order_of_their_indexes() -> None:
    tree = {"expand": {"10": "c", "2": "b", "1": "a"}}
    assert checked(shape_of(typed.InvoiceCreateParams), tree) == {"expand": ["a", "b", "c"]}


def test_created_is_a_moment_or_a_span() -> None:
    assert read(typed.InvoiceListParams, {"created": 5}) == {"created": 5}
    assert read(typed.InvoiceListParams, {"created": {"gte": 5, "lt": 9}}) == {"created": {"gte": 5, "lt": 9}}


def test_options_that_travel_as_headers_are_no_parameters() -> None:
    assert refusal(typed.InvoiceCreateParams, {"idempotency_key": "k"}).code == "parameter_unknown"


@pytest.mark.parametrize(
    ("given", "param", "code"),
    [
        ({"colour": "red"}, "colour", "parameter_unknown"),
        (
            {"custom_fields": [{"name": "PO", "value": "7", "bold": True}]},
            "custom_fields[0][bold]",
            "parameter_unknown",
        ),
        ({"custom_fields": [{"name": "PO"}]}, "custom_fields[0][value]", "parameter_missing"),
        (
            {"automatic_tax": {}, "automatic_tax[liability][type]": "self"},
            "automatic_tax[enabled]",
            "parameter_missing",
        ),
        ({"description": ""}, "description", "parameter_invalid_empty"),
        ({"days_until_due": "soon"}, "days_until_due", "parameter_invalid_integer"),
        ({"days_until_due": "1.5"}, "days_until_due", "parameter_invalid_integer"),
        ({"days_until_due": "٣"}, "days_until_due", "parameter_invalid_integer"),
        ({"days_until_due": "9" * 30}, "days_until_due", "parameter_invalid_integer"),
        ({"auto_advance": "yes"}, "auto_advance", None),
        ({"auto_advance": "True"}, "auto_advance", None),
        ({"collection_method": "by_post"}, "collection_method", None),
        ({"custom_fields": "PO"}, "custom_fields", None),
        ({"automatic_tax": "on"}, "automatic_tax", None),
        ({"customer": {"id": "cus_1"}}, "customer", None),
        ({"expand": {"first": "customer"}}, "expand", None),
        ({"footer": "x" * 5001}, "footer", None),
        ({"metadata": {"k" * 41: "v"}}, "metadata[" + "k" * 41 + "]", None),
        ({"metadata": {"k": "v" * 501}}, "metadata[k]", None),
        ({"metadata": {"k": {"deep": "v"}}}, "metadata[k]", None),
        ({"metadata": {f"k{n}": "v" for n in range(51)}}, "metadata", None),
    ],
)
def test_a_wrong_parameter_is_refused_by_its_name(given: dict[str, Any], param: str, code: str | None) -> None:
    refused = refusal(typed.InvoiceCreateParams, given)
    assert (refused.param, refused.code) == (param, code)


@pytest.mark.parametrize("text", ["NaN", "Infinity", "1e3", "1,5", "0.0000000000001", "x"])
def test_a_wrong_decimal_is_refused(text: str) -> None:
    assert refusal(typed.InvoiceAddLinesParams, {"lines": [{"quantity_decimal": text}]}).param == (
        "lines[0][quantity_decimal]"
    )


def test_an_empty_value_removes_what_may_be_removed() -> None:
    given = {"metadata": "", "effective_at": "", "default_tax_rates": ""}
    assert read(typed.InvoiceUpdateParams, given) == given


def test_every_tax_id_type_of_this_api_version_is_known_and_no_other() -> None:
    assert read(typed.CustomerCreateTaxIdParams, {"type": "zw_tin", "value": "x"})["type"] == "zw_tin"
    assert "must be one of ad_nrt" in str(refusal(typed.CustomerCreateTaxIdParams, {"type": "mars_vat", "value": "x"}))
