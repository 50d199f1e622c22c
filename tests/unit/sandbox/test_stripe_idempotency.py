import asyncio
from typing import Any

import pytest
from starlette.requests import ClientDisconnect

from tests.unit.sandbox.stripe_calls import StripeTwin, encoded

DAY_S = 24 * 3600


def test_the_same_key_replays_the_first_answer_and_makes_nothing() -> None:
    stripe = StripeTwin()
    first = stripe.post("/v1/customers", {"name": "Acme"}, key="k")
    again = stripe.post("/v1/customers", {"name": "Acme"}, key="k")
    assert again.body == first.body
    assert "idempotent-replayed" not in first.headers
    assert again.headers["idempotent-replayed"] == "true"
    assert again.headers["original-request"] == first.headers["request-id"] != again.headers["request-id"]
    assert len(stripe.state()["customers"]) == 1


def test_the_replay_shows_the_first_answer_even_when_the_object_has_changed() -> None:
    stripe = StripeTwin()
    first = stripe.post("/v1/customers", {"name": "Acme"}, key="k")
    stripe.post(f"/v1/customers/{first.body['id']}", {"name": "Other"})
    assert stripe.post("/v1/customers", {"name": "Acme"}, key="k").body["name"] == "Acme"


def test_the_order_of_parameters_does_not_matter() -> None:
    stripe = StripeTwin()
    stripe.post("/v1/customers", {"name": "Acme", "email": "a@b.example"}, key="k")
    again = stripe.post("/v1/customers", {"email": "a@b.example", "name": "Acme"}, key="k")
    assert again.headers["idempotent-replayed"] == "true"


def test_other_parameters_under_the_same_key_are_refused() -> None:
    stripe = StripeTwin()
    stripe.post("/v1/customers", {"name": "Acme"}, key="k")
    refused = stripe.post("/v1/customers", {"name": "Other"}, key="k")
    assert (refused.status, refused.error["type"]) == (400, "idempotency_error")
    assert "same parameters" in refused.error["message"]
    assert stripe.post("/v1/customers", {"name": "Acme"}, key="k").status == 200


def test_another_endpoint_under_the_same_key_is_refused() -> None:
    stripe = StripeTwin()
    customer = stripe.post("/v1/customers", {"name": "Acme"}, key="k").body["id"]
    refused = stripe.post(f"/v1/customers/{customer}", {"name": "Acme"}, key="k")
    assert (refused.status, refused.error["type"]) == (400, "idempotency_error")
    assert f"'/v1/customers/{customer}' vs '/v1/customers'" in refused.error["message"]


def test_keys_of_two_accounts_do_not_meet() -> None:
    stripe = StripeTwin()
    first = stripe.post("/v1/customers", {"name": "Acme"}, key="k")
    other = stripe.post("/v1/customers", {"name": "Other"}, key="k", account="eu")
    assert other.status == 200
    assert other.body["id"] != first.body["id"]


def test_a_call_under_a_key_still_at_work_is_refused_with_409() -> None:
    async def story() -> None:
        stripe = StripeTwin(delay_ms=60_000)
        body = encoded({"name": "Acme"})
        first = asyncio.create_task(stripe.calling("POST", "/v1/customers", body=body, key="k"))
        await asyncio.sleep(0)  # it has taken the key and waits
        refused = await stripe.calling("POST", "/v1/customers", body=body, key="k")
        assert (refused.status, refused.error["code"]) == (409, "idempotency_key_in_use")
        assert refused.error["type"] == "invalid_request_error"
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)
        stripe.world.delay_ms = 0
        made = await stripe.calling("POST", "/v1/customers", body=body, key="k")
        assert made.status == 200
        assert "idempotent-replayed" not in made.headers

    asyncio.run(story())


def test_a_delayed_call_does_its_work_after_the_wait() -> None:
    stripe = StripeTwin(delay_ms=1)
    made = asyncio.run(stripe.calling("POST", "/v1/customers", body="name=Acme", key="k"))
    assert made.status == 200
    assert asyncio.run(stripe.calling("POST", "/v1/customers", body="name=Acme", key="k")).body == made.body


def test_a_parameter_error_is_not_kept_so_that_the_corrected_call_may_use_the_key() -> None:
    stripe = StripeTwin()
    assert stripe.post("/v1/customers", {"nmae": "Acme"}, key="k").status == 400
    made = stripe.post("/v1/customers", {"name": "Acme"}, key="k")
    assert made.status == 200
    assert "idempotent-replayed" not in made.headers


def test_a_wrong_api_key_is_not_kept() -> None:
    stripe = StripeTwin()
    assert stripe.post("/v1/customers", {}, key="k", headers={"authorization": "Bearer sk_x"}).status == 401
    assert stripe.post("/v1/customers", {}, key="k").status == 200


def test_a_refusal_by_the_endpoint_itself_is_kept_and_replayed() -> None:
    stripe = StripeTwin()
    customer = stripe.customer()
    terms = {"customer": customer, "automatic_tax": {"enabled": True}}
    refused = stripe.post("/v1/invoices", terms, key="k")
    assert refused.error["code"] == "customer_tax_location_invalid"
    stripe.post(f"/v1/customers/{customer}", {"address": {"country": "DE"}})
    again = stripe.post("/v1/invoices", terms, key="k")
    assert (again.status, again.body) == (400, refused.body)
    assert again.headers["idempotent-replayed"] == "true"
    assert stripe.post("/v1/invoices", terms, key="k2").status == 200


def test_a_key_is_pruned_after_24_hours_and_then_makes_a_second_object() -> None:
    stripe = StripeTwin()
    first = stripe.post("/v1/customers", {"name": "Acme"}, key="k")
    stripe.world.clock.shift(DAY_S - 60)
    assert stripe.post("/v1/customers", {"name": "Acme"}, key="k").body == first.body
    stripe.world.clock.shift(61)
    second = stripe.post("/v1/customers", {"name": "Acme"}, key="k")
    assert second.status == 200
    assert second.body["id"] != first.body["id"]


def test_a_call_that_hangs_keeps_its_own_key_and_lets_the_others_end() -> None:
    async def story() -> None:
        stripe = StripeTwin(delay_ms=60_000)
        body = encoded({"name": "Acme"})
        hanging = asyncio.create_task(stripe.calling("POST", "/v1/customers", body=body, key="hangs"))
        await asyncio.sleep(0)  # it has taken the first key and waits
        stripe.world.delay_ms = 0
        first = await stripe.calling("POST", "/v1/customers", body=body, key="k")
        stripe.world.clock.shift(DAY_S + 1)
        assert (await stripe.calling("POST", "/v1/customers", body=body, key="k")).body["id"] != first.body["id"]
        assert (await stripe.calling("POST", "/v1/customers", body=body, key="hangs")).status == 409
        assert stripe.state()["idempotency_keys"] == ["hangs", "k"]
        hanging.cancel()
        await asyncio.gather(hanging, return_exceptions=True)

    asyncio.run(story())


def test_a_key_has_at_most_255_characters() -> None:
    stripe = StripeTwin()
    assert stripe.post("/v1/customers", {"name": "Acme"}, key="k" * 255).status == 200
    assert stripe.post("/v1/customers", {"name": "Acme"}, key="k" * 256).status == 400


def test_a_key_means_nothing_on_get_and_delete() -> None:
    stripe = StripeTwin()
    customer = stripe.post("/v1/customers", {"name": "Acme"}, key="k").body["id"]
    read = stripe.get(f"/v1/customers/{customer}", key="k")
    assert read.status == 200
    assert "idempotent-replayed" not in read.headers


def test_half_a_request_is_none_and_claims_no_key() -> None:
    stripe = StripeTwin()
    sent = [{"type": "http.request", "body": b"name=A", "more_body": True}, {"type": "http.disconnect"}]
    headers = [
        (b"authorization", b"Bearer sk_test_handoff_default"),
        (b"content-type", b"application/x-www-form-urlencoded"),
        (b"idempotency-key", b"k"),
    ]
    scope = {"type": "http", "method": "POST", "path": "/v1/customers", "query_string": b"", "headers": headers}

    async def receive() -> Any:
        return sent.pop(0)

    async def send(_: Any) -> None:
        pass  # nobody hears it

    with pytest.raises(ClientDisconnect):
        asyncio.run(stripe.app(scope, receive, send))
    assert stripe.state()["customers"] == []
    assert stripe.post("/v1/customers", {"name": "Acme"}, key="k").status == 200
