import base64

import pytest

from sandbox.seed import SeedError
from tests.unit.sandbox.stripe_calls import VERSION, StripeTwin


def test_every_answer_names_its_request_and_its_version() -> None:
    stripe = StripeTwin()
    for answer in (stripe.get("/v1/account"), stripe.get("/v1/nothing"), stripe.get("/v1/customers/cus_none")):
        assert answer.headers["request-id"].startswith("req_")
        assert answer.headers["stripe-version"] == VERSION
        assert answer.headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/"),
        ("GET", "/v1/customer"),
        ("GET", "/v1/customers/"),
        ("PUT", "/v1/customers"),
        ("DELETE", "/v1/customers"),
        ("GET", "/v1/invoices/search"),
        ("GET", "/v1/customers/search"),
        ("POST", "/v1/invoices/in_1/mark_uncollectible"),
        ("GET", "/v1/invoices/upcoming/lines/x"),
        ("POST", "/v1/tax_rates"),
    ],
)
def test_an_unknown_endpoint_or_method_is_404(method: str, path: str) -> None:
    refused = StripeTwin().call(method, path)
    assert refused.status == 404
    assert refused.error["type"] == "invalid_request_error"
    assert refused.error["message"].startswith(f"Unrecognized request URL ({method}: {path})")


@pytest.mark.parametrize("header", ["", "Bearer ", "Token sk_test_handoff_default", "Basic !!!"])
def test_a_call_without_a_key_is_401(header: str) -> None:
    refused = StripeTwin().get("/v1/account", headers={"authorization": header})
    assert refused.status == 401
    assert refused.error["message"].startswith("You did not provide an API key")
    assert refused.headers["www-authenticate"] == 'Bearer realm="Stripe"'


def test_a_wrong_key_is_401_and_masked() -> None:
    refused = StripeTwin().get("/v1/account", headers={"authorization": "Bearer sk_test_somebody_elses"})
    assert refused.status == 401
    assert refused.error["message"] == "Invalid API Key provided: sk_test_" + "*" * 10 + "lses"


def test_a_key_may_come_as_the_user_of_basic_authentication() -> None:
    stripe = StripeTwin()
    basic = base64.b64encode(b"sk_test_handoff_default:").decode()
    assert stripe.get("/v1/account", headers={"authorization": f"Basic {basic}"}).body == stripe.get("/v1/account").body


def test_only_the_pinned_version_is_served() -> None:
    refused = StripeTwin().get("/v1/account", headers={"stripe-version": "2024-06-20"})
    assert refused.status == 400
    assert "Invalid Stripe API version: 2024-06-20" in refused.error["message"]
    assert StripeTwin().get("/v1/account", headers={"stripe-version": ""}).status == 200


def test_another_connected_account_is_403() -> None:
    refused = StripeTwin().get("/v1/account", headers={"stripe-account": "acct_1"})
    assert (refused.status, refused.error["code"]) == (403, "account_invalid")


def test_a_json_body_is_refused() -> None:
    refused = StripeTwin().call(
        "POST", "/v1/customers", body='{"name": "Acme"}', headers={"content-type": "application/json"}
    )
    assert refused.status == 400
    assert "POST content type" in refused.error["message"]


def test_an_unexpected_failure_is_a_500_that_is_kept_under_its_key(caplog: pytest.LogCaptureFixture) -> None:
    stripe = StripeTwin()
    invoice = stripe.draft()
    account = stripe.app.state.books.account("default")
    account.customers.clear()  # a state that cannot be
    failed = stripe.post(f"{invoice}/finalize", key="k")
    assert (failed.status, failed.error["type"]) == (500, "api_error")
    assert "failed at POST" in caplog.text
    again = stripe.post(f"{invoice}/finalize", key="k")
    assert (again.status, again.headers["idempotent-replayed"]) == (500, "true")


def test_seeded_customers_are_there_from_the_start() -> None:
    rows = [
        {"id": "cus_seeded", "name": "Acme", "email": "ap@acme.example", "created": 1700000000,
         "tax_id_data": [{"type": "gb_vat", "value": "GB123456789"}], "metadata": {"crm": "001"}},
        {"account": "eu", "name": "Beta", "address[country]": "FR", "email": None},
    ]  # fmt: skip
    stripe = StripeTwin(seed={"stripe.customers": rows})
    seeded = stripe.get("/v1/customers/cus_seeded").body
    assert (seeded["created"], seeded["metadata"]) == (1700000000, {"crm": "001"})
    assert len(stripe.get("/v1/customers/cus_seeded/tax_ids").body["data"]) == 1
    beta = stripe.get("/v1/customers", account="eu").body["data"]
    assert [(one["name"], one["address"]["country"]) for one in beta] == [("Beta", "FR")]


def test_seeded_tax_rates_are_in_the_account_they_name_or_in_all() -> None:
    rows = [
        {"id": "txr_de", "display_name": "MwSt", "percentage": "19", "inclusive": "false", "account": "eu"},
        {"id": "txr_all", "display_name": "GST", "percentage": 5, "inclusive": True},
    ]
    stripe = StripeTwin(seed={"stripe.tax_rates": rows})
    assert stripe.get("/v1/tax_rates/txr_de", account="eu").body["percentage"] == 19.0
    assert stripe.get("/v1/tax_rates/txr_de").status == 404
    assert stripe.get("/v1/tax_rates/txr_all").body["inclusive"] is True


@pytest.mark.parametrize(
    ("stem", "row", "reason"),
    [
        ("stripe.customers", {"nmae": "Acme"}, "row 1: Received unknown parameter: nmae"),
        ("stripe.customers", {"email": "acme"}, "row 1: Invalid email address: acme"),
        ("stripe.customers", {"name": "Acme", "created": "May"}, "row 1: invalid literal"),
        ("stripe.customers", {"id": "Acme"}, "must begin with cus_"),
        ("stripe.tax_rates", {"id": "txr_a", "display_name": "VAT", "percentage": 5}, "inclusive is missing"),
        ("stripe.tax_rates", {"id": "txr_a", "rate": 5}, "rate is not known"),
        (
            "stripe.tax_rates",
            {"id": "txr_a", "display_name": "VAT", "percentage": "5 %", "inclusive": False},
            "percentage '5 %' is not a number",
        ),
    ],
)
def test_a_wrong_seed_row_is_named(stem: str, row: dict[str, object], reason: str) -> None:
    with pytest.raises(SeedError) as refused:
        StripeTwin(seed={stem: [row]})
    assert reason in str(refused.value)


def test_two_seeded_customers_may_not_share_an_id() -> None:
    with pytest.raises(SeedError, match="row 2: cus_a is there twice"):
        StripeTwin(seed={"stripe.customers": [{"id": "cus_a"}, {"id": "cus_a"}]})


def test_the_state_lists_invoices_with_all_their_lines() -> None:
    stripe = StripeTwin()
    stripe.draft(lines=[{"amount": n, "description": str(n)} for n in range(1, 31)])
    (invoice,) = stripe.state()["invoices"]
    assert [line["amount"] for line in invoice["lines"]["data"]] == list(range(1, 31))
