"""What the charts count, worked out by hand on a small company; and the sentence and table that say the same."""

from datetime import timedelta
from typing import Any

import pytest

from handoff.core.money import Money
from handoff.core.period import Period
from handoff.report.answers import Attained
from handoff.report.charts import ageing, attained, pareto, weeks
from handoff.report.charts.chart import Chart
from handoff.report.charts.every import NAMES, Reading, chart, charts
from handoff.report.journeys import Verdict
from tests.unit.report.company import Company, at, pack
from tests.unit.report.held import make_violation

ZONE = "America/New_York"
NOW = at(20, 12)
DISCOUNT = "discount_within_limit_or_approved"


def drawn(company: Company, name: str, since: str | None = None) -> Chart:
    with company.store.read() as tx:
        period = Period.of(since, None, ZONE, NOW)
        found = chart(Reading(tx=tx, pack=pack(), period=period, now=NOW), name)
    assert found is not None
    return found


def test_without_a_deal_every_chart_says_so_and_draws_nothing(company: Company) -> None:
    with company.store.read() as tx:
        found = charts(Reading(tx=tx, pack=pack(), period=Period(zone=ZONE), now=NOW))
        assert chart(Reading(tx=tx, pack=pack(), period=Period(zone=ZONE), now=NOW), "nonsense") is None
    assert [c.name for c in found] == list(NAMES)
    assert {c.sentence for c in found} == {"There is no data yet.", "Nothing is held.", "No entry is open."}
    assert [c.picture for c in found] == [None] * len(NAMES)
    with pytest.raises(ValueError, match="has nothing to draw"):
        found[0].svg(None)  # type: ignore[arg-type]


def test_the_flow_has_each_judged_deal_in_one_place(company: Company) -> None:
    for name in ("never", "later", "released", "open", "rejected", "not judged"):
        company.deal(name)
    company.passed("never", at(2))
    company.passed("later", at(2))
    company.held("later", at(3), make_violation(rule="billing_refused"))
    for name in ("released", "open", "rejected"):
        company.held(name, at(2))
    company.passed("released", at(4))
    company.entry("rejected", state="rejected")
    found = drawn(company, "flow")
    assert found.rows == (
        ("never held", "1", "0", "1"),
        ("released", "0", "1", "1"),
        ("still open", "1", "1", "2"),
        ("rejected", "0", "1", "1"),
        ("together", "2", "3", "5"),
    )
    assert found.sentence == (
        "Of 5 deals that were judged, 2 passed at once (40.0 %) and 3 were held at first; of all that were ever held, "
        "1 released, 2 still open, 1 rejected."
    )
    assert drawn(company, "flow", "2026-11-05").sentence == "There is no data yet."


def test_a_week_begins_on_monday_of_its_zone_and_a_week_without_a_deal_is_a_gap(company: Company) -> None:
    """Monday the 9th begins at 05:00 UTC in New York; what was judged an hour before is of the week of the 2nd."""
    for name, when in (("sunday", at(9, 4)), ("monday", at(9, 5)), ("later", at(25))):
        company.deal(name)
        company.passed(name, when)
    company.deal("held")
    company.held("held", at(9, 6))
    found = drawn(company, "first-pass")
    assert found.rows == (
        ("2026-11-23", "1", "1", "100 %"),
        ("2026-11-09", "2", "1", "50.0 %"),
        ("2026-11-02", "1", "1", "100 %"),
    )
    assert found.sentence == (
        "In the week of 2026-11-23, 100 % of 1 deal passed at once; in the 2 weeks before, 66.7 % of 3."
    )


def test_a_long_history_is_cut_to_the_latest_weeks_and_says_so() -> None:
    judged = [Verdict(at=NOW - timedelta(weeks=n), at_once=n > 0, entry_state=None) for n in range(60)]
    found = weeks.chart(weeks.weeks(judged, "UTC"))
    assert (len(found.rows), found.rows[0][-1]) == (weeks.MOST_WEEKS, "0 %")
    assert "The latest 53 of 60 weeks are shown." in found.note


def test_open_entries_by_owner_and_age_to_the_second(company: Company) -> None:
    for n, age in enumerate((0, 86_399, 86_400, 3 * 86_400, 7 * 86_400, 28 * 86_400)):
        company.deal(f"d{n}")
        company.held(f"d{n}", NOW - timedelta(seconds=age), manager="Rocco Neubert" if n == 2 else "Cara Losch")
    company.deal("over")
    company.held("over", at(2))
    company.passed("over", at(3))
    found = drawn(company, "ageing")
    assert found.rows == (
        ("Cara Losch", "2", "0", "1", "1", "1", "5", "3"),
        ("Rocco Neubert", "0", "1", "0", "0", "0", "1", "0"),
    )
    assert found.sentence == (
        "6 entries are open, 3 of them overdue; the oldest has waited 28 days. Cara Losch has the most: 5, 3 overdue."
    )


def test_owners_beyond_the_twelfth_are_one_bar() -> None:
    class Row:
        owner_name = "x"
        opened_at = NOW - timedelta(days=2)
        due_at = NOW - timedelta(days=1)

        def __init__(self, person: str) -> None:
            self.person = self.owner_name = person

    found = ageing.chart(ageing.ageing([Row(f"p{n:02}") for n in range(20)], NOW))
    assert len(found.rows) == ageing.MOST_OWNERS
    assert found.rows[-1] == ("9 other owners", "0", "9", "0", "0", "0", "9", "9")


def test_causes_by_money_and_what_the_first_of_them_hold_together(company: Company) -> None:
    sector = make_violation(rule="sector_is_canonical", seen="technolgy", field="sector")
    for name, minor, violations in (
        ("a", 600_00, (make_violation(), sector)),
        ("b", 300_00, (sector,)),
        ("c", 100_00, (make_violation(rule=DISCOUNT, seen="31 %", field="discount"),)),
        ("unread", None, (make_violation(),)),
    ):
        company.deal(name, minor=minor)
        company.held(name, at(9), *violations)
    company.deal("yen", minor=500, currency="JPY")
    company.held("yen", at(9), make_violation())
    found = drawn(company, "causes")
    assert found.rows == (
        ("sector “technolgy”", "2", "USD 900.00", "90.0 %", "90.0 %"),
        ("product “GTXPro”", "3", "USD 600.00 · JPY 500", "60.0 %", "90.0 %"),
        ("discount within limit or approved", "1", "USD 100.00", "10.0 %", "100 %"),
    )
    assert found.sentence == (
        "USD 1,000.00 is held in 3 entries; the largest cause is sector “technolgy”: USD 900.00, 90.0 %."
    )
    assert "Drawn in USD" in found.note


def test_a_value_that_is_no_label_is_not_told_in_a_chart(company: Company) -> None:
    company.deal("a")
    seen = "Kupferkamm Software GmbH"
    company.held("a", at(9), make_violation(rule="account_name_is_real", seen=seen, field="account_name"))
    with company.store.read() as tx:
        found = charts(Reading(tx=tx, pack=pack(), period=Period(zone=ZONE), now=NOW))
    assert not [c.name for c in found if seen in f"{c.document()} {c.note}"]


@pytest.mark.parametrize("currency", ["???", "usd", None, "<b>"])
def test_money_in_what_is_no_currency_is_counted_and_not_added(company: Company, currency: str | None) -> None:
    company.deal("a", currency=currency)
    company.held("a", at(9))
    found = drawn(company, "causes")
    assert found.rows == (("product “GTXPro”", "1", "–", "0 %", "0 %"),)
    assert found.sentence == "1 entry is held, none with a readable amount."


def test_attainment_has_the_least_attained_first() -> None:
    by_owner = {"a": Attained(met=3, missed=1), "b": Attained(met=1, missed=1), "c": Attained(met=2)}
    found = attained.chart(Attained(met=6, missed=2), by_owner, {"a": "Ada", "b": "Bo"})
    assert found.rows == (("Bo", "1", "1", "50.0 %"), ("Ada", "3", "1", "75.0 %"), ("c", "2", "0", "100 %"))
    assert found.sentence == "75.0 % of 8 entries were answered in time; the lowest share is Bo's, 50.0 % of 2."
    calm = attained.chart(Attained(met=2), {"c": Attained(met=2)}, {})
    assert calm.sentence == "100 % of 2 entries were answered in time: nobody was late."


def test_money_in_a_picture_is_short_and_never_more_than_there_is() -> None:
    def short(minor: int, currency: str = "USD") -> str:
        return pareto.short(Money(minor=minor, currency=currency))

    assert [short(n) for n in (0, 999_00, 9_990_00, 351_057_800, 12_345_678_900_00)] == [
        "USD 0",
        "USD 999",
        "USD 9.99 k",
        "USD 3.51 M",
        "USD 12.3 bn",
    ]
    assert (short(500, "JPY"), pareto.short(None)) == ("JPY 500", "–")


def test_a_period_that_begins_after_everything_has_no_flow_and_still_what_is_open(company: Company) -> None:
    company.deal("a")
    company.held("a", at(9))
    found: dict[str, Any] = {name: drawn(company, name, "2026-11-15").picture for name in NAMES}
    assert {name for name, picture in found.items() if picture} == {"causes", "ageing"}
