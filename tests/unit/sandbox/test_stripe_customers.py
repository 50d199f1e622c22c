from typing import Any

import pytest

from tests.unit.sandbox.stripe_calls import StripeTwin


def test_a_customer_is_made_and_read_back_with_a_200() -> None:
    stripe = StripeTwin()
    given = {"name": "Müller & Co", "email": "ap@m.example", "address": {"country": "DE"}, "metadata": {"deal": "7"}}
    made = stripe.post("/v1/customers", given)
    assert made.status == 200
    assert made.body["id"].startswith("cus_")
    assert made.body["address"]["line1"] is None
    assert stripe.get(f"/v1/customers/{made.body['id']}").body == made.body
    assert {name: made.body[name] for name in ("name", "email", "metadata")} == {
        name: given[name] for name in ("name", "email", "metadata")
    }


def test_the_same_email_makes_a_second_customer() -> None:
    stripe = StripeTwin()
    assert stripe.customer() != stripe.customer()
    assert len(stripe.get("/v1/customers", {"email": "ap@acme.example"}).body["data"]) == 2


def test_email_is_compared_exactly() -> None:
    stripe = StripeTwin()
    stripe.customer()
    assert stripe.get("/v1/customers", {"email": "AP@acme.example"}).body["data"] == []


def test_a_customer_is_found_by_its_new_email_and_not_by_its_old_one() -> None:
    stripe = StripeTwin()
    first, second = stripe.customer(email="old@acme.example"), stripe.customer(email="new@acme.example")
    stripe.post(f"/v1/customers/{first}", {"email": "new@acme.example"})
    found = stripe.get("/v1/customers", {"email": "new@acme.example"}).body["data"]
    assert [customer["id"] for customer in found] == [second, first]
    assert stripe.get("/v1/customers", {"email": "old@acme.example"}).body["data"] == []


def test_each_key_is_an_account_of_its_own() -> None:
    stripe = StripeTwin()
    customer = stripe.customer()
    assert stripe.get(f"/v1/customers/{customer}", account="eu").status == 404
    accounts = {key: stripe.get("/v1/account", account=key).body for key in ("default", "eu", "uk")}
    assert [one["default_currency"] for one in accounts.values()] == ["usd", "eur", "gbp"]
    assert len({one["id"] for one in accounts.values()}) == 3
    assert StripeTwin().get("/v1/account").body["id"] == accounts["default"]["id"]


def test_update_merges_metadata_and_an_empty_value_deletes_its_key() -> None:
    stripe = StripeTwin()
    customer = stripe.customer(metadata={"a": "1", "b": "2"})
    changed = stripe.post(f"/v1/customers/{customer}", {"metadata": {"b": "", "c": "3"}})
    assert changed.body["metadata"] == {"a": "1", "c": "3"}
    assert stripe.post(f"/v1/customers/{customer}", {"metadata": ""}).body["metadata"] == {}


def test_metadata_has_at_most_50_keys_after_the_merge() -> None:
    stripe = StripeTwin()
    customer = stripe.customer(metadata={f"k{n}": "v" for n in range(50)})
    assert stripe.post(f"/v1/customers/{customer}", {"metadata": {"one": "more"}}).status == 400
    assert stripe.post(f"/v1/customers/{customer}", {"metadata": {"one": "more", "k0": ""}}).status == 200


@pytest.mark.parametrize(
    ("given", "param", "code"),
    [
        ({"email": "acme.example"}, "email", "email_invalid"),
        ({"email": "ap@acme"}, "email", "email_invalid"),
        ({"name": "x" * 257}, "name", None),
        ({"phone": "1" * 21}, "phone", None),
        ({"address": {"country": "Germany"}}, "address[country]", "country_code_invalid"),
        ({"tax_exempt": "sometimes"}, "tax_exempt", None),
        ({"tax": {"validate_location": "immediately"}}, "tax[validate_location]", "customer_tax_location_invalid"),
        ({"payment_method": "pm_1"}, "payment_method", "resource_missing"),
        ({"tax_id_data": [{"type": "us_ein", "value": "1"}]}, "tax_id_data[0][value]", "tax_id_invalid"),
        ({"invoice_settings": {"custom_fields": [{"name": "x" * 41, "value": "v"}]}}, None, None),
        ({"cash_balance": {"settings": {"reconciliation_mode": "manual"}}}, "cash_balance", None),
    ],
)
def test_a_customer_that_stripe_would_refuse_is_refused(
    given: dict[str, Any], param: str | None, code: str | None
) -> None:
    stripe = StripeTwin()
    refused = stripe.post("/v1/customers", given)
    assert refused.status == 400
    assert refused.error.get("code") == code
    assert param is None or refused.error["param"] == param
    assert stripe.state()["customers"] == []


def test_a_refused_update_changes_nothing() -> None:
    stripe = StripeTwin()
    customer = stripe.customer()
    before = stripe.get(f"/v1/customers/{customer}").body
    given = {"name": "New", "tax": {"validate_location": "immediately"}}
    assert stripe.post(f"/v1/customers/{customer}", given).status == 400
    assert stripe.get(f"/v1/customers/{customer}").body == before


def test_a_deleted_customer_is_answered_with_200_but_neither_listed_nor_billed() -> None:
    stripe = StripeTwin()
    customer = stripe.customer()
    stub = {"id": customer, "object": "customer", "deleted": True}
    assert stripe.delete(f"/v1/customers/{customer}").body == stub
    again = stripe.get(f"/v1/customers/{customer}")
    assert (again.status, again.body) == (200, stub)
    assert stripe.get("/v1/customers").body["data"] == []
    refused = stripe.post("/v1/invoices", {"customer": customer})
    assert (refused.status, refused.error["code"], refused.error["param"]) == (400, "resource_missing", "customer")
    assert stripe.post(f"/v1/customers/{customer}", {"name": "x"}).status == 404


def test_a_missing_customer_is_404_in_the_path_and_400_in_a_parameter() -> None:
    stripe = StripeTwin()
    in_path = stripe.get("/v1/customers/cus_none")
    assert (in_path.status, in_path.error["code"]) == (404, "resource_missing")
    in_param = stripe.post("/v1/invoices", {"customer": "cus_none"})
    assert (in_param.status, in_param.error["code"], in_param.error["param"]) == (400, "resource_missing", "customer")


def test_a_tax_id_is_pending_at_first() -> None:
    stripe = StripeTwin()
    customer = stripe.customer()
    made = stripe.post(f"/v1/customers/{customer}/tax_ids", {"type": "eu_vat", "value": "DE123456789"})
    assert made.status == 200
    assert made.body["id"].startswith("txi_")
    assert (made.body["country"], made.body["verification"]["status"]) == ("DE", "pending")
    path = f"/v1/customers/{customer}/tax_ids"
    assert stripe.get(path).body["data"] == [made.body]
    assert stripe.get(f"{path}/{made.body['id']}").body == made.body
    assert stripe.delete(f"{path}/{made.body['id']}").body["deleted"] is True
    assert stripe.get(f"{path}/{made.body['id']}").status == 404


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        ("eu_vat", "DE123456789", "DE12345678"),
        ("eu_vat", "EL123456789", "GR123456789"),
        ("eu_vat", "XI123456789", "GB123456789"),
        ("eu_vat", "NL123456789B12", "NL123456789012"),
        ("gb_vat", "GB123456789", "123456789"),
        ("us_ein", "12-3456789", "123456789"),
        ("ch_vat", "CHE-123.456.789 MWST", "CHE123456789"),
        ("no_vat", "123456789MVA", "123456789"),
        ("au_abn", "12345678912", "1234567891"),
        ("in_gst", "12ABCDE3456FGZH", "12ABCDE3456"),
        ("ca_gst_hst", "123456789RT0002", "123456789"),
        ("zw_tin", "1234567890", "1"),
    ],
)
def test_the_format_of_a_tax_id_is_checked_at_once(kind: str, good: str, bad: str) -> None:
    stripe = StripeTwin()
    path = f"/v1/customers/{stripe.customer()}/tax_ids"
    assert stripe.post(path, {"type": kind, "value": good}).status == 200
    refused = stripe.post(path, {"type": kind, "value": bad})
    assert (refused.status, refused.error["code"], refused.error["param"]) == (400, "tax_id_invalid", "value")


def test_tax_ids_given_with_a_new_customer_are_expanded_on_demand_only() -> None:
    stripe = StripeTwin()
    customer = stripe.customer(tax_id_data=[{"type": "gb_vat", "value": "GB123456789"}])
    assert "tax_ids" not in stripe.get(f"/v1/customers/{customer}").body
    listed = stripe.get("/v1/customers", {"expand": ["data.tax_ids"]}).body["data"]
    assert [tax_id["value"] for tax_id in listed[0]["tax_ids"]["data"]] == ["GB123456789"]


@pytest.mark.parametrize("path", ["tax_ids", "data.colour", "data.tax_ids.data.colour", "data.a.b.c.d"])
def test_what_cannot_be_expanded_is_refused(path: str) -> None:
    stripe = StripeTwin()
    stripe.customer(tax_id_data=[{"type": "gb_vat", "value": "GB123456789"}])
    refused = stripe.get("/v1/customers", {"expand": [path]})
    assert (refused.status, refused.error["param"]) == (400, "expand[0]")


def test_an_empty_part_of_an_address_is_stored_as_none() -> None:
    stripe = StripeTwin()
    path = f"/v1/customers/{stripe.customer()}"
    stripe.post(path, {"address": {"line1": "1 Main St", "line2": "Back", "country": "US"}})
    changed = stripe.post(path, {"address": {"line1": "2 Main St", "line2": "", "country": "US"}}).body
    assert (changed["address"]["line1"], changed["address"]["line2"]) == ("2 Main St", None)
