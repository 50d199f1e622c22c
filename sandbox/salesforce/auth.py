"""Log-in by client credentials, and the tokens it gives out."""

import hashlib
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sandbox.clock import Clock
from sandbox.credentials import SALESFORCE_CLIENT_ID, SALESFORCE_CLIENT_SECRET
from sandbox.salesforce.errors import ApiError, session_invalid
from sandbox.salesforce.org import INTEGRATION_USER, ORG_ID


class LoginError(Exception):
    """A refused log-in, in OAuth's form: `error` is its code."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(description)
        self.body = {"error": error, "error_description": description}


class Sessions:
    """Tokens and when each ends, by the sandbox's clock."""

    def __init__(self, clock: Clock, lifetime_s: float, url: str) -> None:
        self.clock = clock
        self.lifetime = timedelta(seconds=lifetime_s)
        self.url = url
        self._ends: dict[str, datetime] = {}

    def log_in(self, form: Mapping[str, Any]) -> dict[str, str]:
        """The answer of `/services/oauth2/token`. Raises LoginError."""
        if not form.get("grant_type"):
            raise LoginError("invalid_request", "missing required parameter: grant_type")
        if form["grant_type"] != "client_credentials":
            raise LoginError("unsupported_grant_type", "grant type not supported")
        if form.get("client_id") != SALESFORCE_CLIENT_ID:
            raise LoginError("invalid_client_id", "client identifier invalid")
        if form.get("client_secret") != SALESFORCE_CLIENT_SECRET:
            raise LoginError("invalid_client", "invalid client credentials")
        now = self.clock.now()
        token = f"{ORG_ID}!{secrets.token_urlsafe(60)}"
        self._ends[token] = now + self.lifetime
        issued = str(int(now.timestamp() * 1000))
        return {
            "access_token": token,
            "signature": hashlib.sha256(issued.encode()).hexdigest(),
            "scope": "api",
            "instance_url": self.url,
            "id": f"{self.url}/id/{ORG_ID}/{INTEGRATION_USER}",
            "token_type": "Bearer",
            "issued_at": issued,
        }

    def check(self, authorization: str | None) -> None:
        """Raises ApiError (401) unless the header carries a token that still lives."""
        scheme, _, token = (authorization or "").partition(" ")
        if authorization and scheme not in {"Bearer", "OAuth"}:
            raise ApiError(401, "INVALID_AUTH_HEADER", "INVALID_HEADER_TYPE")
        ends = self._ends.get(token)
        if ends is None or ends <= self.clock.now():
            raise session_invalid()

    def end(self, authorization: str | None) -> None:
        """Expire the token that the header carries."""
        self._ends.pop((authorization or "").partition(" ")[2], None)

    def end_all(self) -> None:
        """Expire every token at once, as an administrator can."""
        self._ends.clear()
