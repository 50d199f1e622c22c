"""A store with many open entries, spread over owners, rules and accounts as the demo company's are."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from handoff.store import sought
from handoff.store.session import Store
from handoff.store.tables import entry, event, handoff, snapshot, violation

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
_PART = 5_000
_ACCOUNTS = 7_000
_CURRENCIES = ("USD", "USD", "USD", "EUR", "GBP")
_HELD_BY = (
    ("product_is_canonical", "lines.product", "sales_operations", "priya_nair", "correction"),
    ("sector_is_canonical", "sector", "sales_operations", "priya_nair", "correction"),
    ("amount_within_limit", "amount", "finance", "tomas_ortega", "approval"),
    ("billing_email_well_formed", "billing_email", "reps_manager", "priya_nair", "correction"),
    ("date_details_present", "kickoff_on", "reps_manager", "stefan_vogt", "correction"),
    ("tax_id_when_required", "tax_id", "tax", "tomas_ortega", "correction"),
    ("kickoff_not_in_past", "kickoff_on", "delivery", "kwame_mensah", "correction"),
    ("currency_known", "currency", "crm_admin", "mei_tanaka", "correction"),
    ("rep_is_active", "rep_is_active", "region_director", "maya_lindgren", "exception"),
    ("rep_is_active", "rep_is_active", "region_director", "rin_takeda", "exception"),
)
"""Rule, field, role, person, kind; what comes first holds most."""
_NAMES = ("Northwind", "Hottech", "Globex", "Umbra", "Zencorp", "Betasoloin", "Conecom", "Iselectrics")


def fill(store: Store, count: int, delivered: int = 0) -> None:
    """`count` open entries, and before them `delivered` deals that once had one."""
    for start in range(0, count + delivered, _PART):
        rows: dict[sa.Table, list[dict[str, Any]]] = {}
        for number in range(start + 1, min(start + _PART, count + delivered) + 1):
            for table, row in _deal(number, still_open=number > delivered):
                rows.setdefault(table, []).append(row)
        with store.write() as tx:
            for table in (snapshot, handoff, entry, violation, event):
                tx.execute(sa.insert(table), rows[table])


def _deal(n: int, *, still_open: bool) -> Iterator[tuple[sa.Table, dict[str, Any]]]:
    deal_id, account = f"006{n:012}AAA", (n * 2_654_435_761 >> 7) % _ACCOUNTS
    at = NOW - timedelta(minutes=n % 40_000)
    spread = (n * n + 7 * n) % 100
    rule, field, role, person, kind = _HELD_BY[min(spread * len(_HELD_BY) * (spread + 30) // 13_000, 9)]
    content = {"Id": deal_id, "Name": f"Deal {n}", "ContactId": f"003{account:015}"}
    deal = {
        "account_name": f"{_NAMES[account % len(_NAMES)]} {account:05}",
        "deal_name": f"{_NAMES[account % len(_NAMES)]} gateway {n}",
        "amount_minor": (n * 7_919 % 90_000 + 100) * 100 if n % 500 else None,
        "currency": _CURRENCIES[n % len(_CURRENCIES)],
    }
    yield (
        snapshot,
        {"id": n, "deal_id": deal_id, "source": "salesforce", "content_hash": "0", "content": content, "seen_at": at},
    )
    yield (
        handoff,
        {
            "id": n,
            "deal_id": deal_id,
            "billing_key": f"b-{n}",
            "kind": "initial",
            "revision": 0,
            "state": "held" if still_open else "delivered",
            "reason": rule,
            "snapshot_id": n,
            "account_id": f"001{account:015}",
            "amount": str(n % 90_000 + 100),
            **deal,
            "since": at,
            "created_at": at,
            "updated_at": at,
        },
    )
    yield (
        entry,
        {
            "id": n,
            "deal_id": deal_id,
            "handoff_id": n,
            "state": "open" if still_open else "released",
            "episode": 1,
            "person": person,
            "owner_name": person.replace("_", " ").title(),
            "owner_email": f"{person.replace('_', '.')}@example.com",
            "role": role,
            "kind": kind,
            "opened_at": at,
            "due_at": at + timedelta(hours=24 * (n % 9)),
            "judged_at": at,
            "released_at": None if still_open else at,
            "pack_fingerprint": "0",
            "level": int(n % 17 == 0),
            **sought.copies(deal),
        },
    )
    seen = None if field == "kickoff_on" else f"{field} {n % 6 if n % 3 else n}"
    broken = [(rule, field, seen)]
    if n % 4 == 0:
        broken.append(("sector_is_canonical", "sector", "technolgy"))
    for name, where, what in broken:
        yield (
            violation,
            {
                "entry_id": n,
                "episode": 1,
                "current": True,
                "rule": name,
                "field": where,
                "seen": what,
                "allowed": "as the pack has it",
                "message": f"{where} is {what!r}, which the company does not use: choose another.",
                "judged": True,
            },
        )
    yield event, {"at": at, "actor": "sync", "subject": f"entry:E-{n:06d}", "what": "opened", "why": "episode 1"}
