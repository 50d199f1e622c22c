"""The sign-in provider's discovery document: where it is asked, and where people are sent."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

from handoff.core.errors import HandoffError
from handoff.core.settings import LOOPBACK

_log = logging.getLogger(__name__)


class ProviderError(HandoffError):
    """The provider cannot be used now, or not as it is set up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Addresses:
    """Where the provider is asked, as its discovery document says. `issuer`: as it writes its own name, with or without
    a slash at the end; `in_body`: where it wants the secret; `leave`: where a session of its own is ended, if there is
    such an address."""

    issuer: str
    authorization: str
    token: str
    keys: str
    leave: str | None
    in_body: bool
    names_itself: bool


def read(found: Mapping[str, Any], issuer: str) -> Addresses:
    """A discovery document. Raises ProviderError for one of another provider, or without encryption."""
    named = str(found.get("issuer", ""))
    if named.rstrip("/") != issuer:
        raise unusable("the discovery document of another issuer")
    names = ("authorization_endpoint", "token_endpoint", "jwks_uri")
    authorization, token, keys = (found.get(name) for name in names)
    leave = found.get("end_session_endpoint")
    local = urlsplit(issuer).hostname in LOOPBACK
    if not all(_is_safe(url, local=local) for url in (authorization, token, keys)):
        raise unusable("a discovery document with an address that is missing or not https")
    methods = found.get("token_endpoint_auth_methods_supported")
    return Addresses(
        issuer=named,
        authorization=str(authorization),
        token=str(token),
        keys=str(keys),
        leave=leave if _is_safe(leave, local=local) else None,
        in_body=isinstance(methods, list) and "client_secret_basic" not in methods and "client_secret_post" in methods,
        names_itself=found.get("authorization_response_iss_parameter_supported") is True,
    )


def with_query(address: str, asked: Mapping[str, str]) -> str:
    """An address of the provider, with what is asked there."""
    return f"{address}{'&' if '?' in address else '?'}{urlencode(asked)}"


def _is_safe(url: Any, *, local: bool) -> bool:
    """Whether an address may be asked: by https, or on this machine where the provider is itself there."""
    if not isinstance(url, str) or not url.isascii() or not url.isprintable():
        return False
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return bool(parts.hostname and not parts.username and not parts.fragment) and (
        parts.scheme == "https" or (local and parts.scheme == "http" and parts.hostname in LOOPBACK)
    )


def unusable(what: str) -> ProviderError:
    """An answer that is not taken, and why."""
    _log.warning("the sign-in provider gave an answer that is not taken: %s", what)
    return ProviderError(
        f"The sign-in provider gave an answer that is not taken ({what}): whoever runs Handoff looks at "
        "HANDOFF_OIDC_ISSUER."
    )
