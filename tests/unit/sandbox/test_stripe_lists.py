from typing import Any

import pytest

from tests.unit.sandbox.stripe_calls import StripeTwin


def ids(stripe: StripeTwin, **params: Any) -> list[str]:
    return [customer["id"] for customer in stripe.get("/v1/customers", params).body["data"]]


def test_lists_show_the_newest_ten_first() -> None:
    stripe = StripeTwin()
    made = [stripe.customer() for _ in range(12)]
    answer = stripe.get("/v1/customers").body
    assert [customer["id"] for customer in answer["data"]] == made[::-1][:10]
    assert (answer["has_more"], answer["url"], answer["object"]) == (True, "/v1/customers", "list")


def test_cursors_are_exclusive_and_page_through_everything_once() -> None:
    stripe = StripeTwin()
    made = [stripe.customer() for _ in range(7)]
    seen: list[str] = []
    more: dict[str, Any] = {}
    while True:
        answer = stripe.get("/v1/customers", {"limit": 3, **more}).body
        seen += [customer["id"] for customer in answer["data"]]
        if not answer["has_more"]:
            break
        more = {"starting_after": seen[-1]}
    assert seen == made[::-1]


def test_ending_before_gives_the_page_just_before_the_cursor() -> None:
    stripe = StripeTwin()
    made = [stripe.customer() for _ in range(6)][::-1]
    assert ids(stripe, ending_before=made[4], limit=2) == made[2:4]


def test_created_filters_by_the_clock() -> None:
    stripe = StripeTwin()
    old = stripe.customer()
    stripe.world.clock.shift(3600)
    new = stripe.customer()
    moment = stripe.get(f"/v1/customers/{new}").body["created"]
    assert ids(stripe, created={"gte": moment}) == [new]
    assert ids(stripe, created={"gt": moment}) == []
    assert ids(stripe, created={"lt": moment}) == [old]
    assert ids(stripe, created={"lte": moment}) == [new, old]
    assert ids(stripe, created=moment) == [new]


@pytest.mark.parametrize("limit", [0, -1, 101])
def test_limit_is_1_to_100(limit: int) -> None:
    refused = StripeTwin().get("/v1/customers", {"limit": limit})
    assert (refused.status, refused.error["param"]) == (400, "limit")


@pytest.mark.parametrize("name", ["page", "offset", "query"])
def test_there_is_no_page_and_no_offset(name: str) -> None:
    refused = StripeTwin().get("/v1/customers", {name: 1})
    assert (refused.status, refused.error["code"], refused.error["param"]) == (400, "parameter_unknown", name)


def test_a_cursor_must_name_an_object_of_the_list() -> None:
    stripe = StripeTwin()
    invoice = stripe.draft().removeprefix("/v1/invoices/")
    for cursor in ("cus_none", invoice):
        refused = stripe.get("/v1/customers", {"starting_after": cursor})
        assert (refused.status, refused.error["code"], refused.error["param"]) == (
            400,
            "resource_missing",
            "starting_after",
        )
    both = stripe.get("/v1/customers", {"starting_after": "cus_a", "ending_before": "cus_b"})
    assert both.status == 400


def test_invoices_are_listed_by_customer_status_and_due_date() -> None:
    stripe = StripeTwin()
    first, second = stripe.customer(), stripe.customer()
    draft, opened, other = stripe.draft(first), stripe.draft(first, days_until_due=60), stripe.draft(second)
    stripe.post(f"{opened}/finalize")

    def found(**params: Any) -> list[str]:
        return [f"/v1/invoices/{one['id']}" for one in stripe.get("/v1/invoices", params).body["data"]]

    assert found(customer=first) == [opened, draft]
    assert found(customer=first, status="draft") == [draft]
    assert found(status="draft") == [other, draft]
    assert found(customer=first, starting_after=opened.removeprefix("/v1/invoices/")) == [draft]
    due = stripe.get(opened).body["due_date"]
    assert found(due_date={"gte": due}) == [opened]
    assert stripe.get("/v1/invoices", {"customer": "cus_none"}).status == 400


def test_tax_rates_are_listed_and_read() -> None:
    stripe = StripeTwin()
    rates = stripe.get("/v1/tax_rates", {"active": True}).body["data"]
    assert {rate["id"]: rate["percentage"] for rate in rates} == {"txr_handoff_vat20": 20.0, "txr_handoff_zero": 0.0}
    assert stripe.get("/v1/tax_rates/txr_handoff_vat20").body["inclusive"] is False
    assert stripe.get("/v1/tax_rates/txr_none").status == 404
