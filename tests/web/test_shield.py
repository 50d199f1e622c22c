"""What stands before every request, asked without a server: nothing that it refuses reaches the page."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from handoff.review.shield import MOST_BYTES, Shield

HOST, OURS = b"page.example:8440", b"https://page.example:8440"
FORM = b"application/x-www-form-urlencoded"
OWN: dict[bytes, bytes] = {b"host": HOST, b"origin": OURS, b"content-type": FORM, b"sec-fetch-site": b"same-origin"}
Pair = tuple[bytes, bytes]


class Page:
    """The app behind the shield: it keeps what reaches it."""

    def __init__(self) -> None:
        self.reached: list[tuple[str, bytes]] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.reached.append((scope["method"], (await receive())["body"]))
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"a page"})


def ask(
    page: Page,
    *also: Pair,
    method: str = "POST",
    path: str = "/sign-out",
    parts: Sequence[bytes] = (b"a=1",),
    on_loopback: bool = False,
    hang_up: bool = False,
    **changed: bytes | None,
) -> tuple[int | None, int]:
    """Status (None: no answer) and how many parts of the body were read. `changed`: headers, None for one left out."""
    headers = {**OWN, **{name.replace("_", "-").encode(): value for name, value in changed.items()}}
    sent: list[Any] = []
    read = 0

    async def receive() -> Any:
        nonlocal read
        read += 1
        if hang_up and read > 1:
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": parts[read - 1], "more_body": hang_up or read < len(parts)}

    async def send(message: Any) -> None:
        sent.append(message)

    given = [*((name, value) for name, value in headers.items() if value is not None), *also]
    scope = {"type": "http", "method": method, "path": path, "headers": given, "query_string": b""}
    asyncio.run(Shield(page, origin=OURS.decode(), on_loopback=on_loopback)(scope, receive, send))
    return (sent[0]["status"] if sent else None), read


def test_a_form_of_a_page_of_ours_comes_through() -> None:
    page = Page()
    assert ask(page, parts=(b"a=", b"1")) == (200, 2)
    assert ask(page, sec_fetch_site=None)[0] == 200, "an old browser says Origin alone"
    assert ask(page, content_type=b"Application/X-WWW-Form-Urlencoded; charset=UTF-8")[0] == 200
    assert page.reached == [("POST", b"a=1")] * 3


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"origin": None}, 403),
        ({"origin": b""}, 403),
        ({"origin": b"null"}, 403),
        ({"origin": b"https://page.example"}, 403),
        ({"origin": b"http://page.example:8440"}, 403),
        ({"origin": b"https://page.example:8440.evil.example"}, 403),
        ({"origin": None, "referer": OURS}, 403),
        ({"sec_fetch_site": b"cross-site"}, 403),
        ({"sec_fetch_site": b"same-site"}, 403),
        ({"sec_fetch_site": b"none"}, 403),
        ({"host": None}, 421),
        ({"host": b""}, 421),
        ({"host": b"page.example"}, 421),
        ({"host": b"evil.example:8440"}, 421),
        ({"host": b"evil.example", "x_forwarded_host": HOST}, 421),
        ({"host": b"127.0.0.1:8440"}, 421),
        ({"content_type": None}, 415),
        ({"content_type": b"application/json"}, 415),
        ({"content_type": b"text/plain"}, 415),
        ({"content_type": b"multipart/form-data; boundary=x"}, 415),
        ({"content_type": b"application/x-www-form-urlencoded-not"}, 415),
        ({"content_length": str(MOST_BYTES + 1).encode()}, 413),
        ({"content_length": b"-1"}, 413),
        ({"content_length": b"1e3"}, 413),
        ({"content_length": b"\xb2"}, 413),
        ({"content_length": b"9" * 5000}, 413),
    ],
)
def test_a_form_that_is_refused_is_not_even_read(changed: dict[str, bytes | None], status: int) -> None:
    page = Page()
    assert ask(page, **changed) == (status, 0)
    assert page.reached == []


@pytest.mark.parametrize(
    "twice",
    [
        (b"host", b"evil.example"),
        (b"origin", OURS),
        (b"content-type", FORM),
        (b"content-length", b"3"),
        (b"sec-fetch-site", b"same-origin"),
    ],
)
def test_a_header_that_is_judged_is_sent_once(twice: Pair) -> None:
    page = Page()
    assert ask(page, twice, content_length=b"3")[0] == 400
    assert page.reached == []


def test_a_body_without_a_length_is_read_no_further_than_to_see_that_it_is_too_large() -> None:
    page, part = Page(), b"x" * (MOST_BYTES // 4)
    assert ask(page, parts=[part] * 4) == (200, 4)
    assert ask(page, parts=[part] * 1000) == (413, 5)
    assert ask(page, parts=[part] * 1000, content_length=b"3") == (413, 5), "whatever it says of its length"
    assert len(page.reached) == 1


def test_who_hangs_up_before_the_end_of_a_form_has_sent_none() -> None:
    page = Page()
    assert ask(page, hang_up=True) == (None, 2)
    assert page.reached == []


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "get", "post", "PROPFIND"])
def test_other_methods_are_not_answered(method: str) -> None:
    page = Page()
    assert ask(page, method=method)[0] == 405
    assert page.reached == []


def test_the_names_of_this_machine_are_ours_on_loopback_alone() -> None:
    page = Page()
    for host in (b"localhost:8440", b"127.0.0.1:8440", b"[::1]:8440"):
        assert ask(page, method="GET", host=host, on_loopback=True)[0] == 200
        assert ask(page, method="GET", host=host)[0] == 421
        assert ask(page, host=host, on_loopback=True)[0] == 403, "a form of the page by its other name"
    assert ask(page, method="GET", host=b"localhost:1", on_loopback=True)[0] == 421
    assert ask(page, method="GET", path="/alive", host=b"10.0.0.7")[0] == 200, "the probe of a load balancer"
    assert ask(page, method="HEAD", path="/queue", host=HOST)[0] == 200
    assert page.reached[-1][0] == "GET"
