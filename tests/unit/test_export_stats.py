"""`handoff stats` on the real export: held as the gate judges it, then one label put right an hour later."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from handoff.core.deal import DealRow
from handoff.core.handoff import HandoffState
from handoff.core.period import Period
from handoff.core.violation import Violation
from handoff.quarantine import desk
from handoff.report.stats import stats
from handoff.road.judge import _facts
from handoff.store import handoffs
from handoff.store.events import Author, Event, append
from handoff.store.handoffs import Pulled
from handoff.store.session import Store, open_store
from handoff.store.tables import handoff
from tests.unit.test_export_figures import EXPORT, as_it_is, judged, pack, with_synonym

pytestmark = pytest.mark.skipif(
    not EXPORT.is_dir(), reason="the real export is not beside the repository (../shared/data/crm_sales_opportunities)"
)
MONDAY = datetime(2026, 11, 23, 14, tzinfo=UTC)
LATER = MONDAY + timedelta(days=60)
"""Every entry is past due by then, whatever the calendars say."""
Verdicts = list[tuple[DealRow, tuple[Violation, ...]]]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """The won deals of the export, pulled and not judged yet."""
    home = tmp_path_factory.mktemp("home")
    opened = open_store(f"sqlite:///{home / 'handoff.db'}", home)
    with opened.write() as tx:
        rows = [row for row, _ in as_it_is()]
        own = [{"opportunity_id": row.deal_id, "sales_agent": row.get("rep_name")} for row in rows]
        pulled = [Pulled(deal_id=o["opportunity_id"] or "", content_hash="0", content=o) for o in own]
        handoffs.ingest(tx, pulled, "export", "org", MONDAY)
        facts = [{f"b_{name}": value for name, value in _facts(row).items()} | {"b_id": row.deal_id} for row in rows]
        names = [name.removeprefix("b_") for name in facts[0] if name != "b_id"]
        known = sa.update(handoff).where(handoff.c.deal_id == sa.bindparam("b_id"))
        tx.execute(known.values({name: sa.bindparam(f"b_{name}") for name in names}), facts)
    yield opened
    opened.close()


def write_down(store: Store, verdicts: Verdicts, now: datetime) -> None:
    """What the road's judge writes of these verdicts: entries, releases and events, without any plan."""
    author = Author(actor="sync", at=now, run_id="run")
    passed = [row.deal_id for row, violations in verdicts if not violations]
    with store.write() as tx:
        ids = {row.deal_id: row.id for row in tx.execute(sa.select(handoff.c.deal_id, handoff.c.id))}
        held = [
            desk.HeldDeal(deal_id=row.deal_id, handoff_id=ids[row.deal_id], values=row.values, violations=violations)
            for row, violations in verdicts
            if violations
        ]
        desk.hold(tx, pack(), held, author)
        desk.release(tx, passed, "passes the gate", author)
        append(tx, author, [Event(subject=f"deal:{deal_id}", what="passed") for deal_id in passed])
        tx.execute(sa.update(handoff).values(state=HandoffState.HELD))


def figures(store: Store, now: datetime) -> dict[str, Any]:
    with store.read() as tx:
        return stats(tx, pack(), Period(zone="America/New_York"), now).document()


def shown(blocked: list[dict[str, Any]], *names: str) -> list[tuple[Any, ...]]:
    """Names, entries and whole dollars."""
    return [(*(b[name] for name in names), b["entries"], b["amount"]["USD"] // 100) for b in blocked]


def test_the_figures_as_it_is_and_after_one_label_was_put_right(store: Store) -> None:
    write_down(store, as_it_is(), MONDAY)
    found = figures(store, MONDAY)
    assert found["first_pass"] == {"judged": 4_238, "passed": 2_848, "share": 0.672}
    assert shown([found["blocked"]]) == [(1_390, 4_594_676)]
    assert shown(found["blocked"]["owners"], "owner") == [
        ("Melvin Marxen", 375, 1_352_038),
        ("Rocco Neubert", 294, 1_106_782),
        ("Summer Sewald", 245, 897_434),
        ("Dustin Brinkmann", 174, 243_307),
        ("Cara Losch", 169, 565_576),
        ("Celia Rouche", 133, 429_539),
    ]
    assert shown(found["blocked"]["causes"], "rule", "seen") == [
        ("product_is_canonical", "GTXPro", 729, 3_510_578),
        ("sector_is_canonical", "technolgy", 671, 1_515_487),
        ("country_is_canonical", "Korea", 111, 194_957),
        ("discount_within_limit_or_approved", "more than 5 values", 75, 92_969),
        ("country_is_canonical", "Philipines", 50, 90_991),
    ]
    assert found["response_time"]["share"] is None, "nobody is late yet"

    write_down(store, judged(with_synonym(pack())), MONDAY + timedelta(hours=1))
    after = figures(store, LATER)
    assert after["first_pass"] == found["first_pass"], "a deal passes the first time once"
    assert shown([after["blocked"]]) == [(802, 1_746_815)]
    assert after["blocked"]["overdue"] == 802
    assert after["rework"] == {
        "entries": 1_390,
        "episodes": 1_390,
        "came_back": 0,
        "episodes_per_entry": 1.0,
        "by_episodes": {"1": 1_390},
    }
    answered = after["response_time"]
    assert {name: answered[name] for name in ("met", "missed", "share")} == {"met": 588, "missed": 802, "share": 0.423}
    assert {r["rule"]: (r["met"], r["missed"]) for r in answered["rules"]} == {
        "sector_is_canonical": (0, 671),
        "discount_within_limit_or_approved": (0, 81),
        "country_is_canonical": (0, 50),
        "product_is_canonical": (588, 0),
    }
    assert {o["owner"]: (o["met"], o["missed"]) for o in answered["owners"]} == {
        "Dustin Brinkmann": (0, 174),
        "Cara Losch": (70, 99),
        "Celia Rouche": (60, 73),
        "Rocco Neubert": (137, 157),
        "Melvin Marxen": (175, 200),
        "Summer Sewald": (146, 99),
    }
