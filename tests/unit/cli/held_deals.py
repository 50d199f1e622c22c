"""A home in which deals of the demo company are held by the gate, as a run would hold them; no service is there."""

import copy
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from checks import gate
from checks.facts import Facts
from handoff.core.handoff import HandoffState
from handoff.core.money import Money
from handoff.quarantine import desk
from handoff.store import handoffs
from handoff.store.events import Author
from handoff.store.handoffs import Pulled
from handoff.store.session import Store, open_store
from handoff.store.tables import event
from mappings.deal_row import to_row
from tests.unit.mappings.demo_deal import SNAPSHOT, demo

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
Change = Mapping[str, Any]


def deal_id(n: int) -> str:
    return f"006{n:012}AAA"


def opened(home: Path) -> Store:
    return open_store(f"sqlite:///{home / 'handoff.db'}", home)


_KEPT: dict[str, bytes] = {}
"""Changes -> the store in which they are held, as a file: hundreds of tests begin with the same one."""
_LARGEST = 4_000_000


def hold(home: Path, *changes: Change) -> None:
    """Hold one deal per change of the demo deal; `Account.Industry` reaches into what stands there."""
    file, key = home / "handoff.db", repr(changes)
    fresh = not file.exists()
    if fresh and key in _KEPT:
        home.mkdir(parents=True, exist_ok=True)
        file.write_bytes(_KEPT[key])
        return
    _hold(home, changes)
    if fresh and file.stat().st_size < _LARGEST:
        _KEPT[key] = file.read_bytes()


def _hold(home: Path, changes: Sequence[Change]) -> None:
    pack, author = demo(), Author(actor="sync", at=NOW)
    contents = [_changed(n, change) for n, change in enumerate(changes, start=1)]
    rows = [to_row(content, pack, "salesforce") for content in contents]
    verdicts = gate.judge(gate.frame(rows), pack, "salesforce", Facts(now=NOW)).violations
    store = opened(home)
    with store.write() as tx:
        pulled = [Pulled(deal_id=c["Id"], content_hash="0", content=c) for c in contents]
        handoffs.ingest(tx, pulled, "salesforce", "00D", NOW)
        for n, (row, violations) in enumerate(zip(rows, verdicts, strict=True), start=1):
            assert violations, f"deal {n} passes"
            amount, currency = row.get("amount") or "", row.get("currency") or ""
            minor = Money.parse(amount, currency).minor if currency else None
            facts = {"account_id": row.get("account_id"), "account_name": row.get("account_name")}
            likeness = {"amount_minor": minor, "currency": row.get("currency")}
            handoffs.move(tx, n, HandoffState.HELD, NOW, reason="held", **facts, **likeness)
            held = desk.HeldDeal(deal_id=row.deal_id, handoff_id=n, values=row.values, violations=violations)
            desk.hold(tx, pack, [held], author)
    store.close()


def events(home: Path, what: str) -> Sequence[Any]:
    """The audit's events of a kind."""
    store = opened(home)
    with store.read() as tx:
        found = list(tx.execute(sa.select(event).where(event.c.what == what).order_by(event.c.seq)))
    store.close()
    return found


def _changed(n: int, change: Change) -> dict[str, Any]:
    content = copy.deepcopy(SNAPSHOT)
    content |= {"Id": deal_id(n), "Name": f"Deal {n}", "PO_Number__c": f"PO-{n}"}
    for path, value in change.items():
        *parents, name = path.split(".")
        place: Any = content
        for parent in parents:
            place = place[int(parent)] if isinstance(place, list) else place[parent]
        place[name] = value
    return content
