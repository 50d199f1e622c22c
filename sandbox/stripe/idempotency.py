"""Idempotency keys of one account, as docs.stripe.com/api/idempotent_requests and error-low-level describe them."""

import hashlib
from dataclasses import dataclass, field

from sandbox.stripe.errors import StripeError, malformed
from sandbox.stripe.form import Pairs

LONGEST_KEY = 255
LIFETIME_S = 24 * 3600
"""Keys are pruned once they are at least this old; the next call under one is then a new call."""


@dataclass(slots=True, kw_only=True)
class Answer:
    """What is kept under a key; `body` is None while the first call is still at work."""

    created: float
    path: str
    fingerprint: bytes
    request_id: str
    status: int = 0
    body: bytes | None = None


@dataclass(slots=True)
class Keys:
    """The keys used in the last 24 hours, oldest first."""

    answers: dict[str, Answer] = field(default_factory=dict)

    def claim(self, key: str, path: str, pairs: Pairs, *, now: float, request_id: str) -> Answer | None:
        """Take the key for a new call and return None, or return the answer to replay.

        Raises StripeError: 409 while the first call under it is at work, 400 when it was used for another call.
        """
        if len(key) > LONGEST_KEY:
            raise malformed(
                f"Idempotency keys can be at most {LONGEST_KEY} characters long, but you passed in one of {len(key)}."
            )
        self._prune(now)
        kept = self.answers.get(key)
        fingerprint = _fingerprint(pairs)
        if kept is None:
            self.answers[key] = Answer(created=now, path=path, fingerprint=fingerprint, request_id=request_id)
            return None
        if kept.body is None:
            raise StripeError(
                "There is currently another in-progress request using this Idempotent Key (that probably means you "
                f"submitted twice, and the other request is still going through): {key}. Please try again later.",
                status=409,
                code="idempotency_key_in_use",
                executed=False,
            )
        if kept.path != path:
            raise _mismatch(
                f"Keys for idempotent requests can only be used for the same endpoint they were first used for "
                f"('{path}' vs '{kept.path}')",
                key,
            )
        if kept.fingerprint != fingerprint:
            raise _mismatch(
                "Keys for idempotent requests can only be used with the same parameters they were first used with", key
            )
        return kept

    def settle(self, key: str, status: int, body: bytes) -> None:
        """Keep the answer of a call that began its work; it is replayed, whatever it was."""
        kept = self.answers[key]
        kept.status, kept.body = status, body

    def release(self, key: str) -> None:
        """Forget a call that never began its work."""
        self.answers.pop(key, None)

    def _prune(self, now: float) -> None:
        """Forget what is too old. A call that is still at work keeps its key, and holds up no other's end."""
        ended = []
        for key, kept in self.answers.items():  # oldest first
            if now - kept.created < LIFETIME_S:
                break
            if kept.body is not None:
                ended.append(key)
        for key in ended:
            del self.answers[key]


def _fingerprint(pairs: Pairs) -> bytes:
    digest = hashlib.blake2b(digest_size=16)
    for name, value in sorted(pairs):
        digest.update(f"{len(name)}:{name}={len(value)}:{value};".encode())
    return digest.digest()


def _mismatch(reason: str, key: str) -> StripeError:
    return StripeError(
        f"{reason}. Try using a key other than '{key}' if you meant to execute a different request.",
        kind="idempotency_error",
        executed=False,
    )
