"""The way to the sign-in provider and back: state, nonce and verifier of one journey, all from the visitor's secret.

Nothing is kept while they are away: what comes back is recomputed from the browser's own cookie, so that nobody else
can end the journey. That it ends once is kept in the store (`sign_ins.spend`).
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

LONGEST = timedelta(minutes=10)
"""Long enough for a second factor."""
_SKEW = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Journey:
    """One sign-in. `state` comes back in the address, `nonce` in the token; `verifier` shows that we asked."""

    state: str
    nonce: str
    verifier: str


def begin(visitor: str, now: datetime) -> Journey:
    """A new journey of a visitor."""
    return _journey(visitor, f"{secrets.token_urlsafe(16)}.{int(now.timestamp())}")


def back(visitor: str | None, state: str, now: datetime) -> Journey | None:
    """The journey that a state belongs to; None when it is not this visitor's, or took too long."""
    named = state.rpartition(".")[0]
    at = named.rpartition(".")[2]
    if not visitor or not (at.isascii() and at.isdigit() and len(at) <= 12):
        return None
    found, age = _journey(visitor, named), now.timestamp() - int(at)
    same = hmac.compare_digest(found.state.encode(), state.encode())
    return found if same and -_SKEW.total_seconds() <= age <= LONGEST.total_seconds() else None


def _journey(visitor: str, named: str) -> Journey:
    """Each from the secret, by a word of its own: none of them tells another."""
    state, nonce, verifier = (
        hmac.new(visitor.encode(), f"{what} {named}".encode(), hashlib.sha256).hexdigest()
        for what in ("state", "nonce", "verifier")
    )
    return Journey(state=f"{named}.{state}", nonce=nonce, verifier=verifier)
