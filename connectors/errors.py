"""Errors of the outside, grouped by what the caller must do. Library errors never leave a connector.

ConnectorError
├── Transient        not done: the same call, same key, later (429, lock time-out, no connection)
│   └── NotSent      our own rate or fence held it back: says nothing of the service
├── UnknownOutcome   may have been done: same key, or look and adopt (500, cut connection, time-out)
├── Refused          definitely not done and never will be, as asked (4xx): a person must act
└── AuthFailed       credentials are wrong, missing or lack a permission: the run stops for this service
"""


class ConnectorError(Exception):
    """A call to a service failed. `message` holds no secrets and no personal data beyond what the service said."""

    def __init__(
        self,
        message: str,
        *,
        service: str,
        status: int | None = None,
        code: str | None = None,
        retry_after: float | None = None,
        replayed: bool = False,
    ) -> None:
        self.message = message
        self.service = service
        self.status = status
        self.code = code
        self.retry_after = retry_after
        self.replayed = replayed
        """The service repeated a stored answer (Stripe: Idempotent-Replayed), so the same key will not help."""
        self.maybe_done = False
        """This try or an earlier one of the same call may have been done, whatever the last one was told."""
        super().__init__(f"{service}: {message}")


class Transient(ConnectorError):
    """Not done; may be sent again as it was."""


class NotSent(Transient):
    """We held it back ourselves: it would have had to wait too long, or its time to be sent is over."""


class UnknownOutcome(ConnectorError):
    """May have been done: the same idempotency key, or look and adopt; never a fresh try."""


class Refused(ConnectorError):
    """Definitely not done; sending it again gives the same answer."""


class AuthFailed(ConnectorError):
    """The credentials do not work, or lack a permission."""
