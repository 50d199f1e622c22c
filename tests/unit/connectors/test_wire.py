"""The wire: answers too slow or too long, connections that are kept, nothing taken from the environment."""

import contextlib
import gzip
import http.server
import io
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
import urllib3

from connectors.deadline import TimedReader
from connectors.errors import Transient, UnknownOutcome
from connectors.wire import AnswerTooLargeError, BoundedPool, broken_connection, http_session


class Drip(io.RawIOBase):
    """A socket's reading end from which a byte comes every 20 seconds of `ticks`."""

    def __init__(self, ticks: list[float]) -> None:
        self.ticks = ticks

    def readinto(self, buffer: Any) -> int:
        self.ticks[0] += 20
        buffer[:1] = b"x"
        return 1


class Waits:
    """Keeps the time-outs that a socket is given."""

    def __init__(self) -> None:
        self.told: list[float] = []

    def settimeout(self, seconds: float) -> None:
        self.told.append(seconds)


def test_each_read_waits_for_what_is_left_of_the_time_and_then_for_nothing() -> None:
    ticks, waits = [100.0], Waits()
    reader = TimedReader(Drip(ticks), waits, 130.0, lambda: ticks[0])  # type: ignore[arg-type]  # all it needs
    assert reader.read(1) == reader.read(1) == b"x"
    with pytest.raises(TimeoutError, match="too slowly"):
        reader.read(1)
    assert waits.told == [30.0, 10.0]


class _Answers(http.server.BaseHTTPRequestHandler):
    """Says which client port asked; `/chunked` answers so, `/cut` breaks off; others are slow, long or elsewhere."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        odd = {"/headers": self.drip_headers, "/body": self.drip_body, "/stall": self.stall, "/zipped": self.zip}
        if self.path in odd:
            self.close_connection = True
            odd[self.path]()
            return
        if self.path == "/elsewhere":
            self.send_response(302)
            self.send_header("Location", "/")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        body = str(self.client_address[1]).encode()
        self.send_response(200)
        if self.path == "/chunked":
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            self.wfile.write(b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body))
            return
        length = len(body) + (5 if self.path == "/cut" else 0)
        self.send_header("Content-Length", str(length))
        self.end_headers()
        self.wfile.write(body)
        if self.path == "/cut":
            self.close_connection = True

    def drip(self, head: bytes) -> None:
        """Send `head` and then a byte now and then, until the client has gone."""
        self.wfile.write(head)
        with contextlib.suppress(OSError):
            while not stopping.wait(0.02):
                self.wfile.write(b"x")

    def drip_headers(self) -> None:
        self.drip(b"HTTP/1.1 200 OK\r\nX-Slow: ")

    def drip_body(self) -> None:
        self.drip(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")

    def stall(self) -> None:
        stopping.wait(60)

    def zip(self) -> None:
        body = gzip.compress(b"x" * 3 * 2**20)
        self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(body))
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Keep quiet."""


stopping = threading.Event()


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Answers)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    stopping.set()
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("path", ["/", "/chunked"])
def test_connections_are_kept_for_the_next_call(url: str, path: str) -> None:
    with http_session(url, before=lambda: None, threads=2) as session:
        assert len({session.get(url + path).text for _ in range(3)}) == 1
    with urllib3.PoolManager(retries=False) as pool:
        assert len({BoundedPool(pool).request("GET", url + path).data for _ in range(3)}) == 1


def test_an_answer_that_is_cut_off_is_an_error(url: str) -> None:
    with http_session(url, before=lambda: None, threads=2) as session, pytest.raises(IOError, match="IncompleteRead"):
        session.get(f"{url}/cut")
    with urllib3.PoolManager(retries=False) as pool, pytest.raises(urllib3.exceptions.ProtocolError):
        BoundedPool(pool).request("GET", f"{url}/cut")


def by_requests(url: str, **bounds: Any) -> bytes:
    with http_session(url, before=lambda: None, threads=2, **bounds) as session:
        return session.get(url).content


def by_urllib3(url: str, **bounds: Any) -> bytes:
    with urllib3.PoolManager(retries=False) as pool:
        body: bytes = BoundedPool(pool, **bounds).request("GET", url, timeout=urllib3.Timeout(5, 30)).data
        return body


@pytest.mark.parametrize("ask", [by_requests, by_urllib3])
@pytest.mark.parametrize("path", ["/stall", "/headers", "/body"])
def test_no_answer_is_waited_for_longer_than_a_call_may_last(url: str, path: str, ask: Callable[..., bytes]) -> None:
    begun = time.monotonic()
    with pytest.raises((requests.RequestException, urllib3.exceptions.HTTPError)) as raised:
        ask(url + path, seconds=0.15)
    assert 0.1 < time.monotonic() - begun < 2
    told = broken_connection(raised.value, service="s", url=url, setting="x")
    assert type(told) is UnknownOutcome


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_host_of_many_addresses_is_tried_no_longer_than_one(monkeypatch: pytest.MonkeyPatch, scheme: str) -> None:
    with socket.socket() as full, socket.socket() as waiting:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        waiting.connect(full.getsockname())  # now its queue is full, and who comes next is never answered
        found = socket.getaddrinfo(*full.getsockname(), type=socket.SOCK_STREAM)
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found * 5)
        url = f"{scheme}://many.test:{full.getsockname()[1]}"
        with urllib3.PoolManager(retries=False, timeout=urllib3.Timeout(0.2, 30)) as pool:
            begun = time.monotonic()
            with pytest.raises(urllib3.exceptions.ConnectTimeoutError) as raised:
                BoundedPool(pool).request("GET", url)
        assert time.monotonic() - begun < 0.6
    told = broken_connection(raised.value, service="s", url=url, setting="x")
    assert type(told) is Transient


@pytest.mark.parametrize("ask", [by_requests, by_urllib3])
def test_a_long_answer_is_given_up_however_well_it_is_packed(url: str, ask: Callable[..., bytes]) -> None:
    assert len(ask(url + "/zipped", most=3 * 2**20)) == 3 * 2**20
    with pytest.raises(AnswerTooLargeError) as raised:
        ask(url + "/zipped", most=2**20)
    told = broken_connection(raised.value, service="s", url=url, setting="x")
    assert (type(told), told.code) == (UnknownOutcome, "too_large")
    assert "longer than 1 MB" in told.message


def test_redirects_are_not_followed(url: str) -> None:
    with http_session(url, before=lambda: None, threads=1) as session:
        assert session.get(url + "/elsewhere").status_code == 302
    with urllib3.PoolManager() as pool:
        assert BoundedPool(pool).request("GET", url + "/elsewhere").status == 302


def test_nothing_of_the_environment_wins_over_our_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere.pem")
    with http_session("https://x.test", before=lambda: None, threads=1, ca_file="/ours.pem") as session:
        merged = session.merge_environment_settings("https://x.test", {}, None, None, None)
        assert merged["verify"] == "/ours.pem"


def test_a_proxy_of_the_environment_is_taken_over_unless_the_host_is_excepted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.test:3128")
    monkeypatch.setenv("NO_PROXY", "inside.test")
    with http_session("https://outside.test", before=lambda: None, threads=1) as session:
        assert session.proxies["https"] == "http://proxy.test:3128"
    with http_session("https://inside.test", before=lambda: None, threads=1) as session:
        assert "https" not in session.proxies
