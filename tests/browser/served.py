"""The review page as people reach it: a server on a loopback port, in a thread, stopped at the end."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import uvicorn

from handoff.core.clock import Clock
from handoff.core.settings import Settings
from handoff.review.app import create_app
from handoff.review.serving import Binding, open_site
from handoff.review.site import Site
from handoff.store.session import open_store

_WITHIN_S = 20


@contextmanager
def serving(settings_of: Callable[[str], Settings], clock: Clock | None = None) -> Iterator[Site]:
    """The page of a home, as `handoff serve` opens it. `settings_of`: its settings, told the address of the page."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        binding = Binding(host="127.0.0.1", port=listening.getsockname()[1])
        settings = settings_of(binding.address)
        store = open_store(settings.store, settings.home)
        try:
            site = open_site(settings, store, binding, clock)
            with _answering(site, listening):
                yield site
        finally:
            store.close()


@contextmanager
def _answering(site: Site, listening: socket.socket) -> Iterator[None]:
    config = uvicorn.Config(
        create_app(site),
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=1,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    until = time.monotonic() + _WITHIN_S
    while not server.started:
        assert thread.is_alive(), "the page ended as it began"
        assert time.monotonic() < until, f"the page did not answer within {_WITHIN_S} s"
        time.sleep(0.01)
    try:
        yield
    finally:
        server.should_exit = True
        thread.join(_WITHIN_S)
        assert not thread.is_alive(), "the page does not end"
