"""The real export under its pack: the figures that the issue states, exactly."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path

import pytest

from checks import gate
from checks.rules import names
from connectors.export_files import ExportFiles
from connectors.ports import SourceQuery
from handoff.core.deal import DealRow
from handoff.core.pack import Pack
from handoff.core.violation import Violation
from mappings.deal_row import source_query, to_row, trigger_misses
from mappings.pack import load, shipped

EXPORT = Path(__file__).parents[3] / "shared/data/crm_sales_opportunities"
NOW = datetime(2026, 11, 24, tzinfo=UTC)

pytestmark = pytest.mark.skipif(
    not EXPORT.is_dir(), reason="the real export is not beside the repository (../shared/data/crm_sales_opportunities)"
)


@cache
def pack() -> Pack:
    return load(shipped("crm_sales_opportunities"), names())


def with_synonym(known: Pack) -> Pack:
    product = known.labels["product"].model_copy(update={"synonyms": {"GTXPro": "GTX Pro"}})
    return replace(known, labels={**known.labels, "product": product}, fingerprint="with GTXPro")


def judged(known: Pack) -> list[tuple[DealRow, tuple[Violation, ...]]]:
    source = ExportFiles(EXPORT, known.fields.sources["export"])
    query = SourceQuery(**source_query(known, "export"))
    read = [to_row(snapshot, known, "export") for page in source.read(query, None) for snapshot in page.snapshots]
    assert len(read) == 8_800
    won = [row for row in read if trigger_misses(row, known) is None]
    result = gate.judge(gate.frame(won), known, "export", gate.Facts(now=NOW))
    return list(zip(won, result.violations, strict=True))


@cache
def as_it_is() -> list[tuple[DealRow, tuple[Violation, ...]]]:
    return judged(pack())


def dollars(rows: list[DealRow]) -> Decimal:
    return sum((Decimal(row.get("amount") or "") for row in rows), Decimal(0))


def by_rule(verdicts: list[tuple[DealRow, tuple[Violation, ...]]], *, was_judged: bool) -> dict[str, int]:
    return dict(Counter(v.rule for _, violations in verdicts for v in violations if v.judged is was_judged))


def test_the_won_deals_are_all_there() -> None:
    won = [row for row, _ in as_it_is()]
    assert (len(won), dollars(won)) == (4_238, Decimal(10_005_534))


def test_passed_and_held_deals_are_those_of_the_issue() -> None:
    passed = [row for row, violations in as_it_is() if not violations]
    held = [row for row, violations in as_it_is() if violations]
    assert (len(passed), dollars(passed)) == (2_848, Decimal(5_410_858))
    assert (len(held), dollars(held)) == (1_390, Decimal(4_594_676))


def test_each_rule_holds_as_many_as_the_issue_says() -> None:
    assert by_rule(as_it_is(), was_judged=True) == {
        "product_is_canonical": 729,
        "sector_is_canonical": 671,
        "country_is_canonical": 161,
        "discount_within_limit_or_approved": 75,
    }


def test_a_discount_on_an_unknown_product_is_said_not_to_be_judged() -> None:
    assert by_rule(as_it_is(), was_judged=False) == {"discount_within_limit_or_approved": 729}


def test_deals_with_one_two_and_three_violations() -> None:
    failed = Counter(sum(v.judged for v in violations) for _, violations in as_it_is())
    assert failed == {0: 2_848, 1: 1_161, 2: 212, 3: 17}


def test_exactly_twenty_per_cent_is_within_policy() -> None:
    policy = pack().policies.discount
    assert policy is not None
    prices = policy.list_prices
    on_the_line = [
        violations
        for row, violations in as_it_is()
        if (price := prices.get(row.lines[0]["product"] or "")) and Decimal(row.get("amount") or "") * 5 == price * 4
    ]
    assert len(on_the_line) == 10
    assert not [v for violations in on_the_line for v in violations if v.rule == "discount_within_limit_or_approved"]


def test_one_synonym_releases_what_only_the_product_held() -> None:
    verdicts = judged(with_synonym(pack()))
    assert sum(bool(violations) for _, violations in verdicts) == 802
    assert by_rule(verdicts, was_judged=True) == {
        "sector_is_canonical": 671,
        "country_is_canonical": 161,
        "discount_within_limit_or_approved": 92,
    }
    assert by_rule(verdicts, was_judged=False) == {}
    translated = [t for row, _ in verdicts for t in row.translations]
    assert len(translated) == 729
    assert {(t.field, t.seen, t.canonical, t.line) for t in translated} == {("lines.product", "GTXPro", "GTX Pro", 0)}
