"""Check: the gate alone over export files: no credentials, no store, nothing written or sent."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from checks import gate
from checks.facts import Facts
from connectors.export_files import ExportFiles
from connectors.ports import SourceQuery
from handoff.core.deal import DealRow
from handoff.core.errors import UsageError
from handoff.core.money import Money, MoneyError
from handoff.core.ownership import entry_owner
from handoff.core.pack import Pack
from handoff.core.violation import Violation
from handoff.report.causes import HeldDeal, totals
from handoff.report.checked import Checked
from handoff.report.wording import counted
from mappings.deal_row import before_go_live, source_query, to_row, trigger_misses


def check(path: Path, pack: Pack, now: datetime, source: str = "export") -> Checked:
    """Judge all deals of an export folder, or of one file. Raises UsageError for files that cannot be read whole."""
    read, rows = _rows(path, pack, source)
    excluded = [row for row in rows if before_go_live(row, pack)]
    judged = [row for row in rows if not before_go_live(row, pack)]
    verdicts = gate.judge(gate.frame(judged), pack, source, Facts(now=now)).violations
    passed = [row for row, violations in zip(judged, verdicts, strict=True) if not violations]
    held = [_held(row, violations, pack, now) for row, violations in zip(judged, verdicts, strict=True) if violations]
    unread = sum(_amount(row) is None for row in judged)
    warnings = []
    if unread:
        them = "it" if unread == 1 else "them"
        warnings.append(f"The amount of {counted(unread, 'deal')} cannot be read; the money shown leaves {them} out.")
    if not rows:
        warnings.append(f"None of the {read:,} deals read meets the trigger: compare trigger.yaml with the export.")
    return Checked(
        path=path,
        pack=pack.name,
        read=read,
        passed=len(passed),
        excluded=len(excluded),
        passed_money=_sum(passed),
        held_money=totals(held),
        entries=tuple(held),
        warnings=tuple(warnings),
    )


def _rows(path: Path, pack: Pack, source: str) -> tuple[int, list[DealRow]]:
    """How many rows the export has, and the deals that meet the trigger."""
    source_map = pack.fields.sources.get(source)
    if source_map is None:
        known = ", ".join(sorted(pack.fields.sources))
        raise UsageError(f"fields.yaml of pack {pack.name} has no source {source!r} (there: {known}). See --source.")
    folder = path
    if path.is_file():
        folder, source_map = path.parent, source_map.model_copy(update={"file": path.name})
    export = ExportFiles(folder, source_map)
    query = SourceQuery(**source_query(pack, source))
    rows = [
        row
        for page in export.read(query, None)
        for row in (to_row(snapshot, pack, source) for snapshot in page.snapshots)
        if trigger_misses(row, pack) is None
    ]
    return export.total_rows, rows


def _held(row: DealRow, violations: tuple[Violation, ...], pack: Pack, now: datetime) -> HeldDeal:
    owner = entry_owner(pack, violations, row.values, now)
    return HeldDeal(
        deal_id=row.deal_id,
        deal_name=row.get("deal_name"),
        account_name=row.get("account_name"),
        owner=owner.name,
        role=owner.role,
        amount=_amount(row),
        violations=violations,
    )


def _amount(row: DealRow) -> Money | None:
    try:
        return Money.parse(row.get("amount") or "", row.get("currency") or "")
    except MoneyError:
        return None


def _sum(rows: Sequence[DealRow]) -> tuple[Money, ...]:
    minor: Counter[str] = Counter()
    for amount in map(_amount, rows):
        if amount is not None:
            minor[amount.currency] += amount.minor
    return tuple(Money(minor=total, currency=currency) for currency, total in minor.items())
