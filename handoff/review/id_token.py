"""An ID token, judged: signed by the provider, for us, now, for this journey; and whose e-mail it tells. Pure.

OpenID Connect Core 3.1.3.7; OWASP ASVS 5.0 V10.5. What is wrong is named by a word of ours: a token stands in no text.
"""

import base64
import binascii
import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, Key, OKPKey, RSAKey

from handoff.core.errors import HandoffError

_KINDS: Mapping[str, type[Key]] = {"RS256": RSAKey, "PS256": RSAKey, "ES256": ECKey, "Ed25519": OKPKey}
"""The algorithms that are taken, each with its kind of key: never `none`, never a secret that both sides know."""
_LEEWAY = 60
"""Seconds by which the provider's clock may differ from ours."""
_OLDEST = 600
"""Seconds since it was issued: it comes straight from the provider."""
_LONGEST = 32 * 1024
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]{1,255}")


class IdTokenError(HandoffError):
    """An ID token that proves nothing; the text is the word for what is wrong."""


class UnknownKeyError(IdTokenError):
    """Signed with a key that is not among the provider's; it may have a new one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What must stand in a token. `client_id`: ours; `nonce`: of the journey that it ends."""

    issuer: str
    client_id: str
    nonce: str
    now: datetime


def email_of(token: str, keys: Sequence[Key], expected: Expected) -> str:
    """The e-mail that a token vouches for. Raises IdTokenError."""
    header = _header(token)
    claims = _claims(token, _fitting(keys, header))
    _check_times(claims, expected.now)
    _check_party(claims, header, expected)
    email, verified = claims.get("email"), claims.get("email_verified", True)
    if not isinstance(email, str) or not _EMAIL.fullmatch(email) or not email.isprintable():
        raise IdTokenError("no e-mail")
    if verified not in (True, "true"):
        raise IdTokenError("an e-mail that the provider did not verify")
    return email


def read_keys(found: Mapping[str, Any]) -> list[Key]:
    """The public keys of a key set, without those that no signature of ours may be made with."""
    listed = found.get("keys")
    return [key for one in listed if (key := _key(one)) is not None] if isinstance(listed, list) else []


def _key(found: Any) -> Key | None:
    kinds: tuple[type[Key], ...] = (RSAKey, ECKey, OKPKey)
    for kind in kinds:
        if isinstance(found, dict) and found.get("kty") == kind.key_type and not _is_short(found):
            try:
                return kind.import_key(found)
            except (JoseError, ValueError, TypeError):  # another one's curve, or no key at all: the others may do
                return None
    return None


def _is_short(found: Mapping[str, Any]) -> bool:
    """Whether an RSA key has less than 2048 bits, which are 342 characters."""
    return found.get("kty") == RSAKey.key_type and len(str(found.get("n", ""))) < 341


def _header(token: str) -> dict[str, Any]:
    first, dot, _ = token.partition(".")
    if not dot or len(token) > _LONGEST:
        raise IdTokenError("not a token")
    try:
        found = json.loads(base64.urlsafe_b64decode(first + "=" * (-len(first) % 4)))
    except (binascii.Error, ValueError, RecursionError):
        raise IdTokenError("not a token") from None
    if not isinstance(found, dict):
        raise IdTokenError("not a token")
    if "crit" in found:
        raise IdTokenError("an unknown demand in its header")
    if not isinstance(found.get("alg"), str) or found["alg"] not in _KINDS:
        raise IdTokenError("a signature of a kind that is not taken")
    return found


def _fitting(keys: Sequence[Key], header: Mapping[str, Any]) -> list[Key]:
    """The keys with which it may be signed: of the algorithm's kind, and that one which it names."""
    alg, kid = header["alg"], header.get("kid")
    found = [
        key
        for key in keys
        if isinstance(key, _KINDS[alg])
        and key.get("use") in (None, "sig")
        and key.get("alg") in (None, alg)
        and (kid is None or key.kid == kid)
    ]
    if not found:
        raise UnknownKeyError("a key that is not the provider's")
    return found


def _claims(token: str, keys: Sequence[Key]) -> dict[str, Any]:
    for key in keys:
        try:
            return dict(jwt.decode(token, key, algorithms=list(_KINDS)).claims)
        except (JoseError, ValueError, TypeError, RecursionError):  # the next key may be it
            continue
    raise UnknownKeyError("a signature that is not the provider's")


def _check_times(claims: Mapping[str, Any], now: datetime) -> None:
    at = now.timestamp()
    times = {name: claims[name] for name in ("exp", "iat", "nbf") if name in claims}
    if not {"exp", "iat"} <= times.keys() or not all(map(_is_time, times.values())):
        raise IdTokenError("no time of issue or end")
    if times["exp"] <= at - _LEEWAY:
        raise IdTokenError("an end that has passed")
    if not at - _OLDEST <= times["iat"] <= at + _LEEWAY or times.get("nbf", 0) > at + _LEEWAY:
        raise IdTokenError("a time of issue that is not now")


def _is_time(found: Any) -> bool:
    return isinstance(found, int | float) and not isinstance(found, bool) and math.isfinite(found)


def _check_party(claims: Mapping[str, Any], header: Mapping[str, Any], expected: Expected) -> None:
    """Whose token it is, whom it is for, and that it answers this journey."""
    aud = claims.get("aud")
    if not isinstance(aud, str) and not (isinstance(aud, list) and all(isinstance(one, str) for one in aud)):
        raise IdTokenError("wrong aud")
    token = CodeIDToken(
        {name: claims[name] for name in ("iss", "sub", "aud", "exp", "iat", "nonce", "azp") if name in claims},
        header,
        options={
            "iss": {"essential": True, "value": expected.issuer},
            "aud": {"essential": True, "value": expected.client_id},
            "sub": {"essential": True},
        },
        params={"nonce": expected.nonce, "client_id": expected.client_id},
    )
    try:
        token.validate(now=int(expected.now.timestamp()), leeway=_LEEWAY)
    except JoseError as error:
        raise IdTokenError(f"wrong {_named(error)}") from None


def _named(error: JoseError) -> str:
    """The claim that is wrong, as the library names it, if it is one of those that we ask for."""
    said = str(error)
    return next((name for name in ("nonce", "azp", "aud", "iss", "sub", "exp", "iat") if f"'{name}'" in said), "claim")
