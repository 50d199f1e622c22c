"""Real channels on this machine: an SMTP server and a webhook, well or broken in each way a channel breaks."""

import email
import email.policy
import http.server
import json
import socket
import ssl
import threading
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from typing import Any

import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

PASSWORD = "canary-pw-7f3a"
TOKEN = "canary-token-91bc"


class Mailbox:
    """What an SMTP server got; `answer` is what it says to a message."""

    def __init__(self, answer: str = "250 OK") -> None:
        self.answer = answer
        self.mails: list[EmailMessage] = []
        self.to: list[str] = []

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        if self.answer.startswith("250"):
            self.mails.append(email.message_from_bytes(envelope.content, policy=email.policy.default))  # type: ignore[arg-type]
            self.to += envelope.rcpt_tos
        return self.answer


@contextmanager
def smtp(mailbox: Mailbox) -> Iterator[int]:
    """An SMTP server that wants the user `handoff` with PASSWORD; yields its port."""

    def check(_server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
        return AuthResult(success=data.password == PASSWORD.encode(), handled=False)

    with warnings.catch_warnings():
        # Of aiosmtpd, about passwords without TLS, which is for a test, and about a word of its own.
        warnings.filterwarnings("ignore", message="Requiring AUTH while not|Session.login_data is deprecated")
        settings = {"auth_require_tls": False, "auth_required": True, "authenticator": check}
        controller = Controller(mailbox, hostname="127.0.0.1", port=_free_port(), **settings)
        controller.start()
        try:
            yield controller.port
        finally:
            controller.stop()


def mail_url(port: int, password: str = PASSWORD, scheme: str = "mailto", extra: str = "") -> str:
    """The apprise URL of such a server."""
    return f"{scheme}://handoff:{password}@127.0.0.1:{port}?to={{email}}&from=handoff@example.com{extra}"


class Hook:
    """What a webhook got; `status` is what it answers."""

    def __init__(self, status: int = 200) -> None:
        self.status = status
        self.bodies: list[dict[str, Any]] = []
        self.paths: list[str] = []


@contextmanager
def webhook(hook: Hook, *, tls: bool = False) -> Iterator[int]:
    """A webhook; with `tls` its certificate is of an authority that nobody trusts. Yields its port."""

    class Answers(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if hook.status == 200:
                hook.bodies.append(body)
                hook.paths.append(self.path)
            self.send_response(hook.status)
            self.end_headers()

        def do_GET(self) -> None:
            hook.paths.append(self.path)
            self.send_response(hook.status)
            if hook.status == 302:
                self.send_header("Location", "/elsewhere")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nothing: the test's output is read."""

    class Server(http.server.ThreadingHTTPServer):
        def handle_error(self, *_: object) -> None:
            """Nothing: clients that break off are part of the tests."""

    with Server(("127.0.0.1", 0), Answers) as server:
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
            server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def silent() -> Iterator[int]:
    """A server that takes connections and says nothing, for ever. Yields its port."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        taken: list[socket.socket] = []

        def take() -> None:
            while True:
                try:
                    taken.append(server.accept()[0])
                except OSError:
                    return

        thread = threading.Thread(target=take, daemon=True)
        thread.start()
        try:
            yield server.getsockname()[1]
        finally:
            server.shutdown(socket.SHUT_RDWR)
            for connection in taken:
                connection.close()
            thread.join(2)
            time.sleep(0.05)  # whoever hung on a connection ends in its own thread


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def nobody() -> int:
    """A port on which nobody listens."""
    return _free_port()
