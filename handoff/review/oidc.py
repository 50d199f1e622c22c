"""The sign-in provider: its addresses and keys, and what it says of who came back: the only calls of the page.

OWASP ASVS 5.0 V10: authorization code with PKCE, addresses from discovery, keys fetched again for an unknown one.
"""

import json
import logging
import time
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote_plus

import requests
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from joserfc.jwk import Key
from pydantic import SecretStr
from requests.auth import AuthBase
from urllib3.exceptions import HTTPError

from handoff.core.errors import HandoffError
from handoff.review import discovery
from handoff.review.discovery import Addresses, ProviderError, unusable, with_query
from handoff.review.id_token import Expected, IdTokenError, UnknownKeyError, email_of, read_keys
from handoff.review.round_trip import Journey

_CONNECT, _READ, _WHOLE = 3.0, 5.0, 8.0
"""Seconds to reach it, to wait for a part, and for a whole answer."""
_MOST_BYTES = 512 * 1024
_KEPT = timedelta(hours=1)
_AGAIN = timedelta(seconds=30)
"""Keys are not asked for more often, whatever key a token names."""
_log = logging.getLogger(__name__)


class RefusedError(HandoffError):
    """The provider, or what it said, lets nobody in."""


class Provider:
    """One provider. Its addresses and keys are kept for an hour."""

    def __init__(self, *, issuer: str, client_id: str, secret: SecretStr | None = None) -> None:
        self._issuer, self._client_id, self._secret = issuer, client_id, secret
        self._addresses: tuple[datetime, Addresses] | None = None
        self._keys: tuple[datetime, list[Key]] | None = None

    def begin(self, journey: Journey, *, callback: str, now: datetime) -> str:
        """The address to which somebody is sent, to sign in there."""
        address = self._found(now).authorization
        asked = {
            "response_type": "code",
            "client_id": self._client_id,
            "redirect_uri": callback,
            "scope": "openid email",
            "state": journey.state,
            "nonce": journey.nonce,
            "code_challenge": create_s256_code_challenge(journey.verifier),
            "code_challenge_method": "S256",
        }
        return with_query(address, asked)

    def leave(self, state: str, *, back: str, now: datetime) -> str | None:
        """The address at which somebody ends their session at the provider, too; None where it names none.

        OpenID Connect RP-Initiated Logout 1.0, 2: we keep no ID token, so the provider may ask whether they mean it.
        """
        try:
            address = self._found(now).leave
        except ProviderError:  # whoever goes is not kept here because the provider is down
            return None
        asked = {"client_id": self._client_id, "post_logout_redirect_uri": back, "state": state}
        return with_query(address, asked) if address else None

    def email(self, journey: Journey, code: str, *, callback: str, issuer: str | None, now: datetime) -> str:
        """The e-mail of who came back with a code. `issuer`: the provider as the address names it, if it does."""
        found = self._found(now)
        if issuer != found.issuer and (issuer is not None or found.names_itself):  # RFC 9207
            raise _refused("another provider")
        token = self._token(found, journey, code, callback)
        expected = Expected(issuer=found.issuer, client_id=self._client_id, nonce=journey.nonce, now=now)
        try:
            try:
                return email_of(token, self._known_keys(found, now, at_least=_KEPT), expected)
            except UnknownKeyError:
                return email_of(token, self._known_keys(found, now, at_least=_AGAIN), expected)
        except IdTokenError as error:
            raise _refused(str(error)) from None

    def _token(self, found: Addresses, journey: Journey, code: str, callback: str) -> str:
        fields = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": callback,
            "client_id": self._client_id,
            "code_verifier": journey.verifier,
        }
        sign: AuthBase = _Nobody()
        if self._secret is not None and found.in_body:
            fields["client_secret"] = self._secret.get_secret_value()
        elif self._secret is not None:
            sign = _Basic(self._client_id, self._secret)
        status, answer = _ask("POST", found.token, data=fields, auth=sign)
        if status == 200 and isinstance(answer.get("id_token"), str):
            return str(answer["id_token"])
        if answer.get("error") == "invalid_grant":
            raise _refused("a code that was used, or is too old")
        if answer.get("error") in ("invalid_client", "unauthorized_client"):
            raise ProviderError(
                "The sign-in provider does not know this page: whoever runs Handoff compares HANDOFF_OIDC_CLIENT_ID "
                "and HANDOFF_OIDC_CLIENT_SECRET with what is registered there."
            )
        raise unusable("no ID token")

    def _known_keys(self, found: Addresses, now: datetime, *, at_least: timedelta) -> list[Key]:
        """The provider's keys, not older than that."""
        if self._keys is None or now - self._keys[0] >= at_least:
            status, answer = _ask("GET", found.keys)
            keys = read_keys(answer) if status == 200 else []
            if not keys:
                raise unusable("no keys")
            self._keys = now, keys
        return self._keys[1]

    def _found(self, now: datetime) -> Addresses:
        """The provider's addresses. An old answer is better than none."""
        if self._addresses is None or now - self._addresses[0] >= _KEPT:
            try:
                status, answer = _ask("GET", f"{self._issuer}/.well-known/openid-configuration")
                if status != 200:
                    raise unusable("no discovery document")
                self._addresses = now, discovery.read(answer, self._issuer)
            except ProviderError:
                if self._addresses is None:
                    raise
        return self._addresses[1]


class _Nobody(AuthBase):
    """No name and no password: without this, requests looks for some in the user's ~/.netrc."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        return request


class _Basic(AuthBase):
    """The client's name and secret, as RFC 6749 2.3.1 writes them."""

    def __init__(self, client_id: str, secret: SecretStr) -> None:
        self._client_id, self._secret = client_id, secret

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        name, secret = quote_plus(self._client_id), quote_plus(self._secret.get_secret_value())
        signed: requests.PreparedRequest = requests.auth.HTTPBasicAuth(name, secret)(request)
        return signed


def _ask(method: str, url: str, *, data: Mapping[str, str] | None = None, auth: AuthBase | None = None) -> Any:
    """Status and JSON object of an answer, neither waited for nor read without end; no redirect is followed."""
    until = time.monotonic() + _WHOLE
    headers = {"accept": "application/json", "accept-encoding": "identity"}
    options: dict[str, Any] = {"timeout": (_CONNECT, _READ), "stream": True, "allow_redirects": False}
    try:
        with (
            requests.Session() as http,
            http.request(method, url, data=data, auth=auth or _Nobody(), headers=headers, **options) as answer,
        ):
            body = _body(answer, until)
        found = json.loads(body)
    except (requests.RequestException, HTTPError, OSError) as error:
        _log.warning("the sign-in provider does not answer: %s", type(error).__name__)
        raise ProviderError(
            "The sign-in provider does not answer: try again in a minute; if it lasts, tell whoever runs Handoff."
        ) from None
    except (ValueError, RecursionError):
        raise unusable("no JSON") from None
    if not isinstance(found, dict):
        raise unusable("no JSON object")
    return answer.status_code, found


def _body(answer: requests.Response, until: float) -> bytes:
    body = b""
    while part := answer.raw.read1(64 * 1024, decode_content=False):
        body += part
        if len(body) > _MOST_BYTES:
            raise unusable("more than 512 KB")
        if time.monotonic() > until:
            raise requests.Timeout
    return body


def _refused(what: str) -> RefusedError:
    _log.warning("a sign-in was refused: %s", what)
    return RefusedError(f"You could not be signed in ({what}): begin again from the page that you wanted.")
