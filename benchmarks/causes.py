"""How long `causes list` takes over 100,000 open entries, and what loading label decisions adds to a command.

python -m benchmarks.causes [ENTRIES]
"""

import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa

from checks.rules import names
from handoff.core.label_decision import LabelDecision
from handoff.core.settings import Settings
from handoff.road.causes import listed
from handoff.road.house import open_house
from handoff.store import label_decisions
from handoff.store.session import Store, open_store
from handoff.store.tables import entry, handoff, snapshot, violation
from mappings.pack import load, shipped

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
PEOPLE = ("Priya Nair", "Stefan Vogt", "Rin Takeda", "Kwame Mensah")
HELD_BY = (
    ("product_is_canonical", "lines.product", "Gatway"),
    ("sector_is_canonical", "sector", "Alchemy"),
    ("date_details_present", "kickoff_on", None),
    ("discount_within_limit_or_approved", "discount_percent", "{n}"),
    ("billing_email_well_formed", "billing_email", "not an address"),
)


def fill(store: Store, count: int) -> None:
    """Open entries of `count` deals, two violations each, over 5,000 accounts."""
    numbers = range(1, count + 1)
    with store.write() as tx:
        _insert(tx, snapshot, [_snapshot(n) for n in numbers])
        _insert(tx, handoff, [_handoff(n) for n in numbers])
        _insert(tx, entry, [_entry(n) for n in numbers])
        _insert(tx, violation, [_violation(n, place) for n in numbers for place in (n, n + 1)])


def decide(store: Store, count: int) -> None:
    """So many label decisions."""
    with store.write() as tx:
        for n in range(count):
            made = {"canonical": "Edge Gateway", "is_new": False, "actor": "priya_nair", "at": NOW, "why": "x"}
            label_decisions.put(tx, LabelDecision(label_set="product", seen=f"Gateway {n}", **made))


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(home=Path(folder), pack=Path("demo"))
        store = open_store(settings.store, settings.home)
        fill(store, count)
        house = open_house(settings, "benchmark")
        begun, cpu = time.perf_counter(), time.process_time()
        found = listed(house)
        wall, cpu = time.perf_counter() - begun, time.process_time() - cpu
        print(f"causes list over {count:,} entries: {wall:.2f} s ({cpu:.2f} s of a core), {len(found):,} causes")
        for decisions in (0, 100):
            decide(store, decisions)
            with store.read() as tx:
                made = label_decisions.in_use(tx)
            print(f"{decisions} label decisions: reading {_ms(store)}, loading the pack with them {_load_ms(made)}")
        house.store.close()
        store.close()


def _ms(store: Store) -> str:
    def read() -> None:
        with store.read() as tx:
            label_decisions.in_use(tx)

    return _best(read)


def _load_ms(made: tuple[LabelDecision, ...]) -> str:
    return _best(lambda: load(shipped("demo"), names(), made))


def _best(act: "object", times: int = 20) -> str:
    spent = []
    for _ in range(times):
        begun = time.perf_counter()
        act()  # type: ignore[operator]
        spent.append(time.perf_counter() - begun)
    return f"{min(spent) * 1000:.1f} ms"


def _insert(tx: sa.Connection, table: sa.Table, rows: list[dict[str, object]]) -> None:
    tx.execute(sa.insert(table), rows)


def _snapshot(n: int) -> dict[str, object]:
    content = {"Id": f"d{n}", "AccountId": f"a{n % 5000}", "Billing_Contact__c": f"c{n % 7000}", "Notes": "x" * 1500}
    return {
        "id": n,
        "deal_id": f"d{n}",
        "source": "salesforce",
        "content_hash": "0",
        "content": content,
        "seen_at": NOW,
    }


def _handoff(n: int) -> dict[str, object]:
    stamps = dict.fromkeys(("since", "created_at", "updated_at"), NOW)
    account = {"account_id": f"a{n % 5000}", "account_name": f"Account {n % 5000}"}
    own = {"id": n, "deal_id": f"d{n}", "billing_key": f"k{n}", "kind": "initial", "revision": 0, "state": "held"}
    return {**own, "snapshot_id": n, "amount_minor": n * 100, "currency": "EUR", **account, **stamps}


def _entry(n: int) -> dict[str, object]:
    who = PEOPLE[n % len(PEOPLE)]
    owner = {"person": who.lower(), "owner_name": who, "owner_email": "x@example.com", "role": "finance"}
    times = dict.fromkeys(("opened_at", "due_at", "judged_at"), NOW)
    return (
        {"id": n, "deal_id": f"d{n}", "handoff_id": n, "state": "open", "episode": 1, "pack_fingerprint": "p"}
        | owner
        | times
    )


def _violation(n: int, place: int) -> dict[str, object]:
    rule, field, seen = HELD_BY[place % len(HELD_BY)]
    shown = seen.format(n=n) if seen else None
    said = {"allowed": "x", "message": "x", "judged": True, "current": True, "episode": 1}
    return {"entry_id": n, "rule": rule, "field": field, "seen": shown, **said}


if __name__ == "__main__":
    main()
