"""What `handoff serve` does: the site, one sentence where it is, and the server until it is told to stop."""

import errno
import socket
from pathlib import Path

from handoff.cli import console, opening
from handoff.core.errors import UsageError


def serve(host: str, port: int, certificate: Path | None, key: Path | None) -> None:
    """Serve the page. Raises UsageError when it may not, or cannot, be served there."""
    from handoff.review.serving import Binding, open_site  # noqa: PLC0415 - a second that --help need not wait
    from handoff.review.serving import serve as run  # noqa: PLC0415
    from handoff.store.session import open_store  # noqa: PLC0415

    if (certificate is None) != (key is None):
        raise UsageError("Give --certificate and --key together.")
    for file in (certificate, key):
        if file is not None and not file.is_file():
            raise UsageError(f"There is no file {file}: name the PEM file.")
    settings, binding = opening.settings(), Binding(host=host, port=port, certificate=certificate, key=key)
    _refuse_taken(host, port)
    store = open_store(settings.store, settings.home)
    try:
        site = open_site(settings, store, binding)
        site.pack()
        console.lines(f"The review page is at {site.address} (Ctrl-C ends it).")
        if not site.signs_in:
            console.lines("Nobody has to sign in: every service is a sandbox on this machine.")
        run(site, binding)
    finally:
        store.close()


def _refuse_taken(host: str, port: int) -> None:
    """Say in one sentence that a port is taken, rather than leave it to the server's own log."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            why = "is taken" if error.errno == errno.EADDRINUSE else f"cannot be used ({error.strerror})"
            raise UsageError(f"{host}:{port} {why}: choose another with --host and --port.") from None
