"""Answers that a vendor gives before a call has reached its work: too many calls, a lock, a failure of its own."""

import math
from collections.abc import Callable
from typing import Any

from sandbox.faults import Fault

Answer = tuple[int, dict[str, str], Any]
"""HTTP status, headers, and the content, which is sent as JSON."""


def stripe_rate_limited() -> Answer:
    """Stripe's answer to a call over the rate limit."""
    doc = "https://docs.stripe.com/rate-limits"
    error = {
        "message": f"Request rate limit exceeded. Learn more about rate limits here {doc}.",
        "type": "invalid_request_error",
        "code": "rate_limit",
        "doc_url": "https://docs.stripe.com/error-codes#rate-limit",
    }
    return 429, {"stripe-rate-limited-reason": "global-rate"}, {"error": error}


def asana_rate_limited(wait: float) -> Answer:
    """Asana's answer to a call over a limit; `wait` in seconds, sent as whole ones."""
    message = "You've made too many requests and hit a rate limit. Please retry after the given amount of time."
    return 429, {"retry-after": str(max(1, math.ceil(wait)))}, {"errors": [{"message": message}]}


def _rate_limited(fault: Fault) -> Answer:
    if fault.service == "asana":
        return asana_rate_limited(fault.seconds)
    status, headers, content = stripe_rate_limited()
    return status, {**headers, "retry-after": f"{fault.seconds:g}"}, content


def _lock_timeout(fault: Fault) -> Answer:
    error = {
        "message": "This object cannot be accessed right now because another API request or Stripe process is "
        "currently accessing it. If you see this error intermittently, retry the request. If you see this error "
        "frequently and are making multiple concurrent requests to a single object, make your requests serially or "
        "at a lower rate.",
        "type": "invalid_request_error",
        "code": "lock_timeout",
        "doc_url": "https://docs.stripe.com/error-codes/lock-timeout",
    }
    return 429, {}, {"error": error}


def stripe_failed() -> dict[str, Any]:
    """The body of a 500 of Stripe's."""
    return {"error": {"message": "An unknown error occurred while processing your request.", "type": "api_error"}}


def _error_500(fault: Fault) -> Answer:
    if fault.service == "stripe":
        return 500, {"stripe-should-retry": "false"}, stripe_failed()
    if fault.service == "asana":
        return 500, {}, {"errors": [{"message": "Server Error", "phrase": "6 sad squid snuggle softly"}]}
    message = "An unexpected error occurred. Please include this ErrorId if you contact support: 1234567890-12345"
    return 500, {}, [{"message": message, "errorCode": "UNKNOWN_EXCEPTION"}]


REFUSED: dict[str, Callable[[Fault], Answer]] = {
    "rate_limited": _rate_limited,
    "lock_timeout": _lock_timeout,
    "error_500": _error_500,
}
"""What a fault plan orders -> the answer; nothing is done."""
