"""The self-fence: a write whose time is over does not reach the service, wherever the time was spent."""

import http.server
import threading
from collections.abc import Callable, Iterator
from typing import Any

import asana
import pytest

from connectors.asana_client import AsanaClient
from connectors.errors import ConnectorError, NotSent
from connectors.fence import fenced
from connectors.rates import TokenBucket
from connectors.retries import Retries
from connectors.stripe_billing import StripeBilling
from connectors.wire import http_session


class _Counting(http.server.BaseHTTPRequestHandler):
    """Answers everything; `reached` holds the methods, `whole` those whose body came too."""

    reached: list[str] = []  # noqa: RUF012 - one server a test
    whole: list[str] = []  # noqa: RUF012 - as above

    def _answer(self) -> None:
        self.reached.append(self.command)
        length = int(self.headers.get("Content-Length") or 0)
        if len(self.rfile.read(length)) < length:
            return
        self.whole.append(self.command)
        body = (
            b'{"id": "in_1", "data": {"gid": "1"}, "object": "invoice", "status": "open", "customer": "cus_1",'
            b' "currency": "eur", "total_excluding_tax": 0, "lines": {"data": []}}'
        )
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = _answer  # noqa: N815 - the names that http.server asks for

    def log_message(self, format: str, *args: object) -> None:
        """Keep quiet."""


class _Server(http.server.ThreadingHTTPServer):
    accepted = threading.Event()

    def get_request(self) -> Any:
        connection = super().get_request()
        self.accepted.set()
        return connection


@pytest.fixture
def url() -> Iterator[str]:
    _Counting.reached.clear()
    _Counting.whole.clear()
    _Server.accepted.clear()
    with _Server(("127.0.0.1", 0), _Counting) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def by_stripe(url: str) -> Callable[[], object]:
    bucket = TokenBucket(1000)
    client = StripeBilling("sk_test_x", url, bucket, retries=Retries(sleep=lambda _: None))
    return lambda: client.create_invoice({"customer": "cus_1"}, "key")


def by_asana(url: str) -> Callable[[], object]:
    client = AsanaClient("token", url, before=lambda: None, threads=1)
    projects = asana.ProjectsApi(client)
    return lambda: projects.create_project({"data": {"name": "x"}}, {})


def by_requests(url: str) -> Callable[[], object]:
    session = http_session(url, before=lambda: None, threads=1)
    return lambda: session.post(url, json={})


WRITES = pytest.mark.parametrize("write", [by_stripe, by_asana, by_requests])


@WRITES
def test_a_write_whose_time_is_over_does_not_leave(url: str, write: Callable[[str], Callable[[], object]]) -> None:
    act = write(url)
    with fenced("the service", lambda: False), pytest.raises(NotSent, match="nothing was sent") as told:
        act()
    assert not told.value.maybe_done
    assert _Counting.reached == []
    act()
    assert _Counting.reached == ["POST"]


@WRITES
def test_it_is_asked_after_the_connection_was_made(url: str, write: Callable[[str], Callable[[], object]]) -> None:
    """Connecting may take seconds, and a machine may sleep meanwhile."""
    with fenced("the service", lambda: _Server.accepted.wait(5)):
        write(url)()
    assert _Counting.reached == ["POST"]


@WRITES
def test_it_is_asked_again_before_the_body_leaves(url: str, write: Callable[[str], Callable[[], object]]) -> None:
    """A machine may sleep between the headers and the body: without its body no service does anything."""
    act, left = write(url), [True]
    act()
    with fenced("the service", lambda: left.pop() if left else False), pytest.raises(NotSent) as told:
        act()
    assert not left
    assert not told.value.maybe_done
    act()
    assert _Counting.whole == ["POST", "POST"]


def test_a_read_is_never_held_back(url: str) -> None:
    session = http_session(url, before=lambda: None, threads=1)
    with fenced("the service", lambda: False):
        assert session.get(url).status_code == 200
    assert _Counting.reached == ["GET"]


def test_a_second_try_that_comes_too_late_tells_that_the_first_may_have_been_done() -> None:
    """The first try loses its reply; when the second is due, the time to send is over."""
    tries: list[str] = []

    class Cut(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            tries.append(self.path)

        def log_message(self, format: str, *args: object) -> None:
            """Keep quiet."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Cut) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        act = by_stripe(f"http://127.0.0.1:{server.server_address[1]}")
        with fenced("Stripe", lambda: not tries), pytest.raises(ConnectorError) as told:
            act()
        server.shutdown()
    assert isinstance(told.value, NotSent)
    assert told.value.maybe_done
    assert len(tries) == 1
