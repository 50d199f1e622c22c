"""The queue of the review page over 100,000 open entries: time to the first byte, held against bare SQL of a page.

Each view is asked for twenty times through the app, and its page query as often straight from the store; they take
turns. Seconds of a core decide: other work on the machine is none of the page's. p95 by nearest rank.
python -m benchmarks.queue [ENTRIES]
"""

import asyncio
import math
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from benchmarks.queue_store import NOW, fill
from handoff.core.clock import Clock
from handoff.core.entry import EntryState
from handoff.core.settings import Settings
from handoff.report import visible
from handoff.review import sessions
from handoff.review.app import create_app
from handoff.review.people import guest
from handoff.review.queue import SIZE
from handoff.review.queue_address import Asked
from handoff.review.site import Site
from handoff.store import entries
from handoff.store.session import open_store
from handoff.store.tables import entry, handoff

COUNT = 100_000
TRIES = 20
LONGEST_MS = 150.0
MOST_TIMES = 3.0
_ADDRESS = "http://127.0.0.1:8440"
_LOCAL = {
    "salesforce_login_url": "https://localhost:1",
    "stripe_url": "http://localhost:1",
    "asana_url": "http://localhost:1",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """One view of the queue: who looks at which address, and the same rows in SQL."""

    name: str
    person: str
    address: str
    bare: Callable[[sa.Connection], Any]


def run() -> bool:
    """Print the table; False when a view is slower than it may be."""
    return measure(COUNT)


def measure(count: int) -> bool:
    """The same over `count` open entries, and half as many that are over."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        settings = Settings(home=home, pack=Path("demo"), **_LOCAL)  # type: ignore[arg-type]  # addresses
        store = open_store(settings.store, home)
        fill(store, count, count // 2)
        site = Site(settings=settings, store=store, address=_ADDRESS, clock=Clock(now=lambda: NOW))
        found = asyncio.run(_measured(site))
        store.close()
    print(f"queue: {count:,} open entries, {count // 2:,} that are over; milliseconds of a core, p95 of {TRIES}")
    print(f"  {'view':28} {'page':>7} {'rows':>7} {'rows+sums':>10} {'ratio':>6} {'cold':>7} {'page, on the wall':>18}")
    kept = True
    for name, page, rows, sums, cold, wall in found:
        ratio = page / (rows + sums)
        figures = f"{page:7.1f} {rows:7.1f} {rows + sums:10.1f} {ratio:6.2f} {cold:7.1f} {wall:18.1f}"
        print(f"  {name:28} {figures}")
        kept = kept and page < LONGEST_MS and ratio < MOST_TIMES
    print(f"  at most {LONGEST_MS:.0f} ms, and {MOST_TIMES:.0f} times the bare SQL of what a page shows: rows and sums")
    return kept


async def _measured(site: Site) -> list[tuple[str, float, float, float, float, float]]:
    app, found = create_app(site), []
    for view in _views(site):
        cookie = _signed_in(site, view.person)
        address = await _deep(site, view) if view.name.startswith("deep") else view.address
        cold, _, _ = await _first_byte(app, address, cookie)
        for thread in [each for each in threading.enumerate() if each.name == "causes"]:
            thread.join()  # counted on the side: once, and not for this page
        pages, walls, rows, sums = [], [], [], []
        for _ in range(TRIES):
            took, wall, status = await _first_byte(app, address, cookie)
            if status != 200:
                raise AssertionError(f"{address} answered {status}")
            pages.append(took)
            walls.append(wall)
            rows.append(_timed(site, view.bare))
            sums.append(_timed(site, lambda tx, view=view: _sums(tx, site, view.person)))  # type: ignore[misc]
        found.append((view.name, _p95(pages), _p95(rows), _p95(sums), cold * 1000, _p95(walls)))
    return found


def _views(site: Site) -> list[View]:
    tomas = sorted(visible.names_of(site.pack().owners, "tomas_ortega"))
    mine = entry.c.person.in_(tomas)
    theirs = visible.visible_to(site.pack(), "tomas_ortega")
    late = sa.tuple_(entry.c.due_at, entry.c.id) > sa.tuple_(sa.literal(NOW, entry.c.due_at.type), 0)
    ruled = (entries.with_rule("sector_is_canonical"), handoff.c.currency == "EUR")
    named = sa.or_(handoff.c.account_name.contains("tech 00123"), handoff.c.deal_name.contains("tech 00123"))
    by_amount = (handoff.c.currency.desc(), handoff.c.amount_minor.desc(), entry.c.id.desc())
    return [
        View(name="mine", person="tomas_ortega", address="/queue?tab=mine", bare=_rows(mine)),
        View(name="all I may read, part of it", person="tomas_ortega", address="/queue?tab=all", bare=_rows(theirs)),
        View(name="all, a viewer", person="priya_nair", address="/queue?tab=all", bare=_rows()),
        View(name="deep page, a viewer", person="priya_nair", address="", bare=_rows(late)),
        View(
            name="rule and currency",
            person="priya_nair",
            address="/queue?tab=all&rule=sector_is_canonical&currency=EUR",
            bare=_rows(*ruled),
        ),
        View(name="text, a viewer", person="priya_nair", address="/queue?tab=all&q=tech+00123", bare=_rows(named)),
        View(
            name="by amount, a viewer",
            person="priya_nair",
            address="/queue?tab=all&sort=amount&order=down",
            bare=_rows(by=by_amount),
        ),
    ]


def _rows(*where: Any, by: Any = (entry.c.due_at, entry.c.id)) -> Callable[[sa.Connection], Any]:
    joined = sa.join(entry, handoff, handoff.c.id == entry.c.handoff_id)
    query = sa.select(entry, handoff.c.account_name, handoff.c.amount_minor, handoff.c.currency).select_from(joined)
    query = query.where(entry.c.state == EntryState.OPEN, *where).order_by(*by).limit(SIZE + 1)
    return lambda tx: tx.execute(query).all()


def _sums(tx: sa.Connection, site: Site, person: str) -> Any:
    """How many entries a reader's tabs have, and what they come to."""
    joined = sa.join(entry, handoff, handoff.c.id == entry.c.handoff_id)
    whose = (entry.c.person, entry.c.role, handoff.c.currency)
    query = sa.select(*whose, sa.func.count(), sa.func.sum(handoff.c.amount_minor)).select_from(joined).group_by(*whose)
    return tx.execute(query.where(entry.c.state == EntryState.OPEN, visible.visible_to(site.pack(), person))).all()


async def _deep(site: Site, view: View) -> str:
    """The address of a page in the middle."""
    with site.store.read() as tx:
        ordered = sa.select(entry.c.due_at, entry.c.id).where(entry.c.state == EntryState.OPEN)
        middle = tx.execute(sa.select(sa.func.count()).select_from(ordered.subquery())).scalar_one() // 2
        row = tx.execute(ordered.order_by(entry.c.due_at, entry.c.id).offset(middle).limit(1)).one()
    want = Asked(tab="all")
    return want.url(after=want.mark((row.due_at, row.id)))


def _signed_in(site: Site, person: str) -> str:
    """The cookie of somebody who came in."""
    from starlette.responses import Response  # noqa: PLC0415 - only here

    with site.store.read() as tx:
        who = guest(tx, site.pack(), person, NOW.date())
    assert who is not None
    answer = Response()
    sessions.begin(site, answer, who, how="benchmark")
    cookies = SimpleCookie(answer.headers["set-cookie"])
    return "; ".join(f"{name}={cookie.value}" for name, cookie in cookies.items())


async def _first_byte(app: Any, address: str, cookie: str) -> tuple[float, float, int]:
    """Until the first byte of the body: seconds of a core, and on the wall; and the status."""
    path, _, query = address.partition("?")
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "headers": [(b"host", b"127.0.0.1:8440"), (b"cookie", cookie.encode())],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 8440),
    }
    first: list[tuple[float, float]] = []
    status = 0

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        nonlocal status
        if message["type"] == "http.response.start":
            status = message["status"]
        elif message.get("body") and not first:
            first.append((time.process_time() - own, time.perf_counter() - began))

    began, own = time.perf_counter(), time.process_time()
    await app(scope, receive, send)
    return (*(first or [(time.process_time() - own, time.perf_counter() - began)])[0], status)


def _timed(site: Site, query: Callable[[sa.Connection], Any]) -> float:
    with site.store.read() as tx:
        own = time.process_time()
        query(tx)
        return time.process_time() - own


def _p95(seconds: list[float]) -> float:
    """In milliseconds, by nearest rank: a value that was measured."""
    return sorted(seconds)[math.ceil(0.95 * len(seconds)) - 1] * 1000


if __name__ == "__main__":
    sys.exit(0 if measure(int(sys.argv[1]) if len(sys.argv) > 1 else COUNT) else 1)
