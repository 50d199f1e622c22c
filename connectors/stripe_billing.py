"""One Stripe account, through the SDK's client. Every POST carries the caller's idempotency key.

Calls go through the SDK's `raw_request`: its typed services build an object tree per answer (1.7 ms of CPU for an
invoice of five lines, measured), which at 100 calls a second is a sixth of a core for dicts that we unpack again.
"""

import logging
from collections.abc import Iterator
from datetime import datetime

import stripe

from connectors.errors import ConnectorError, Refused, UnknownOutcome
from connectors.ports import Body
from connectors.rates import TokenBucket
from connectors.retries import Retries
from connectors.shapes import OtherShapeError
from connectors.stripe_answers import CheckedClient, Reads, one, page, read
from connectors.stripe_errors import SERVICE, translated
from connectors.wire import Calls, host, http_session
from handoff.core.errors import UsageError

API_VERSION = "2026-10-28.endive"
"""The version whose shapes we know: the one that stripe 16.1 is typed for (a test compares them)."""
PAGE = 100
LINES_IN_AN_INVOICE = 10
"""How many lines an invoice answer holds; further ones come from its lines list (services.md 19)."""

_PREFIXES = {"sk_live_": True, "rk_live_": True, "sk_test_": False, "rk_test_": False}


def is_live(key: str) -> bool | None:
    """Whether a secret or restricted key moves real money; None when it is no such key."""
    return next((live for prefix, live in _PREFIXES.items() if key.startswith(prefix)), None)


class StripeBilling:
    """The Billing port over one Stripe account. Safe to use from many threads at once."""

    def __init__(
        self,
        key: str,
        url: str,
        bucket: TokenBucket,
        *,
        account: str = "default",
        threads: int = 16,
        retries: Retries | None = None,
    ) -> None:
        live = is_live(key)
        if live is None:
            name = "HANDOFF_STRIPE_KEY" if account == "default" else f"HANDOFF_STRIPE_KEY_{account.upper()}"
            raise UsageError(
                f"{name} is no Stripe secret key: it must begin with sk_live_, sk_test_, rk_live_ or rk_test_"
            )
        self.livemode = live
        self._url = url.rstrip("/")
        self._account = account
        self._bucket = bucket
        self._retries = retries or Retries()
        self._calls = Calls()
        # The SDK logs bodies at DEBUG and what Stripe said at INFO: neither may reach our logs.
        logging.getLogger("stripe").setLevel(logging.WARNING)
        session = http_session(self._url, before=self._calls.add, threads=threads)
        self._client = stripe.StripeClient(
            key,
            stripe_version=API_VERSION,
            base_addresses={"api": self._url},
            max_network_retries=0,  # retries are ours: `connectors.retries`
            http_client=CheckedClient(session=session),
        )

    @property
    def calls(self) -> int:
        return self._calls.count

    def customers(self) -> Iterator[Body]:
        return self._listed("customer", "/v1/customers", {"expand": ["data.tax_ids"]})

    def customers_created(self, since: datetime, until: datetime) -> list[Body]:
        created = {"gte": int(since.timestamp()), "lte": int(until.timestamp())}
        return list(self._listed("customer", "/v1/customers", {"created": created, "expand": ["data.tax_ids"]}))

    def customer(self, customer_id: str) -> Body | None:
        reads = one("customer", identifier=customer_id)
        found = self._found(f"/v1/customers/{_id(customer_id)}", {"expand": ["tax_ids"]}, reads)
        return None if found is None or found.get("deleted") else found

    def create_customer(self, body: Body, key: str) -> Body:
        return self._post("/v1/customers", body, key, one("customer", sent=body))

    def update_customer(self, customer_id: str, body: Body, key: str) -> Body:
        reads = one("customer", identifier=customer_id, sent=body)
        return self._post(f"/v1/customers/{_id(customer_id)}", body, key, reads)

    def tax_ids(self, customer_id: str) -> list[Body]:
        path = f"/v1/customers/{_id(customer_id)}/tax_ids"
        return list(self._listed("tax_id", path, {}, customer=customer_id))

    def create_tax_id(self, customer_id: str, body: Body, key: str) -> Body:
        reads = one("tax_id", customer=customer_id)
        return self._post(f"/v1/customers/{_id(customer_id)}/tax_ids", body, key, reads)

    def delete_tax_id(self, customer_id: str, tax_id: str) -> None:
        path = f"/v1/customers/{_id(customer_id)}/tax_ids/{_id(tax_id)}"
        self._found(path, {}, one("tax_id", identifier=tax_id), "delete")

    def create_invoice(self, body: Body, key: str) -> Body:
        return self._post("/v1/invoices", body, key, one("invoice", customer=body.get("customer"), sent=body))

    def add_lines(self, invoice_id: str, lines: list[Body], key: str) -> Body:
        return self._post_to(invoice_id, "add_lines", {"lines": lines}, key)

    def invoice(self, invoice_id: str) -> Body | None:
        found = self._found(f"/v1/invoices/{_id(invoice_id)}", {}, one("invoice", identifier=invoice_id))
        if found and found["lines"].get("has_more"):
            lines = found["lines"]
            path = f"/v1/invoices/{_id(invoice_id)}/lines"
            lines["data"] += self._listed("line_item", path, {}, after=lines["data"][-1]["id"])
            lines["has_more"] = False
        return found

    def invoices_of(self, customer_id: str, since: datetime) -> list[Body]:
        query = {"customer": customer_id, "created": {"gte": int(since.timestamp())}}
        return list(self._listed("invoice", "/v1/invoices", query, customer=customer_id))

    def finalize(self, invoice_id: str, key: str) -> Body:
        return self._post_to(invoice_id, "finalize", {}, key)

    def send(self, invoice_id: str, key: str) -> Body:
        return self._post_to(invoice_id, "send", {}, key)

    def invoices(self, since: datetime) -> Iterator[Body]:
        return self._listed("invoice", "/v1/invoices", {"created": {"gte": int(since.timestamp())}})

    def check(self) -> str:
        found = self._get("/v1/account", {}, one("account"))
        mode = "live" if self.livemode else "test"
        return f"Stripe at {host(self._url)}: account {found['id']} ({self._account}) answers, in {mode} mode."

    def _listed(
        self, kind: str, path: str, query: Body, *, after: str | None = None, customer: str | None = None
    ) -> Iterator[Body]:
        """Every object of a list, newest first; one call per hundred."""
        while True:
            asked = {**query, "limit": PAGE, **({"starting_after": after} if after else {})}
            found = self._get(path, asked, page(kind, after=after, customer=customer))
            yield from found["data"]
            if not found["has_more"]:
                return
            after = found["data"][-1]["id"]

    def _found(self, path: str, query: Body, reads: Reads, method: str = "get") -> Body | None:
        try:
            return self._get(path, query, reads, method)
        except Refused as error:
            if error.status == 404:
                return None
            raise

    def _get(self, path: str, query: Body, reads: Reads, method: str = "get") -> Body:
        return self._retries.call(lambda: self._once(method, path, query, None, reads), repeatable=True)

    def _post_to(self, invoice_id: str, action: str, body: Body, key: str) -> Body:
        path = f"/v1/invoices/{_id(invoice_id)}/{action}"
        return self._post(path, body, key, one("invoice", identifier=invoice_id))

    def _post(self, path: str, body: Body, key: str, reads: Reads) -> Body:
        return self._retries.call(lambda: self._once("post", path, body, key, reads), repeatable=True)

    def _once(self, method: str, path: str, body: Body, key: str | None, reads: Reads) -> Body:
        self._bucket.take()
        options = {"idempotency_key": key} if key else {}
        try:
            return reads(read(self._client.raw_request(method, path, **body, **options).body))
        except stripe.StripeError as error:
            raise self._told(error, body) from None
        except OtherShapeError as error:
            why = f"{host(self._url)} gave an answer that is not Stripe's: {error}. Check HANDOFF_STRIPE_URL."
            raise UnknownOutcome(why, service=SERVICE, code="bad_answer") from None

    def _told(self, error: stripe.StripeError, body: Body) -> ConnectorError:
        told = translated(error, url=self._url, sent=body, account=self._account)
        if told.status == 429:
            self._bucket.hold_off(told.retry_after or 0.0)
        return told


def _id(text: str) -> str:
    """An id as part of a path; raises Refused for text that would lead elsewhere."""
    if not text or not text.replace("_", "").isalnum() or not text.isascii():
        raise Refused("an object was asked for by something that is no Stripe id.", service=SERVICE, code="no_id")
    return text
