"""Figures of a company small enough to work each out by hand; docs/figures.md tells the same company."""

from datetime import timedelta
from typing import Any

import pytest

from handoff.core.handoff import EffectKind
from handoff.core.period import Period
from handoff.report.stats import stats
from tests.unit.report.company import Company, at, pack
from tests.unit.report.held import make_violation

NOW = at(10, 12)
ZONE = "America/New_York"
DISCOUNT = "discount_within_limit_or_approved"
HOUR = 3600


def figures(company: Company, since: str | None = None, until: str | None = None) -> dict[str, Any]:
    with company.store.read() as tx:
        return stats(tx, pack(), Period.of(since, until, ZONE, NOW), NOW).document()


def three_delivered(company: Company) -> None:
    """Closed at 2 November 05:00 UTC, New York's midnight: invoiced after 10, 24 and 36 hours, one was held first."""
    for name, closed, passed, invoiced, project in (
        ("a", "2026-11-02", at(2, 15), at(2, 15), at(2, 15, 30)),
        ("b", "2026-11-02", at(3, 4), at(3, 5), at(3, 6)),
        ("c", "2026-11-03", at(4, 15), at(4, 17), at(4, 19)),
    ):
        company.deal(name, closed=closed, rep="Bo" if name == "c" else "Ada")
        if name == "c":
            company.held(name, at(3, 15))
        company.passed(name, passed)
        company.confirmed(name, EffectKind.SEND, invoiced)
        company.confirmed(name, EffectKind.PROJECT, project)


def test_a_store_without_a_deal_has_no_figures_and_divides_by_nothing(company: Company) -> None:
    found = figures(company)
    assert found["durations"]["close_to_invoice"] == {"deals": 0, "p50_s": None, "p90_s": None, "left_out": 0}
    assert found["first_pass"] == {"judged": 0, "passed": 0, "share": None}
    assert found["blocked"]["entries"] == 0
    assert (found["rework"]["episodes_per_entry"], found["response_time"]["share"]) == (None, None)
    assert (found["waivers"], found["approvals"]["longest_wait_s"]) == ([], None)


def test_how_long_from_close_date_to_invoice_to_project(company: Company) -> None:
    three_delivered(company)
    assert figures(company)["durations"] == {
        "close_to_invoice": {"deals": 3, "p50_s": 24 * HOUR, "p90_s": 36 * HOUR, "left_out": 0},
        "invoice_to_project": {"deals": 3, "p50_s": 1 * HOUR, "p90_s": 2 * HOUR, "left_out": 0},
        "close_to_project": {"deals": 3, "p50_s": 25 * HOUR, "p90_s": 38 * HOUR, "left_out": 0},
    }


def test_a_leg_counts_in_the_period_in_which_it_ended(company: Company) -> None:
    three_delivered(company)
    found = figures(company, "2026-11-02", "2026-11-02")["durations"]
    assert (found["close_to_invoice"]["deals"], found["close_to_invoice"]["p50_s"]) == (1, 10 * HOUR)
    assert figures(company, "2026-11-03", "2026-11-03")["durations"]["close_to_invoice"]["deals"] == 1


def test_a_deal_in_instalments_is_invoiced_with_its_last_invoice(company: Company) -> None:
    company.deal("a")
    company.confirmed("a", EffectKind.FINALIZE, at(2, 6), 1)
    company.confirmed("a", EffectKind.FINALIZE, None, 2)
    assert figures(company)["durations"]["close_to_invoice"]["deals"] == 0
    company.confirmed("a", EffectKind.FINALIZE, at(2, 9), 2)
    assert figures(company)["durations"]["close_to_invoice"]["p50_s"] == 4 * HOUR


def test_an_invoice_made_anew_by_hand_counts_when_it_was_first_final(company: Company) -> None:
    company.deal("a")
    company.confirmed("a", EffectKind.SEND, at(2, 6))
    company.told("effect:bk:a:send:1", "confirmed", at(9))
    assert figures(company)["durations"]["close_to_invoice"]["p50_s"] == 1 * HOUR


@pytest.mark.parametrize("closed", [None, "soon", "2026-12-01", "0001-01-01x"])
def test_a_close_date_that_is_none_or_lies_after_the_invoice_is_left_out_and_said(
    company: Company, closed: str | None
) -> None:
    company.deal("a", closed=closed)
    company.confirmed("a", EffectKind.SEND, at(2, 6))
    assert figures(company)["durations"]["close_to_invoice"] == {
        "deals": 0,
        "p50_s": None,
        "p90_s": None,
        "left_out": 1,
    }


def test_a_project_that_stood_before_the_invoice_took_no_time(company: Company) -> None:
    company.deal("a")
    company.confirmed("a", EffectKind.PROJECT, at(2, 6))
    company.confirmed("a", EffectKind.SEND, at(2, 9))
    assert figures(company)["durations"]["invoice_to_project"] == {"deals": 1, "p50_s": 0, "p90_s": 0, "left_out": 0}


def test_first_pass_counts_the_first_verdict_alone(company: Company) -> None:
    three_delivered(company)
    company.held("a", at(5), make_violation(rule="billing_refused"))  # passed before: a service refused it later
    company.deal("d")
    company.held("d", at(5))
    company.deal("not judged yet")
    assert figures(company)["first_pass"] == {"judged": 4, "passed": 2, "share": 0.5}
    assert figures(company, since="2026-11-05")["first_pass"] == {"judged": 0, "passed": 0, "share": None}
    assert figures(company, since="2026-11-04")["first_pass"] == {"judged": 1, "passed": 0, "share": 0.0}


def test_blocked_money_by_owner_and_cause_never_adds_up_currencies(company: Company) -> None:
    sector = make_violation(rule="sector_is_canonical", seen="technolgy")
    unjudged = make_violation(rule=DISCOUNT, seen=None, judged=False)
    company.deal("a", minor=100_00)
    company.held("a", at(9, 6), make_violation(), make_violation(), sector, unjudged)
    company.deal("b", minor=500, currency="JPY")
    company.held("b", at(9, 13))
    company.deal("c", minor=None)
    company.held("c", at(9, 13), sector, manager="Rocco Neubert")
    found = figures(company, until="2026-11-01")["blocked"]
    owners, causes = found.pop("owners"), found.pop("causes")
    assert found == {"entries": 3, "overdue": 1, "amount": {"USD": 100_00, "JPY": 500}, "amount_unreadable": 1}
    cara = {"entries": 2, "overdue": 1, "amount": {"USD": 100_00, "JPY": 500}, "amount_unreadable": 0}
    rocco = {"entries": 1, "overdue": 0, "amount": {}, "amount_unreadable": 1}
    assert owners == [
        {"person": "cara_losch", "owner": "Cara Losch", **cara},
        {"person": "rocco_neubert", "owner": "Rocco Neubert", **rocco},
    ]
    assert (
        causes
        == [
            {"rule": "product_is_canonical", "seen": "GTXPro", **cara},
            {
                "rule": "sector_is_canonical",
                "seen": "technolgy",
                "entries": 2,
                "overdue": 1,
                "amount": {"USD": 100_00},
                "amount_unreadable": 1,
            },
        ]
        or causes[0]["amount"]["USD"] == causes[1]["amount"]["USD"]
    )


def test_a_rule_with_many_values_is_one_cause_and_counts_an_entry_once(company: Company) -> None:
    for n in range(6):
        company.deal(f"d{n}")
        other = make_violation(rule=DISCOUNT, seen=f"{n + 50} %")
        company.held(f"d{n}", at(9), make_violation(rule=DISCOUNT, seen=f"{n + 30} %"), other)
    (cause,) = figures(company)["blocked"]["causes"]
    assert (cause["seen"], cause["entries"], cause["amount"]) == ("more than 5 values", 6, {"USD": 600_00})


def test_rework_counts_episodes_of_entries_whose_last_began_in_the_period(company: Company) -> None:
    for name in ("a", "b", "c"):
        company.deal(name)
        company.held(name, at(2, 12))
    company.passed("a", at(2, 20))
    company.held("a", at(5, 12))
    assert figures(company)["rework"] == {
        "entries": 3,
        "episodes": 4,
        "came_back": 1,
        "episodes_per_entry": 1.3333,
        "by_episodes": {"1": 2, "2": 1},
    }
    assert figures(company, since="2026-11-05")["rework"]["entries"] == 1


def test_response_time_is_met_by_an_answer_or_a_release_by_the_first_due_time(company: Company) -> None:
    """Response time 24 hours: in time to the second, late by a second, unanswered, not due yet, answered early."""
    for name, opened in (("exact", at(3)), ("late", at(3)), ("silent", at(4)), ("open", at(10)), ("early", at(10))):
        company.deal(name)
        company.held(name, opened)
    company.passed("exact", at(4))
    company.passed("late", at(4) + timedelta(seconds=1))
    company.entry("early", answered_at=at(10, 1))
    found = figures(company)["response_time"]
    assert {name: found[name] for name in ("met", "missed", "share")} == {"met": 2, "missed": 2, "share": 0.5}
    assert found["owners"] == [{"person": "cara_losch", "owner": "Cara Losch", "met": 2, "missed": 2, "share": 0.5}]
    assert found["rules"] == [{"rule": "product_is_canonical", "met": 2, "missed": 2, "share": 0.5}]


def test_a_first_due_time_outlives_an_escalation_that_sets_a_later_one(company: Company) -> None:
    company.deal("a")
    company.held("a", at(3))
    company.entry("a", first_due_at=at(4), due_at=at(20), level=1, answered_at=at(5), person="dana_whitfield")
    found = figures(company)["response_time"]
    assert (found["met"], found["missed"]) == (0, 1)
    assert [o["person"] for o in found["owners"]] == ["cara_losch"], "the backup let nothing pass"


def test_who_took_an_entry_over_in_time_answers_for_it_though_it_escalated_later(company: Company) -> None:
    company.deal("a")
    company.held("a", at(3))
    company.event("a", "reassigned", at(3, 4), new={"owner": "celia_rouche"})
    company.event("a", "reassign", at(3, 5), old="celia_rouche", new="rocco_neubert")
    company.event("a", "rerouted", at(4, 5), new={"owner": "summer_sewald"})
    company.entry("a", first_due_at=at(4), due_at=at(20), level=2, person="summer_sewald")
    found = figures(company)
    assert [o["person"] for o in found["response_time"]["owners"]] == ["rocco_neubert"]
    assert found["escalations"]["open_by_level"] == {"2": 1}


def test_an_entry_counts_for_the_rule_that_named_its_owner(company: Company) -> None:
    company.deal("a")
    company.held("a", at(3), make_violation(rule=DISCOUNT), make_violation(rule="account_known"))
    assert [r["rule"] for r in figures(company)["response_time"]["rules"]] == ["account_known"]


def test_rules_most_waived_with_their_share_of_what_they_held(company: Company) -> None:
    for name in ("a", "b", "c", "d"):
        company.deal(name)
        company.held(name, at(3), make_violation(rule=DISCOUNT))
    company.waived("a", DISCOUNT, at(3, 9))
    company.waived("a", DISCOUNT, at(8, 9))
    company.waived("b", DISCOUNT, at(8, 9))
    company.waived("c", "sector_is_canonical", at(8, 9))
    assert figures(company)["waivers"] == [
        {"rule": DISCOUNT, "waivers": 3, "deals": 2, "held": 4, "share": 0.5},
        {"rule": "sector_is_canonical", "waivers": 1, "deals": 1, "held": 0, "share": None},
    ]
    assert figures(company, until="2026-11-03")["waivers"][0]["waivers"] == 1


def test_approvals_by_how_long_they_took_and_those_that_wait(company: Company) -> None:
    company.deal("a")
    for hours in (1, 2, 40):
        company.asked("a", at(3), decided=at(3) + timedelta(hours=hours))
    company.asked("a", at(3), decided=at(3, 3), state="declined")
    company.asked("a", at(3), state="stale")
    company.asked("a", at(9, 12))
    company.asked("a", at(10, 6))
    found = figures(company)["approvals"]
    assert found["decided"] == {"deals": 4, "p50_s": 2 * HOUR, "p90_s": 40 * HOUR, "left_out": 0}
    assert found["by_decision"] == {"approved": 3, "declined": 1}
    assert list(found["by_rule"]) == [DISCOUNT]
    assert (found["waiting"], found["past_deadline"], found["longest_wait_s"]) == (2, 1, 24 * HOUR)


def test_corrections_by_field_and_rep(company: Company) -> None:
    three_delivered(company)
    for name, column in (("a", "billing_email"), ("b", "billing_email"), ("c", "po_number"), ("c", "billing_email")):
        company.corrected(name, column, at(6))
    company.corrected("a", "po_number", at(1))
    found = figures(company, since="2026-11-05")["corrections"]
    assert found == {"by_field": {"billing_email": 3, "po_number": 1}, "by_rep": {"Ada": 2, "Bo": 2}}


def test_escalations_are_counted_with_the_entries_they_are_of(company: Company) -> None:
    for name in ("a", "b"):
        company.deal(name)
        company.held(name, at(3))
    for name, when in (("a", at(4)), ("a", at(5)), ("b", at(5))):
        company.event(name, "escalated", when)
    found = figures(company)["escalations"]
    assert (found["times"], found["entries"]) == (3, 2)
    assert figures(company, since="2026-11-05")["escalations"]["times"] == 0
    assert figures(company, since="2026-11-04")["escalations"]["times"] == 2


def test_an_entry_whose_number_has_more_than_six_digits_keeps_its_events(company: Company) -> None:
    company.deal("a")
    company.held("a", at(3))
    with company.store.write() as tx:
        tx.exec_driver_sql("PRAGMA defer_foreign_keys=ON")
        tx.exec_driver_sql("UPDATE entry SET id = 1234567")
        tx.exec_driver_sql("UPDATE violation SET entry_id = 1234567")
        tx.exec_driver_sql("UPDATE notice SET entry_id = 1234567")
    company.event("a", "escalated", at(4))
    assert figures(company)["escalations"]["times"] == 1
