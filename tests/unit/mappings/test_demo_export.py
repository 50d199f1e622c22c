"""A Data Loader export of the demo company reads as the org itself does."""

import csv
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from checks import gate
from connectors.export_files import ExportFiles
from connectors.ports import SourceQuery
from handoff.core.deal import DealRow
from mappings.deal_row import source_query, to_row, trigger_misses
from tests.unit.mappings.demo_deal import demo, snapshot

LINE = {
    "Id": "00k000000000001AAA",
    "Product2": {"Name": "Perpetual License", "Recurring__c": False},
    "Description": "Licence for one seat",
    "Quantity": 25,
    "UnitPrice": 400,
    "ListPrice": 400,
    "TotalPrice": 10_000,
}


def cells(found: dict[str, Any], before: str = "") -> dict[str, str]:
    """A snapshot as one row of an export: parents as columns with dots, amounts with thousands."""
    row: dict[str, str] = {}
    for name, value in found.items():
        if isinstance(value, dict):
            row |= cells(value, f"{before}{name}.")
        elif value is not None and not isinstance(value, list):
            row[f"{before}{name}"] = f"{value:,.2f}" if name in ("Amount", "TotalPrice", "UnitPrice") else str(value)
    return row


def exported(folder: Path) -> DealRow:
    query = SourceQuery(**source_query(demo(), "export"))
    with (folder / "opportunities.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, query.fields, extrasaction="ignore")
        writer.writeheader()
        writer.writerow(cells(snapshot()) | cells({"OpportunityLineItem": LINE}))
    source = ExportFiles(folder, demo().fields.sources["export"])
    (page,) = source.read(query, None)
    return to_row(page.snapshots[0], demo(), "export")


def test_an_exported_deal_is_the_same_deal(tmp_path: Path) -> None:
    deal = exported(tmp_path)
    in_the_org = to_row(snapshot(OpportunityLineItems=[LINE]), demo(), "salesforce")
    assert deal.values == {**in_the_org.values, "amount": "10000.00"}
    assert deal.lines == ({**in_the_org.lines[0], "unit_price": "400.00", "line_total": "10000.00"},)
    assert deal.translations == in_the_org.translations


def test_an_exported_deal_meets_the_trigger_and_passes_the_gate(tmp_path: Path) -> None:
    deal = exported(tmp_path)
    assert trigger_misses(deal, demo()) is None
    result = gate.judge(gate.frame([deal]), demo(), "export", gate.Facts(now=datetime(2026, 11, 24, tzinfo=UTC)))
    assert result.violations == [()]
