"""Serves the three stand-ins on loopback ports, in one process and one event loop, until told to stop."""

import asyncio
import contextlib
import os
import signal
import socket
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

import trustme
import uvicorn
from starlette.applications import Starlette
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from sandbox.frame import Frame
from sandbox.striking import TRANSPORT
from sandbox.world import World

SERVICES = ("salesforce", "stripe", "asana")
HOST = "127.0.0.1"
IDLE_S = 300
"""How long an idle connection is kept: longer than a client keeps one, so that no call meets a closing one."""
PARENT_POLL_S = 0.5


class ServeError(Exception):
    """A port cannot be listened on, or the settings cannot be written. The message says why and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listeners:
    """The bound ports, one a service, and the files of the TLS certificate."""

    sockets: Mapping[str, socket.socket]
    ca_file: Path
    chain_file: Path

    def urls(self) -> dict[str, str]:
        """Service name -> the root URL it is reached at."""
        return {
            name: f"{'https' if name == 'salesforce' else 'http'}://{HOST}:{bound.getsockname()[1]}"
            for name, bound in self.sockets.items()
        }


@contextlib.contextmanager
def listen(ports: Mapping[str, int], folder: Path) -> Iterator[Listeners]:
    """Bind a loopback port for each service (0: a free one) and make a CA in `folder`. Raises ServeError."""
    authority = trustme.CA()
    ca_file, chain_file = folder / "ca.pem", folder / "server.pem"
    authority.cert_pem.write_to_path(ca_file)
    chain_file.touch(mode=0o600)
    authority.issue_cert(HOST, "localhost").private_key_and_cert_chain_pem.write_to_path(chain_file)
    with contextlib.ExitStack() as bound:
        sockets = {name: bound.enter_context(_bind(name, ports.get(name, 0))) for name in SERVICES}
        yield Listeners(sockets=sockets, ca_file=ca_file, chain_file=chain_file)


def _bind(name: str, port: int) -> socket.socket:
    bound = socket.socket()
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((HOST, port))
        bound.listen(2048)  # a client that comes right after `ready` waits, and is not refused
    except OSError as error:
        bound.close()
        raise ServeError(
            f"Port {port} for {name} cannot be used ({error.strerror}); name another with --{name}-port."
        ) from None
    return bound


def frames(world: World) -> dict[str, Frame]:
    """Each service's app in its frame. Raises SeedError when a service cannot use its seed."""
    framed = {}
    for name in SERVICES:
        module = import_module(f"sandbox.{name}.app")
        app: Starlette = module.build(world)
        framed[name] = Frame(app, service=name, world=world, state=lambda m=module, a=app: m.state(a))  # type: ignore[misc]  # bound early
    return framed


class _Quiet(uvicorn.Server):
    """A uvicorn that leaves the signals to us: three of them share one process."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class _Cuttable(HttpToolsProtocol):
    """Tells each call its connection, so that a fault can close it: ASGI itself has no way to."""

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope[TRANSPORT] = self.transport  # type: ignore[literal-required]  # a key of ours


def serve(framed: Mapping[str, Frame], listeners: Listeners, *, ready: Callable[[], None], parent: int | None) -> None:
    """Serve until SIGTERM or SIGINT, or until `parent` (a process id) is no longer ours; `ready` once all listen."""
    with asyncio.Runner(loop_factory=uvicorn.Config("", loop="uvloop", log_config=None).get_loop_factory()) as runner:
        runner.run(_serve(framed, listeners, ready, parent))


async def _serve(
    framed: Mapping[str, Frame], listeners: Listeners, ready: Callable[[], None], parent: int | None
) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    servers = {name: _Quiet(_config(name, frame, listeners)) for name, frame in framed.items()}
    running = [asyncio.create_task(server.serve(sockets=[listeners.sockets[name]])) for name, server in servers.items()]
    ended = asyncio.create_task(_wait(stop, parent))
    ready()
    await asyncio.wait([ended, *running], return_when=asyncio.FIRST_COMPLETED)
    for server in servers.values():
        server.should_exit = True
    ended.cancel()
    await asyncio.gather(*running)


async def _wait(stop: asyncio.Event, parent: int | None) -> None:
    while not stop.is_set():
        if parent is not None and os.getppid() != parent:
            return
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), PARENT_POLL_S if parent is not None else None)


def _config(name: str, frame: Frame, listeners: Listeners) -> uvicorn.Config:
    return uvicorn.Config(
        frame,
        http=_Cuttable,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=name != "salesforce",  # its app tells the date by the sandbox's clock
        timeout_keep_alive=IDLE_S,
        timeout_graceful_shutdown=1,
        ssl_certfile=str(listeners.chain_file) if name == "salesforce" else None,
    )


def print_settings(settings: Mapping[str, str], env_file: Path | None) -> None:
    """Print `NAME=value` lines and write them to `env_file`, readable by its owner alone. Raises ServeError."""
    lines = "".join(f"{name}={value}\n" for name, value in settings.items())
    if env_file is not None:
        try:
            env_file.touch(mode=0o600)
            env_file.chmod(0o600)
            env_file.write_text(lines)
        except OSError as error:
            raise ServeError(
                f"{env_file} cannot be written ({error.strerror}); name another file with --env."
            ) from None
    sys.stdout.write(lines)
    sys.stdout.flush()
