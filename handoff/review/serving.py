"""Serve the page: which address it may be bound to, and when nobody may come in without signing in."""

import signal
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import uvicorn

from handoff.core.clock import Clock
from handoff.core.errors import UsageError
from handoff.core.settings import LOOPBACK, Settings
from handoff.review.app import create_app
from handoff.review.site import Site
from handoff.store.session import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """Where the server listens, and with which certificate."""

    host: str
    port: int
    certificate: Path | None = None
    key: Path | None = None

    @property
    def address(self) -> str:
        """What a browser on this machine would ask for."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'https' if self.certificate else 'http'}://{host}:{self.port}"


def open_site(settings: Settings, store: Store, binding: Binding, clock: Clock | None = None) -> Site:
    """The site of a binding. Raises UsageError where it would let in whoever comes, or send cookies unencrypted."""
    local = binding.host in LOOPBACK
    signs_in = settings.oidc_issuer is not None
    if signs_in and not settings.oidc_client_id:
        raise UsageError("HANDOFF_OIDC_ISSUER is set and HANDOFF_OIDC_CLIENT_ID is not: set both, or neither.")
    if not signs_in and not local:
        raise UsageError(
            f"The page is not opened on {binding.host} while nobody has to sign in: set HANDOFF_OIDC_ISSUER and "
            "HANDOFF_OIDC_CLIENT_ID, or keep to 127.0.0.1."
        )
    if not signs_in and not settings.services_are_local:
        raise UsageError(
            "Nobody would have to sign in, and Salesforce, Stripe or Asana is not a sandbox on this machine: set "
            "HANDOFF_OIDC_ISSUER and HANDOFF_OIDC_CLIENT_ID."
        )
    if signs_in and settings.review_url and urlsplit(settings.review_url).path:
        raise UsageError(
            f"HANDOFF_REVIEW_URL is {settings.review_url}: the page has a host of its own, so leave out the path."
        )
    address = (settings.review_url if signs_in else None) or binding.address
    if not local and not address.startswith("https://"):
        raise UsageError(
            f"The page would be open on {binding.host} without encryption: set HANDOFF_REVIEW_URL to its https:// "
            "address behind your proxy, or give --certificate and --key."
        )
    return Site(settings=settings, store=store, address=address, clock=clock or Clock())


def serve(site: Site, binding: Binding) -> None:
    """Answer until the process is told to stop: then what is asked is answered, and that is a good end."""
    site.pack()  # a pack that cannot be read is said before anybody comes
    if binding.certificate and binding.key:
        _check_certificate(binding.certificate, binding.key)
    config = uvicorn.Config(
        create_app(site),
        host=binding.host,
        port=binding.port,
        ssl_certfile=binding.certificate,
        ssl_keyfile=binding.key,
        log_config=None,  # its own would quote addresses, and with them what people look for
        access_log=False,
        server_header=False,
        proxy_headers=False,  # whom a header names is not whom we know (R45)
        date_header=True,
        timeout_graceful_shutdown=10,
    )
    with _told_to_stop():
        uvicorn.Server(config).run()


@contextmanager
def _told_to_stop() -> Iterator[None]:
    """The server raises again, when it has ended, the signal that ended it: that is heard already."""
    before = {number: signal.signal(number, lambda *_: None) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, answer in before.items():
            signal.signal(number, answer)


def _check_certificate(certificate: Path, key: Path) -> None:
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key, password=lambda: b"")
    except (OSError, ValueError):  # an ssl error is an OSError; a key with a password is not asked for one
        raise UsageError(
            f"{certificate} and {key} are no certificate and key that belong together, in PEM and without a password."
        ) from None
