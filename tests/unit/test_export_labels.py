"""The real export held in a store: one label decision, what it says before it is confirmed, and what it releases."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from checks import gate
from checks.rules import names
from connectors.export_files import ExportFiles
from connectors.ports import SourceQuery
from handoff.core.deal import DealRow
from handoff.core.handoff import HandoffState
from handoff.core.money import Money
from handoff.core.pack import Pack
from handoff.core.violation import Violation
from handoff.quarantine import desk
from handoff.report.report_csv import COLUMNS, read_back
from handoff.store import handoffs, label_decisions
from handoff.store.events import Author
from handoff.store.handoffs import Pulled
from handoff.store.session import open_store
from handoff.store.tables import event
from mappings.deal_row import source_query, to_row, trigger_misses
from mappings.pack import load, shipped
from tests.unit.cli.conftest import Command
from tests.unit.cli.conftest import handoff as handoff  # noqa: PLC0414 - the fixture

EXPORT = Path(__file__).parents[3] / "shared/data/crm_sales_opportunities"
NOW = datetime(2026, 11, 24, tzinfo=UTC)
WHY = "GTXPro is how the old price list spelled it"

pytestmark = pytest.mark.skipif(
    not EXPORT.is_dir(), reason="the real export is not beside the repository (../shared/data/crm_sales_opportunities)"
)


@pytest.fixture
def held(handoff: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    """The command over a home in which the export's 1,390 bad deals are held."""
    monkeypatch.setenv("HANDOFF_PACK", "crm_sales_opportunities")
    pack = load(shipped("crm_sales_opportunities"), names())
    bad = [each for each in judged(pack) if each[2]]
    store = open_store(f"sqlite:///{tmp_path / 'home' / 'handoff.db'}", tmp_path / "home")
    with store.write() as tx:
        pulled = [Pulled(deal_id=row.deal_id, content_hash="0", content=s) for s, row, _ in bad]
        handoffs.ingest(tx, pulled, "export", "00D", NOW)
        deals = [
            desk.HeldDeal(deal_id=row.deal_id, handoff_id=n, values=row.values, violations=found)
            for n, (_, row, found) in enumerate(bad, start=1)
        ]
        for deal in deals:
            minor = Money.parse(deal.values["amount"] or "", "USD").minor
            handoffs.move(tx, deal.handoff_id, HandoffState.HELD, NOW, amount_minor=minor, currency="USD")
        desk.hold(tx, pack, deals, Author(actor="sync", at=NOW))
    store.close()
    return handoff


def judged(pack: Pack) -> list[tuple[Mapping[str, Any], DealRow, tuple[Violation, ...]]]:
    """The export's won deals under a pack: as read, as a row, and what is wrong with them."""
    source = ExportFiles(EXPORT, pack.fields.sources["export"])
    pages = source.read(SourceQuery(**source_query(pack, "export")), None)
    read = [(s, to_row(s, pack, "export")) for page in pages for s in page.snapshots]
    won = [(s, row) for s, row in read if trigger_misses(row, pack) is None]
    verdicts = gate.judge(gate.frame([row for _, row in won]), pack, "export", gate.Facts(now=NOW)).violations
    return [(s, row, found) for (s, row), found in zip(won, verdicts, strict=True)]


def test_one_label_decision_releases_588_deals_says_so_before_it_is_confirmed_and_the_audit_names_who_and_why(
    held: Command, tmp_path: Path
) -> None:
    found = held("causes", "list", "--json").json["causes"]
    assert [(c["what"], c["deals"], c["amount"]["USD"]) for c in found] == [
        ('product "GTXPro"', 729, 3_510_578_00),
        ('sector "technolgy"', 671, 1_515_487_00),
        ('billing country "Korea"', 111, 194_957_00),
        ("discount percent: 55 different values", 75, 92_969_00),
        ('billing country "Philipines"', 50, 90_991_00),
    ]
    words = (
        "queue",
        "label",
        "--cause",
        found[0]["cause"],
        "--as-label",
        "GTX Pro",
        "--why",
        WHY,
        "--as",
        "dana_whitfield",
    )
    told = (
        'product "GTXPro" is read as "GTX Pro" from the next run on. It holds 729 deals, USD 3,510,578.00. '
        "The next run releases 588 deals, USD 2,847,861.00. Held for something else too: 141."
    )
    refused = held(*words)
    assert (refused.code, refused.out) == (2, "")
    assert refused.err == f"handoff: {told} Nothing was written: confirm it with --yes.\n"
    assert held("labels", "list", "--json").json == {"labels": []}

    taken = held(*words, "--yes", "--json").json
    assert taken["touches"] == {"deals": 729, "amount": {"USD": 3_510_578_00}, "amount_unreadable": 0}
    assert taken["releases"] == {"deals": 588, "amount": {"USD": 2_847_861_00}, "amount_unreadable": 0}
    store = open_store(f"sqlite:///{tmp_path / 'home' / 'handoff.db'}", tmp_path / "home")
    with store.read() as tx:
        audit = list(tx.execute(sa.select(event).where(event.c.why == WHY)))
        pack = load(shipped("crm_sales_opportunities"), names(), label_decisions.in_use(tx))
    store.close()
    assert sum(bool(found) for _, _, found in judged(pack)) == 1_390 - 588, "as all won deals are judged from then on"
    assert {row.actor for row in audit} == {"dana_whitfield"}
    assert [row.subject for row in audit if row.what == "label_decided"] == ["label:product:GTXPro"]
    assert len({row.subject for row in audit if row.what == "decide_label"}) == 729


def test_the_report_finds_the_decision_that_releases_most_by_itself(held: Command, tmp_path: Path) -> None:
    found = held("report", "--json", "--html", tmp_path / "report.html", "--csv", tmp_path / "report.csv").json
    first, second, *_ = found["decisions"]
    assert first["do"] == "Decide about product “GTXPro” (nearest label: “GTX Pro”)"
    assert first["releases"] == {"deals": 588, "amount": {"USD": 2_847_861_00}, "amount_unreadable": 0}
    assert first["exact"]
    assert second["do"].startswith("Decide about sector “technolgy”")
    rows = read_back((tmp_path / "report.csv").read_bytes().decode())
    assert len({row[0] for row in rows}) == 1_390
    assert sum(len(row) for row in rows) == len(rows) * len(COLUMNS)
    assert (tmp_path / "report.html").stat().st_size < 4_000_000
