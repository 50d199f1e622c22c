"""A house with a store of its own, channels that do as they are told, and entries to tell of."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from connectors.errors import ConnectorError, Transient
from connectors.notifier import Channels
from handoff.core.settings import Settings
from handoff.core.violation import Violation
from handoff.quarantine.desk import HeldDeal, hold, release
from handoff.road.house import House
from handoff.road.notify import NotifySummary, notify
from handoff.road.packs import find_pack
from handoff.store import entries, handoffs
from handoff.store.desk_tables import message, notice
from handoff.store.events import Author
from handoff.store.handoffs import Pulled
from handoff.store.session import open_store
from handoff.store.tables import entry, event, handoff
from tests.fakes import Ticking

NIGHT = datetime(2026, 3, 2, 2, tzinfo=UTC)
"""A Monday before eight, so that no digest is due."""
OWNER, BACKUP, LAST = "kwame_mensah", "priya_nair", "helena_brandt"
"""Who answers for tracker_refused in the demo's pack, and who comes after."""


class Channel:
    """A channel that takes messages, or fails as `broken` says."""

    takes_addresses = True

    def __init__(self, name: str, broken: ConnectorError | None = None) -> None:
        self.name = name
        self.broken = broken
        self.refuses: dict[str, ConnectorError] = {}
        self.tries = 0
        self.got: list[tuple[str, str, str, str]] = []

    def send(self, person: str, address: str, title: str, body: str) -> None:
        self.tries += 1
        if failure := self.broken or self.refuses.get(person):
            raise failure
        self.got.append((person, address, title, body))

    @property
    def readers(self) -> list[str]:
        return [got[0] for got in self.got]


def down(why: str = "the connection was refused.") -> ConnectorError:
    return Transient(why, service="channel")


@dataclass
class NoticeHouse:
    """The house, its clock, and what a test does there."""

    house: House
    ticking: Ticking
    channels: list[Channel] = field(default_factory=list)

    def author(self) -> Author:
        return Author(actor="sync", at=self.ticking.at, run_id=f"r-{self.ticking.at:%d%H%M%S}")

    def hold(self, *deals: str, rule: str = "tracker_refused", account: str = "Acme", **values: Any) -> None:
        """Hold deals, each of 100 dollars."""
        stated = {"field": "", "seen": "x", "allowed": "y", "message": "m", **values}
        with self.house.store.write() as tx:
            pulled = [Pulled(deal_id=deal, content_hash="h", content={"Id": deal}) for deal in deals]
            handoffs.ingest(tx, pulled, "salesforce", "org", self.ticking.at)
            known = handoffs.known(tx, list(deals))
            changes = {"account_name": account, "amount_minor": 100_00, "currency": "USD"}
            tx.execute(sa.update(handoff).where(handoff.c.deal_id.in_(deals)).values(**changes))
            violation = Violation(rule=rule, **stated)
            found = [HeldDeal(deal_id=d, handoff_id=known[d].id, values={}, violations=(violation,)) for d in deals]
            hold(tx, self.house.pack, found, self.author())

    def release(self, *deals: str) -> None:
        with self.house.store.write() as tx:
            release(tx, deals, "passed", self.author())

    def give(self, deal: str, person: str) -> None:
        """Somebody reassigns an entry."""
        with self.house.store.write() as tx:
            row = entries.of_deals(tx, [deal])[deal]
            who = self.house.pack.owners.people[person]
            entries.change(tx, row, person=person, owner_name=who.name, owner_email=who.email)

    def put(self, kind: str, person: str = OWNER, **values: Any) -> None:
        """A notice of some kind."""
        row = {"dedupe_key": f"{kind}:{person}:{self.ticking.at}", "kind": kind, "person": person, "state": "pending"}
        with self.house.store.write() as tx:
            entries.notify(tx, [{**row, "created_at": self.ticking.at, "entry_id": None, "about": None, **values}])

    def notify(self, **named: Any) -> NotifySummary:
        return notify(self.house, Channels(ready=tuple(self.channels)), **named)

    def later(self, **span: float) -> None:
        self.ticking.at += timedelta(**span)

    def rows(self, table: sa.Table) -> Sequence[Any]:
        key = table.c.seq if table is event else table.c.id
        with self.house.store.read() as tx:
            return tx.execute(sa.select(table).order_by(key)).all()

    def messages(self) -> Sequence[Any]:
        return self.rows(message)

    def notices(self) -> Sequence[Any]:
        return self.rows(notice)

    def entry(self, deal: str) -> Any:
        return next(row for row in self.rows(entry) if row.deal_id == deal)

    def events(self, what: str) -> list[Any]:
        return [row for row in self.rows(event) if row.what == what]


@contextmanager
def notice_house(folder: Path, *channels: Channel, store_url: str | None = None) -> Iterator[NoticeHouse]:
    """A house of the demo's pack without its calendars: it is night, in UTC, and clocks run round the clock."""
    settings = Settings(_env_file=None, home=folder, store_url=store_url)  # type: ignore[call-arg]
    ticking = Ticking(NIGHT)
    store = open_store(settings.store, folder)
    pack = find_pack("demo")
    pack = replace(pack, owners=pack.owners.model_copy(update={"calendars": {}, "calendar": None}))
    house = House(settings=settings, pack=pack, store=store, actor="sync", clock=ticking.clock)
    try:
        yield NoticeHouse(house=house, ticking=ticking, channels=list(channels))
    finally:
        store.close()
