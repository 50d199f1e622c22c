"""The wire: answers that come too slowly, connections that are kept, nothing taken from the environment."""

import http.server
import threading
from collections.abc import Iterator

import pytest
import urllib3
from urllib3.exceptions import ReadTimeoutError

from connectors.wire import BoundedPool, chunks, http_session


class Drip:
    """A response that never ends."""

    closed = False

    def read1(self, amount: int, *, decode_content: bool) -> bytes:
        return b"x"

    def close(self) -> None:
        self.closed = True


def test_an_answer_that_drips_is_given_up_in_time_and_its_connection_with_it() -> None:
    drip = Drip()
    ticks = iter(range(100))
    with pytest.raises(ReadTimeoutError):
        list(chunks(drip, until=30, clock=lambda: next(ticks)))
    assert drip.closed
    assert next(ticks) == 32


class _Answers(http.server.BaseHTTPRequestHandler):
    """Says which client port asked; `/chunked` answers so, `/cut` breaks off."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
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

    def log_message(self, format: str, *args: object) -> None:
        """Keep quiet."""


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Answers)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
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
