"""Errors of the Stripe SDK as ours, by what the caller must do (services.md 1-11, 32)."""

from collections.abc import Mapping
from typing import Any

import stripe
from requests.structures import CaseInsensitiveDict

from connectors.errors import AuthFailed, ConnectorError, Refused, Transient, UnknownOutcome
from connectors.wire import broken_connection, host, retry_after, said

SERVICE = "Stripe"


def translated(error: stripe.StripeError, *, url: str, sent: Any, account: str) -> ConnectorError:
    """The ConnectorError for what the SDK raised; `sent` is masked in what Stripe said."""
    if isinstance(error, stripe.APIConnectionError):
        cause = error.__cause__ or error
        if isinstance(cause, ConnectorError):
            return cause
        return broken_connection(cause, service=SERVICE, url=url, setting="HANDOFF_STRIPE_URL")
    told = _told(error)
    kind, why = _meaning(error, error.http_status or 0, told.get("code"))
    if not told:  # no JSON of Stripe's: something in between answered, and what became of the request is not known
        kind = UnknownOutcome
        why = f"{host(url)} gave an answer that is not Stripe's (status {error.http_status}). Check HANDOFF_STRIPE_URL."
    elif kind is AuthFailed:
        why = _auth_sentence(error.http_status, url, account)
    else:
        named = ", ".join(f"{name} {told[name]}" for name in ("code", "param") if told.get(name))
        why = f"{why}{f' ({named})' if named else ''}: {said(told.get('message'), sent)}"
    headers = CaseInsensitiveDict(error.headers or {})
    code = told.get("code") or told.get("type")
    return kind(
        why,
        service=SERVICE,
        status=error.http_status,
        code=str(code) if code else None,
        retry_after=retry_after(headers),
        replayed=headers.get("Idempotent-Replayed", "").lower() == "true",
    )


def _meaning(error: stripe.StripeError, status: int, code: object) -> tuple[type[ConnectorError], str]:
    """What the caller must do, and how the sentence begins."""
    if status in {401, 403}:
        return AuthFailed, ""
    if status == 429 or code in {"lock_timeout", "rate_limit"}:
        return Transient, "asks us to wait"
    if status == 409:  # an earlier request under this key may yet do it
        return UnknownOutcome, "still works on an earlier request"
    if isinstance(error, stripe.IdempotencyError):
        return Refused, "got a known idempotency key with another request, a defect of Handoff: please report it"
    if 400 <= status < 500:
        return Refused, "refused the request"
    return UnknownOutcome, f"failed (status {status})"


def _told(error: stripe.StripeError) -> Mapping[str, Any]:
    """The `error` of Stripe's answer; empty when there is none."""
    body = error.json_body
    told = body.get("error") if isinstance(body, Mapping) else None
    return told if isinstance(told, Mapping) else {}


def _auth_sentence(status: int | None, url: str, account: str) -> str:
    name = "HANDOFF_STRIPE_KEY" if account == "default" else f"HANDOFF_STRIPE_KEY_{account.upper()}"
    if status == 401:
        return f"{host(url)} does not accept the key in {name}. Set a valid secret or restricted key."
    return f"the key in {name} lacks a permission at {host(url)}. Grant it to the key, or set another key."
