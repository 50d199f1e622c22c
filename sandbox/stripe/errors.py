"""Stripe's error bodies, and the question whether an answer is kept under its idempotency key."""

from typing import Any

DOCS = "https://docs.stripe.com/error-codes/"


class StripeError(Exception):
    """An answer other than 200. `executed` says that the endpoint had begun its work, so that the answer is kept
    under the idempotency key and replayed (docs.stripe.com/error-low-level)."""

    def __init__(
        self,
        message: str,
        *,
        status: int = 400,
        kind: str = "invalid_request_error",
        code: str | None = None,
        param: str | None = None,
        executed: bool = True,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.kind = kind
        self.code = code
        self.param = param
        self.executed = executed

    def body(self) -> dict[str, Any]:
        """The JSON that Stripe answers: {"error": {type, message, and where known code, doc_url, param}}."""
        error: dict[str, Any] = {"message": str(self), "type": self.kind}
        if self.code is not None:
            error["code"] = self.code
            error["doc_url"] = DOCS + self.code.replace("_", "-")
        if self.param is not None:
            error["param"] = self.param
        return {"error": error}


def invalid(message: str, param: str | None = None, code: str | None = None) -> StripeError:
    """A 400 of an endpoint that had begun its work: replayed under the same key."""
    return StripeError(message, param=param, code=code)


def malformed(message: str, param: str | None = None, code: str | None = None) -> StripeError:
    """A 400 of the check of the parameters, before the endpoint began: not kept under the key."""
    return StripeError(message, param=param, code=code, executed=False)


def missing(noun: str, identifier: str, param: str | None = None) -> StripeError:
    """No such object: 404 when it is named in the path (`param` None), 400 when named by a parameter."""
    return StripeError(
        f"No such {noun}: '{identifier}'",
        status=404 if param is None else 400,
        code="resource_missing",
        param=param if param is not None else "id",
    )


def unrecognized(method: str, path: str) -> StripeError:
    """No such endpoint, or not with this method: Stripe answers 404 for both."""
    return StripeError(
        f"Unrecognized request URL ({method}: {path}). Please see https://stripe.com/docs or we can help at "
        "https://support.stripe.com/.",
        status=404,
        executed=False,
    )


def no_key() -> StripeError:
    """The request carries no API key."""
    return StripeError(
        "You did not provide an API key. You need to provide your API key in the Authorization header, using Bearer "
        "auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY'). See https://stripe.com/docs/api#authentication for "
        "details, or we can help at https://support.stripe.com/.",
        status=401,
        executed=False,
    )


def wrong_key(key: str) -> StripeError:
    """The API key is not one of the sandbox's; the message masks it as Stripe does."""
    shown = key[:8] + "*" * max(len(key) - 12, 4) + key[-4:] if len(key) > 12 else "*" * len(key)
    return StripeError(f"Invalid API Key provided: {shown}", status=401, executed=False)
