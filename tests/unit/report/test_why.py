"""The card of a held deal over every rule and failure of both packs: short, whole where it counts."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from types import SimpleNamespace
from typing import Any

import pytest

from checks.rules import names
from handoff.core.entry import EntryKind
from handoff.core.label_decision import LabelDecision
from handoff.core.ownership import accountable
from handoff.core.pack import Pack, WorkingTime
from handoff.core.violation import Failure, Violation
from handoff.quarantine import desk
from handoff.report import why
from handoff.report.card import MOST_WORDS, CardLine, fit
from handoff.report.moments import zone_of
from handoff.report.sentences import rule_sentences
from handoff.report.why import HeldWhy, Words
from handoff.store.situations import Situation
from mappings.pack import load, shipped
from tests.unit.checks.packs import found, make_row
from tests.unit.checks.test_rules import ACROSS, BAD, CASES
from tests.unit.report.held import make_violation

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
JUDGED = NOW - timedelta(hours=1)
ORG = "https://acme.my.salesforce.com"
DEAL, ACCOUNT = "006000000000001AAA", "001000000000001AAA"
WHOLE = ("Deal", "Who", "Link", "Due", "Waits", "Next")
"""Lines that no rule of ours may push out of the card."""


@cache
def words(name: str = "demo") -> Words:
    pack = load(shipped(name), names())
    return Words(pack=pack, source="salesforce", sentences=rule_sentences(), org_url=ORG)


def make_entry(pack: Pack, rule: str, **values: Any) -> SimpleNamespace:
    """An entry for a rule, of its role's person as the pack names them, or of a person with a long name."""
    role = accountable(pack.owners, rule).role
    person = pack.owners.roles[role].person or "maximiliane_rodriguez_hernandez"
    name = pack.owners.people[person].name if person in pack.owners.people else "Maximiliane Rodríguez Hernández"
    said = {"id": 12, "deal_id": DEAL, "person": person, "owner_name": name, "role": role, "level": 0, "kind": None}
    clock = {"calendar": {"zone": "America/New_York"}}
    moments = {"due_at": NOW + timedelta(hours=24), "judged_at": JUDGED}
    return SimpleNamespace(**{**said, "clock": clock, **moments, "episode": 1, **values})


def held(rule: str = "product_is_canonical", *violations: Any, pack: Pack | None = None, **values: Any) -> HeldWhy:
    """A held deal; `entry`: columns of its entry."""
    known = pack or words().pack
    own = make_entry(known, rule, **values.pop("entry", {}))
    return HeldWhy(
        entry=own, violations=violations or (make_violation(rule=rule),), now=NOW, account_id=ACCOUNT, **values
    )


@cache
def violations_of(rule: str) -> tuple[Violation, ...]:
    """What a rule says about each broken deal of its test cases."""
    each = (found(make_row(**values), rule, **CASES[rule].pack) for name, values in BAD if name == rule)
    return tuple(v for v in each if v is not None)


def everything() -> Iterator[tuple[str, str]]:
    for pack in ("demo", "crm_sales_opportunities"):
        known = words(pack).pack
        yield from ((pack, rule) for rule in known.policies.rules)
        yield from ((pack, failure.value) for failure in Failure)


EVERYTHING = list(everything())


def card(held_why: HeldWhy, pack: str = "demo") -> dict[str, str]:
    fitted = fit(why.lines(held_why, words(pack)))
    assert sum(line.words for line in fitted) <= MOST_WORDS
    return {line.label: line.text for line in fitted}


def examples(rule: str) -> tuple[Violation, ...]:
    if rule in names():
        return violations_of(rule) or (make_violation(rule=rule, seen="006000000000002AAA"),)
    seen = "No such customer: cus_1; a similar object exists in live mode, but a test mode key was used"
    return (desk.failed(Failure(rule), seen, "an invoice that the service accepts"),)


@pytest.mark.parametrize(("pack", "rule"), EVERYTHING)
def test_every_rule_and_failure_fits_sixty_words_and_says_who_when_where_and_what_next(pack: str, rule: str) -> None:
    for violation in examples(rule):
        for kind in EntryKind:
            one = held(rule, violation, violation, pack=words(pack).pack, entry={"kind": kind})
            said = card(one, pack)
            assert not [label for label in WHOLE if said.get(label, "").endswith("…")]
            assert {"Deal", "Seen", "Allowed", "Who", "Link", "Due", "Next"} <= set(said)
            for text in why.told(one, words(pack)).values():
                assert len(text) <= why.LONGEST
                assert text == " ".join(text.split())


@pytest.mark.parametrize(("pack", "rule"), EVERYTHING)
def test_where_and_how_it_is_fixed_is_cut_for_no_rule(pack: str, rule: str) -> None:
    for violation in examples(rule):
        said = card(held(rule, violation, pack=words(pack).pack), pack)
        assert not said.get("Where", "").endswith("…"), said


def test_all_rules_but_those_across_deals_are_tried_with_what_they_really_say() -> None:
    used = {rule for _, rule in EVERYTHING if rule in names()}
    assert {rule for rule in used if not violations_of(rule)} == set(ACROSS)


@pytest.mark.parametrize(
    ("kind", "deal", "then"),
    [
        ("correction", "held, needs a correction", "Once corrected, the next sync delivers it."),
        ("approval", "held, needs an approval", "After a yes, the next sync delivers it."),
        ("exception", "held, needs a decision", "Once settled, the next sync delivers it."),
    ],
)
def test_each_kind_of_entry_says_what_it_needs_and_what_follows(kind: str, deal: str, then: str) -> None:
    said = card(held(entry={"kind": kind}))
    assert (said["Deal"], said["Next"]) == (deal, then)


TERMS = make_violation("payment_terms_within_limit_or_approved", "Net 90", field="payment_terms")
NO_PO = make_violation("po_number_when_required", None, field="po_number", message="There is no number.")


def approved(**values: Any) -> Situation:
    """The terms are approved, after the gate had judged them."""
    said = {"rule": TERMS.rule, "decided_by": "priya_nair", "decided_at": NOW, "concerns": {"payment_terms": "Net 90"}}
    return Situation(approved=[SimpleNamespace(**{**said, **values})])  # type: ignore[list-item]


def corrected(field: str = "po_number", value: str = "PO-1", at: datetime = NOW) -> SimpleNamespace:
    return SimpleNamespace(field=field, value=value, actor="stefan_vogt", at=at, second_at=None)


def test_what_is_approved_says_by_whom_and_that_the_next_run_takes_it_up() -> None:
    said = card(held(TERMS.rule, TERMS, entry={"kind": "approval"}, situation=approved()))
    assert said["Deal"] == "held until the next run"
    assert said["Next"] == "Approved by Priya Nair; the next run takes it up."
    assert "Where" not in said, "nothing is to be done"
    told = why.told(held(TERMS.rule, TERMS, entry={"kind": "approval"}, situation=approved()), words())
    assert told["next_step"] == "Approved by Priya Nair; the next run takes it up. (E-000012)"


def test_what_the_gate_judged_after_an_approval_is_not_settled_by_it() -> None:
    before = approved(decided_at=JUDGED - timedelta(seconds=1))
    assert card(held(TERMS.rule, TERMS, entry={"kind": "approval"}, situation=before))["Next"].startswith("After a yes")


def test_an_approval_of_what_was_corrected_since_settles_nothing() -> None:
    situation = approved(decided_at=NOW - timedelta(minutes=1))
    situation.corrected = [corrected("payment_terms", "Net 120")]  # type: ignore[list-item]
    said = card(held("currency_known", make_violation("currency_known", field="currency"), TERMS, situation=situation))
    assert "Approved" not in said["Next"]


def test_a_waiver_a_correction_and_a_label_settle_what_they_are_about() -> None:
    waiver = SimpleNamespace(rule=NO_PO.rule, until=NOW + timedelta(days=3), actor="tomas_ortega", at=NOW)
    waived = held(NO_PO.rule, NO_PO, situation=Situation(waivers=[waiver]))  # type: ignore[list-item]
    assert card(waived)["Next"] == "Waived by Tomás Ortega; the next run takes it up."
    over = SimpleNamespace(**{**vars(waiver), "until": NOW})
    lapsed = held(NO_PO.rule, NO_PO, situation=Situation(waivers=[over]))  # type: ignore[list-item]
    assert card(lapsed)["Next"].startswith("Once corrected")
    put_right = held(NO_PO.rule, NO_PO, situation=Situation(corrected=[corrected()]))  # type: ignore[list-item]
    assert card(put_right)["Next"] == "Corrected by Stefan Vogt; the next run takes it up."
    old = corrected(at=JUDGED - timedelta(seconds=1))
    judged_since = held(NO_PO.rule, NO_PO, situation=Situation(corrected=[old]))  # type: ignore[list-item]
    assert card(judged_since)["Next"].startswith("Once corrected")


def test_a_label_that_is_decided_says_by_whom_and_one_that_the_file_says_by_nobody() -> None:
    decision = LabelDecision(
        label_set="product", seen="GTXPro", canonical="GTX Pro", is_new=False, actor="priya_nair", at=NOW, why="w"
    )
    pack = words().pack
    violation = make_violation(seen=next(iter(pack.labels["product"].labels)))
    decided = replace(decision, seen=violation.seen or "")
    said = card(held("product_is_canonical", violation, situation=Situation(labels=(decided,))))
    assert said["Next"] == "Label decided by Priya Nair; the next run takes it up."
    assert card(held("product_is_canonical", violation))["Next"] == "Label decided; the next run takes it up."
    assert card(held(situation=Situation(labels=(decision,))))["Next"].startswith("Once corrected"), "no pack has it"


def test_where_others_stay_the_card_says_how_many_and_asks_for_the_first_of_them() -> None:
    kind = {"kind": "approval"}
    one = card(held(TERMS.rule, TERMS, NO_PO, entry=kind))
    assert one["Next"] == "After a yes, 1 other reason still holds it."
    assert card(held(TERMS.rule, TERMS, NO_PO, make_violation(), entry=kind))["Next"] == (
        "After a yes, 2 other reasons still hold it."
    )
    half = card(held(TERMS.rule, TERMS, NO_PO, entry=kind, situation=approved()))
    assert half["Deal"] == "held, needs a correction"
    assert half["Seen"] == "nothing: the po number is empty"
    assert half["Next"] == "Approved by Priya Nair. Once corrected, the next sync delivers it."


def test_what_could_not_be_judged_is_judged_first() -> None:
    unjudged = make_violation("currency_known", field="currency", judged=False)
    settled = card(held(TERMS.rule, TERMS, unjudged, situation=approved()))
    assert settled["Next"] == "Approved by Priya Nair; the next run takes it up."
    assert card(held(NO_PO.rule, NO_PO, unjudged))["Next"] == "Once corrected, the next sync judges the rest."


def test_an_entry_from_before_kinds_is_of_the_kind_that_its_rule_has_now() -> None:
    assert card(held(entry={"kind": None}))["Deal"].startswith("held, needs a")


def test_due_is_said_in_the_owners_zone_and_in_utc() -> None:
    assert card(held())["Due"] == "2026-11-25 04:00 America/New_York (09:00 UTC)"


def test_a_due_time_on_another_day_there_says_both_days() -> None:
    tokyo = {"clock": {"calendar": {"zone": "Asia/Tokyo"}}, "due_at": datetime(2026, 11, 24, 16, tzinfo=UTC)}
    assert card(held(entry=tokyo))["Due"] == "2026-11-25 01:00 Asia/Tokyo (2026-11-24 16:00 UTC)"


@pytest.mark.parametrize("clock", [None, {}, {"calendar": None}, {"calendar": {"zone": "Mars/Olympus"}}, "?"])
def test_a_clock_without_a_zone_that_exists_leaves_utc_or_the_packs_zone(clock: Any) -> None:
    assert "UTC" in card(held(entry={"clock": clock}))["Due"]


def test_without_a_clock_of_its_own_the_zone_is_that_of_the_owners_calendar() -> None:
    known = words()
    times = {"berlin": WorkingTime(zone="Europe/Berlin", hours={"mon-fri": ("09:00-17:00",)})}
    owners = known.pack.owners.model_copy(update={"calendars": times, "calendar": "berlin", "people": {}})
    assert zone_of(owners, "whoever") == "Europe/Berlin"
    assert zone_of(owners, "whoever", clock={"elapsed": True, "calendar": {"zone": "UTC"}}) == "Europe/Berlin"


def test_past_due_is_said_and_a_paused_clock_is_not_past_due() -> None:
    late = {"due_at": NOW - timedelta(seconds=1)}
    assert card(held(entry=late))["Due"].endswith(", past due")
    paused = SimpleNamespace(until=NOW + timedelta(hours=5), reason="waiting for the customer")
    said = card(held(entry=late, situation=Situation(pause=paused)))  # type: ignore[arg-type]
    assert not said["Due"].endswith("past due")
    assert said["Waits"] == "paused until 2026-11-24 09:00 America/New_York (14:00 UTC): waiting for the customer"


def test_an_open_approval_names_who_is_asked_and_until_when() -> None:
    asked = SimpleNamespace(deadline=NOW, person="tomas_ortega", role="finance", rule="x")
    said = card(held(situation=Situation(approvals=[asked])))  # type: ignore[list-item]
    assert said["Waits"].startswith("for Tomás Ortega's yes until 2026-11-24 ")


def test_an_open_question_names_who_is_asked_and_its_pause_is_not_told_twice() -> None:
    asked = SimpleNamespace(deadline=NOW, asked_of="mei_tanaka")
    paused = SimpleNamespace(until=NOW, reason="waiting for an answer")
    said = card(held(situation=Situation(questions=[asked], pause=paused)))  # type: ignore[list-item,arg-type]
    assert said["Waits"].startswith("for Mei Tanaka's answer until ")
    assert "paused" not in said["Waits"]


def test_a_corrected_amount_waits_for_a_second_person() -> None:
    proposed = Situation(proposed=[SimpleNamespace(field="amount")])  # type: ignore[list-item]
    assert card(held(situation=proposed))["Waits"] == "for a second person to confirm the corrected amount"


def test_a_waived_rule_is_said_with_until_when_and_by_whom() -> None:
    waiver = SimpleNamespace(rule="sector_is_canonical", until=NOW + timedelta(days=30), actor="priya_nair")
    said = card(held(situation=Situation(waivers=[waiver])))  # type: ignore[list-item]
    assert said["Waived"] == "until 2026-12-24: sector is canonical (Priya Nair)"


def test_an_escalated_entry_says_how_often() -> None:
    assert card(held(entry={"level": 2}))["Who"] == "Priya Nair (escalated twice)"


def test_a_stand_in_is_said_to_be_one() -> None:
    rule = "tax_id_when_required"
    assert card(held(rule, entry={"person": "tomas_ortega", "owner_name": "Tomás Ortega"}))["Who"] == (
        "Tomás Ortega (for: Tax manager)"
    )
    assert card(held(rule))["Who"] == "Ingrid Solberg (Tax manager)"


def test_whom_only_the_crm_names_holds_the_role_and_the_fallback_stands_in() -> None:
    rule = "deal_details_present"
    assert card(held(rule))["Who"] == "Maximiliane Rodríguez Hernández (Manager of the deal's rep)"
    fallback = {"person": "priya_nair", "owner_name": "Priya Nair"}
    assert card(held(rule, entry=fallback))["Who"] == "Priya Nair (for: Manager of the deal's rep)"


def test_a_late_step_is_called_by_its_title_and_ends_by_being_done() -> None:
    late = Violation(rule="step_late", field="welcome_call", seen="4 hours over", allowed="within 4 hours", message="m")
    said = card(held("step_late", late, delivered=True))
    assert said["Seen"] == "Call the customer and hand the deal over in person: 4 hours over"
    assert said["Next"] == "Once it is done or accepted, this entry closes."


def test_a_correction_that_the_crm_left_behind_sends_neither_value() -> None:
    conflict = desk.failed(Failure.CORRECTION_CONFLICT, "amount: 100 here, 120 in the CRM", "one value")
    assert card(held("correction_conflict", conflict))["Next"] == "Until somebody decides, neither value is sent."


def test_the_link_leads_to_the_account_where_the_field_is_the_accounts() -> None:
    assert card(held())["Link"] == f"{ORG}/{DEAL}"
    sector = make_violation(rule="sector_is_canonical", field="sector")
    assert card(held("sector_is_canonical", sector))["Link"] == f"{ORG}/{ACCOUNT}"
    without = Words(pack=words().pack, source="salesforce", sentences={})
    assert "Link" not in {line.label for line in fit(why.lines(held(), without))}


def test_the_crm_is_told_reason_owner_and_next_step_in_the_cards_words() -> None:
    asked = SimpleNamespace(deadline=NOW, person="tomas_ortega", role="finance", rule="x")
    one = held("product_is_canonical", make_violation(), make_violation(rule="currency_known"))
    said = why.told(one, words())
    assert said["reason"] == (
        f'"GTXPro" is not a known product. Rule: {rule_sentences()["product_is_canonical"]} 1 more reason.'
    )
    assert said["owner"] == "Priya Nair (Head of sales operations)"
    assert said["next_step"] == (
        "Priya Nair answers by 2026-11-25 04:00 America/New_York (09:00 UTC). Choose a product from the catalogue. "
        "Once corrected, 1 other reason still holds it. (E-000012)"
    )
    waiting = why.told(held(situation=Situation(approvals=[asked])), words())  # type: ignore[list-item]
    paused = SimpleNamespace(until=NOW + timedelta(hours=5), reason="waiting for the customer")
    still = why.told(held(situation=Situation(pause=paused)), words())  # type: ignore[arg-type]
    assert "Paused until 2026-11-24 09:00 America/New_York (14:00 UTC): waiting for the customer." in still["next_step"]
    assert "Waits for Tomás Ortega's yes until" in waiting["next_step"]


def test_a_long_text_for_the_crm_is_cut_at_a_word_and_keeps_its_end() -> None:
    long = make_violation(message="word " * 90 + "end", allowed="x")
    said = why.told(held("product_is_canonical", long, long, long), words())
    assert said["reason"].endswith("word… 2 more reasons.")
    assert len(said["reason"]) <= 255


@pytest.mark.parametrize(
    ("text", "longest", "kept"),
    [
        ("as it is", 8, "as it is"),
        ("one two three", 9, "one two…"),
        ("one two three", 8, "one two…"),
        ("one two three", 7, "one…"),
        ("oneverylongword", 6, "oneve…"),
        ("one, two", 7, "one…"),
        ("", 5, ""),
        ("a\r\nb  c", 10, "a b c"),
    ],
)
def test_a_cut_stands_at_a_word_and_is_shown(text: str, longest: int, kept: str) -> None:
    assert why.cut(text, longest) == kept


def test_a_card_of_long_names_alone_still_has_sixty_words() -> None:
    names_ = "name " * 40
    fitted = fit([CardLine(label=label, text=names_) for label in ("Deal", "Who", "Waits", "Due", "Next")])
    assert sum(line.words for line in fitted) <= MOST_WORDS
