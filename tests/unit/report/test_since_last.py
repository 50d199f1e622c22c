"""What changed since the last report: by the audit's numbers, whole or for one owner."""

from datetime import date

from handoff.core.money import Money
from handoff.report.since_last import Changes, changes, rows
from handoff.store import published
from tests.unit.report.company import Company, at, author
from tests.unit.report.held import make_violation

CARA, ROCCO = "cara_losch", "rocco_neubert"


def publish(company: Company, day: int, person: str | None = None) -> None:
    with company.store.write() as tx:
        published.publish(tx, author(at(day, 6)), person, date(2026, 11, day), 1)


def found(company: Company, day: int, person: str | None = None, of: int | None = None) -> Changes:
    with company.store.read() as tx:
        names = frozenset({person}) if person else frozenset()
        return changes(tx, at(day, 12), person=person, names=names, day=date(2026, 11, of) if of else None)


def counts(changed: Changes) -> dict[str, int]:
    return {change.kind: change.count for change in changed.found if change.count}


def test_before_any_report_nothing_is_told_to_have_changed(company: Company) -> None:
    company.deal("a")
    company.held("a", at(2))
    changed = found(company, 3)
    assert (changed.since, changed.document(), list(rows(changed))) == (None, None, [])
    assert "No report was published before this one" in changed.sentence


def test_what_happened_after_the_last_report_is_counted_once_an_entry(company: Company) -> None:
    for name in ("before", "stays", "a", "b"):
        company.deal(name)
    company.held("before", at(2))
    company.held("stays", at(3))
    publish(company, 4)
    company.passed("before", at(4, 9))
    company.held("before", at(4, 10))
    company.passed("before", at(4, 11))
    company.held("a", at(4, 10))
    company.held("b", at(4, 10), make_violation(rule="sector_is_canonical"))
    company.event("b", "reject", at(4, 12))
    company.event("stays", "reassign", at(4, 12), old=ROCCO, new=CARA)
    changed = found(company, 6)
    assert changed.since == at(4, 6)
    assert counts(changed) == {"opened": 3, "released": 1, "rejected": 1, "reassigned": 1, "overdue": 2}
    assert changed.sentence.startswith("3 opened, 1 released, 1 rejected, 1 given to somebody else, 2 fell overdue")
    (opened, *_) = rows(changed)
    assert opened == ("opened", "3", (Money(minor=300_00, currency="USD"),), "E-000001, E-000003, E-000004")
    assert (changed.document() or {})["opened"] == {"entries": 3, "amount": {"USD": 300_00}}


def test_what_fell_due_before_the_last_report_is_no_change(company: Company) -> None:
    company.deal("a")
    company.held("a", at(2))
    publish(company, 4)
    changed = found(company, 6)
    assert counts(changed) == {}
    assert changed.sentence == "Nothing: no entry was opened, released, rejected or given away."


def test_a_report_of_today_is_measured_against_one_of_an_earlier_day(company: Company) -> None:
    company.deal("a")
    publish(company, 3)
    company.held("a", at(4))
    publish(company, 4)
    assert counts(found(company, 4)) == {}
    assert counts(found(company, 4, of=4)) == {"opened": 1}
    assert found(company, 3, of=3).since is None


def test_an_owner_hears_of_their_own_entries_and_of_what_went_only_how_many(company: Company) -> None:
    for name in ("mine", "came", "went", "others"):
        company.deal(name)
    company.held("came", at(2), manager="Rocco Neubert")
    company.held("went", at(2))
    publish(company, 3, CARA)
    company.held("mine", at(3, 9))
    company.held("others", at(3, 9), manager="Rocco Neubert")
    company.event("came", "rerouted", at(3, 10), old={"owner": ROCCO}, new={"owner": CARA})
    company.entry("came", person=CARA)
    company.event("went", "escalated", at(3, 10), old={"owner": CARA}, new={"owner": ROCCO})
    company.entry("went", person=ROCCO)
    changed = found(company, 3, CARA)
    told = [row for row in rows(changed) if not row[0].startswith("fell")]
    hundred = (Money(minor=100_00, currency="USD"),)
    assert told == [
        ("opened", "1", hundred, "E-000003"),
        ("came to you from somebody else", "1", hundred, "E-000001"),
        ("went from you to somebody else", "1", (), ""),
    ]
    assert found(company, 3, ROCCO).since is None, "the last one of somebody else is none of theirs"
