"""Causes and label decisions from the command line, over a store in which six deals are held; no service is there."""

import io
import shutil
import sys
from pathlib import Path

import pytest

from handoff.cli import opening
from handoff.core.violation import Failure
from handoff.quarantine import desk
from handoff.quarantine.decision import ConflictError
from handoff.road import bulk, causes, labels
from handoff.store import entries, label_decisions
from mappings.pack import shipped
from tests.unit.cli import held_deals
from tests.unit.cli.conftest import Command
from tests.unit.cli.held_deals import deal_id

OTHER = {"AccountId": "001000000000002AAA", "Account.Name": "Hottechi"}
SIX = (
    {"OpportunityLineItems.0.Product2": {"Name": "Gatway", "Recurring__c": False}},
    {"OpportunityLineItems.0.Product2": {"Name": "Gatway", "Recurring__c": False}, "Kickoff_Date__c": None},
    {"Account.Industry": "Alchemy"},
    {"Account.Industry": "Alchemy", **OTHER},
    {"Account.Industry": "Alchemy", **OTHER, "CurrencyIsoCode": "USD", "Billing_Entity__c": "Handoff Inc"},
    {"Billing_Contact__r.Email": "not an address"},
)
SALES, FINANCE, CHIEF = "priya_nair", "tomas_ortega", "helena_brandt"
WHY = ("--why", "as the old price list spells it")


@pytest.fixture
def pack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The company's own copy of the demo pack."""
    folder = tmp_path / "our pack"
    shutil.copytree(shipped("demo"), folder)
    monkeypatch.setenv("HANDOFF_PACK", str(folder))
    monkeypatch.setenv("HANDOFF_SALESFORCE_LOGIN_URL", "https://acme.example")
    return folder


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def held(handoff: Command, pack: Path, home: Path) -> Command:
    held_deals.hold(home, *SIX)
    return handoff


def cause(held: Command, what: str) -> str:
    (found,) = [c["cause"] for c in held("causes", "list", "--json").json["causes"] if c["what"] == what]
    return str(found)


def label(held: Command, entry: str = "E-000001", *words: str, who: str = SALES):
    return held(
        "queue", "label", entry, *(words or ("--as-label", "Edge Gateway")), *WHY, "--as", who, "--yes", "--json"
    )


def test_causes_are_by_value_and_by_the_row_they_are_fixed_on_with_deals_money_owners_and_link(held: Command) -> None:
    found = {c["what"]: c for c in held("causes", "list", "--json").json["causes"]}
    assert set(found) == {
        'product "Gatway"',
        'sector "Alchemy" on account Kupferkamm Software GmbH',
        'sector "Alchemy" on account Hottechi',
        "kickoff on (empty)",
        'billing email "not an address" on contact Nora Falk',
    }
    product = found['product "Gatway"']
    assert (product["deals"], product["amount"], product["record"], product["link"]) == (
        2,
        {"EUR": 2_000_000},
        None,
        None,
    )
    assert product["owners"] == [{"owner": "Priya Nair", "deals": 2}]
    due = {row["entry"]: row["due"] for row in held("queue", "list", "--json").json["entries"]}
    assert product["oldest_due"] == min(due["E-000001"], due["E-000002"])
    hottechi = found['sector "Alchemy" on account Hottechi']
    assert (hottechi["deals"], hottechi["amount"]) == (2, {"EUR": 1_000_000, "USD": 1_000_000})
    assert hottechi["link"] == "https://acme.example/lightning/r/Account/001000000000002AAA/view"
    kickoff = found["kickoff on (empty)"]
    assert kickoff["record"] == {"object": "Opportunity", "id": deal_id(2), "name": None}
    email = found['billing email "not an address" on contact Nora Falk']
    assert email["link"] == "https://acme.example/lightning/r/Contact/003000000000001AAA/view"


def test_causes_come_with_most_money_first_and_can_be_narrowed_to_an_owner(held: Command) -> None:
    assert [c["deals"] for c in held("causes", "list", "--json").json["causes"]] == [2, 2, 1, 1, 1]
    (own,) = held("causes", "list", "--owner", "stefan.vogt@example.com", "--json").json["causes"]
    assert own["what"] == 'billing email "not an address" on contact Nora Falk'
    assert "No deal is held that nobody owns." in held("causes", "list", "--owner", "nobody").out
    shown = held("causes", "list").out
    assert "EUR 20,000.00" in shown
    assert 'product "Gatway"' in shown


@pytest.mark.parametrize(
    "words",
    ["causes list", "queue assign", "queue label", "labels list", "labels export", "labels withdraw", "rerun"],
)
def test_every_command_has_help_with_an_example(handoff: Command, words: str) -> None:
    shown = handoff(*words.split(), "--help")
    assert shown.code == 0
    assert f"handoff {words}" in shown.out
    assert "--json" in shown.out


def test_a_failure_is_one_cause_whatever_the_service_said(held: Command, home: Path) -> None:
    store = held_deals.opened(home)
    with store.write() as tx:
        for n, said in ((3, "no such tax rate"), (4, "no such customer")):
            entries.put_violations(tx, n, 1, [desk.failed(Failure.BILLING_REFUSED, said, "x")])
    store.close()
    found = {c["what"]: c for c in held("causes", "list", "--json").json["causes"]}
    refused = found["billing refused"]
    assert (refused["deals"], refused["field"], refused["record"]) == (2, None, None)
    words = ("queue", "label", "--cause", refused["cause"], "--new-label", *WHY, "--as", SALES, "--yes")
    assert "is not about one label" in held(*words).err


def test_without_a_held_deal_the_list_says_so(handoff: Command, pack: Path) -> None:
    assert handoff("causes", "list").out == "No deal is held.\n"
    assert handoff("causes", "list", "--json").json == {"causes": []}


def test_the_id_of_a_cause_does_not_change_when_others_come_or_go(held: Command, home: Path) -> None:
    before = cause(held, 'product "Gatway"')
    assert before.startswith("C-")
    store = held_deals.opened(home)
    with store.write() as tx:
        entries.change(tx, entries.by_id(tx, 2), state="released")
    store.close()
    assert cause(held, 'product "Gatway"') == before


def test_a_label_decision_says_what_it_touches_and_without_a_confirmation_writes_nothing(held: Command) -> None:
    refused = held("queue", "label", "E-000001", "--as-label", "Edge Gateway", *WHY, "--as", SALES)
    assert (refused.code, refused.out) == (2, "")
    assert refused.err == (
        'handoff: product "Gatway" is read as "Edge Gateway" from the next run on. It holds 2 deals, EUR 20,000.00. '
        "The next run releases 1 deal, EUR 10,000.00. Held for something else too: 1. "
        "Nothing was written: confirm it with --yes.\n"
    )
    assert held("labels", "list").out == "No label decision is in use: labels.yaml says it all.\n"


class Terminal(io.StringIO):
    """A person who types."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("typed", "code", "count"), [("y\n", 0, 1), ("n\n", 1, 0)])
def test_at_a_terminal_it_is_asked(
    held: Command, monkeypatch: pytest.MonkeyPatch, typed: str, code: int, count: int
) -> None:
    monkeypatch.setattr(sys, "stdin", Terminal(typed))
    monkeypatch.setattr(sys, "stderr", Terminal())
    ended = held("queue", "label", "E-000001", "--as-label", "Edge Gateway", *WHY, "--as", SALES)
    assert ended.code == code
    assert "It holds 2 deals" in sys.stderr.getvalue()
    monkeypatch.undo()


def test_a_decision_is_in_the_audit_on_the_label_and_on_each_entry_that_it_concerns(held: Command, home: Path) -> None:
    taken = label(held).json
    assert (taken["label_set"], taken["seen"], taken["canonical"], taken["is_new"]) == (
        "product",
        "Gatway",
        "Edge Gateway",
        False,
    )
    assert (taken["touches"]["deals"], taken["releases"]["deals"]) == (2, 1)
    (on_label,) = held_deals.events(home, "label_decided")
    assert (on_label.actor, on_label.subject, on_label.why) == (SALES, "label:product:Gatway", WHY[1])
    assert (on_label.new["canonical"], on_label.new["releases"]["deals"]) == ("Edge Gateway", 1)
    on_entries = held_deals.events(home, "decide_label")
    assert {row.subject for row in on_entries} == {"entry:E-000001", "entry:E-000002"}
    assert {(row.actor, row.old, row.why) for row in on_entries} == {(SALES, "Gatway", WHY[1])}
    assert "as the old price list s" in held("explain", "E-000002").out
    shown = held("labels", "list").out
    assert all(word in shown for word in ("Gatway", "Edge Gateway", SALES, WHY[1]))


def test_a_label_can_be_decided_from_its_cause_for_the_accounts_of_other_causes_too(held: Command) -> None:
    chosen = cause(held, 'sector "Alchemy" on account Hottechi')
    words = ("--new-label", *WHY, "--as", SALES, "--yes", "--json")
    taken = held("queue", "label", "--cause", chosen, *words).json
    assert (taken["is_new"], taken["touches"]["deals"], taken["releases"]["deals"]) == (True, 3, 3)
    again = held("queue", "label", "--cause", chosen, *words)
    assert again.code == 2
    assert "is a canonical label of sector already" in again.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("E-000001", "--as-label", "Edge Gatewy"), "Write 'Edge Gateway', the nearest of the canonical labels"),
        (("E-000001", "--as-label", "x", "--rule", "sector_is_canonical"), "is not held by sector_is_canonical"),
        (("E-000006", "--as-label", "x"), "E-000006 is not held by a label (billing_email_well_formed)"),
        (("E-000099", "--as-label", "x"), "There is no entry E-000099"),
        (("--cause", "C-0000000000", "--as-label", "x"), "No deal is held for a cause 'C-0000000000'"),
        (("--as-label", "x"), "Say what it is decided from"),
        (("E-000001", "--cause", "C-0", "--as-label", "x"), "Say what it is decided from"),
        (("E-000001",), "Say what the text is"),
        (("E-000001", "--as-label", "x", "--new-label"), "Say what the text is"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_what_cannot_be_decided_is_one_sentence_and_writes_nothing(
    held: Command, words: tuple[str, ...], said: str
) -> None:
    refused = held("queue", "label", *words, *WHY, "--as", SALES, "--yes")
    assert (refused.code, refused.out) == (2, "")
    assert said in refused.err
    assert held("labels", "list", "--json").json == {"labels": []}


def test_a_cause_of_something_else_than_a_label_takes_no_label_decision(held: Command) -> None:
    refused = held("queue", "label", "--cause", cause(held, "kickoff on (empty)"), "--new-label", *WHY, "--as", SALES)
    assert refused.code == 2
    assert "is not about one label" in refused.err


def test_a_decision_without_a_reason_is_refused(held: Command) -> None:
    refused = held("queue", "label", "E-000001", "--as-label", "Edge Gateway", "--why", " ", "--as", SALES, "--yes")
    assert refused.code == 2
    assert "Say why" in refused.err


@pytest.mark.parametrize(("who", "code"), [(SALES, 0), (CHIEF, 0), (FINANCE, 2), ("stefan_vogt", 2), ("nobody", 2)])
def test_a_label_is_decided_by_its_sets_owner_or_the_tie_breaker(held: Command, who: str, code: int) -> None:
    ended = label(held, who=who)
    assert ended.code == code
    if code:
        assert "may not decide labels of product" in ended.err
        assert "sales_operations" in ended.err


def test_the_second_of_two_who_decide_from_an_entry_sees_a_conflict(held: Command, home: Path, pack: Path) -> None:
    with opening.house(SALES) as house:
        foreseen = labels.foresee(house, "E-000001", as_label="Edge Gateway", why="x")
        from_the_second = labels.foresee(house, "E-000002", as_label="Data Migration", why="y")
        labels.decide(house, foreseen)
        with pytest.raises(ConflictError, match="E-000001 was changed by somebody else"):
            labels.decide(house, foreseen)
        with pytest.raises(ConflictError, match=r"Somebody else decided first: product 'Gatway' -> 'Edge Gateway'"):
            labels.decide(house, from_the_second)
    store = held_deals.opened(home)
    with store.read() as tx:
        assert [d.canonical for d in label_decisions.in_use(tx)] == ["Edge Gateway"]
        assert entries.by_id(tx, 2).row_version == 0, "nothing of the second is left"
    store.close()


def test_a_new_label_that_is_withdrawn_while_the_prompt_waits_is_no_label_to_read_a_text_as(
    handoff: Command, home: Path, pack: Path
) -> None:
    """Else a decision would lead to a label that there is not, and no command would load the pack any more."""
    held_deals.hold(home, {"Account.Industry": "Alchemy"}, {"Account.Industry": "Alchemie", **OTHER})
    assert label(handoff, "E-000001", "--new-label").code == 0
    with opening.house(SALES) as house:
        foreseen = labels.foresee(house, "E-000002", as_label="Alchemy", why="the German word")
        gone = handoff("labels", "withdraw", "sector", "Alchemy", "--why", "no sector of ours", "--as", CHIEF)
        assert gone.code == 0
        with pytest.raises(ConflictError, match="Other labels were decided while you looked"):
            labels.decide(house, foreseen)
    assert handoff("labels", "list", "--json").json == {"labels": []}
    assert handoff("causes", "list").code == 0
    assert [row.subject for row in held_deals.events(home, "label_decided")] == ["label:sector:Alchemy"]


def test_a_withdrawn_decision_is_out_of_use_and_may_be_taken_again(held: Command) -> None:
    label(held)
    assert held("labels", "withdraw", "product", "Gatway", "--why", "x", "--as", FINANCE).code == 2
    gone = held("labels", "withdraw", "product", "Gatway", "--why", "a mistake", "--as", SALES)
    assert gone.code == 0
    assert "is withdrawn" in gone.out
    assert held("labels", "list", "--json").json == {"labels": []}
    (kept,) = held("labels", "list", "--all-states", "--json").json["labels"]
    assert (kept["state"], kept["actor"]) == ("withdrawn", SALES)
    again = held("labels", "withdraw", "product", "Gatway", "--why", "x", "--as", SALES)
    assert "is withdrawn already" in again.err
    assert label(held).code == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("product", "Gatwy"), "Nothing was decided about 'Gatwy' in product. Write 'Gatway', the nearest"),
        (("colour", "red"), "Nothing was decided about 'red' in colour. Nothing was decided there"),
    ],
)
def test_an_unknown_decision_cannot_be_withdrawn(held: Command, words: tuple[str, str], said: str) -> None:
    label(held)
    refused = held("labels", "withdraw", *words, "--why", "x", "--as", SALES)
    assert refused.code == 2
    assert said in refused.err


def test_a_clash_with_labels_yaml_refuses_the_pack_until_it_is_settled(held: Command, pack: Path) -> None:
    label(held)
    file = pack / "labels.yaml"
    file.write_text(file.read_text().replace("    Onboarding: ", "    Gatway: Data Migration\n    Onboarding: "))
    for words in (("causes", "list"), ("explain", "E-000001"), ("labels", "export"), ("verify",)):
        refused = held(*words)
        assert (refused.code, refused.out) == (2, ""), words
        assert "labels.yaml translates 'Gatway' into 'Data Migration'" in refused.err
        assert f"{SALES} on " in refused.err
    assert "labels withdraw" in held("doctor").out
    assert held("labels", "list", "--json").json["labels"][0]["seen"] == "Gatway"
    assert held("labels", "withdraw", "product", "Gatway", "--why", "the file says it", "--as", SALES).code == 0
    assert held("causes", "list").code == 0


def test_an_export_shows_the_change_then_writes_it_and_the_file_is_the_same_pack(
    held: Command, pack: Path, home: Path
) -> None:
    label(held)
    label(held, "E-000003", "--new-label")
    before = (pack / "labels.yaml").read_text()
    shown = held("labels", "export").out.splitlines()
    assert [line for line in shown if line.startswith("+ ")] == ["+    - Alchemy", "+    Gatway: Edge Gateway"]
    assert [line for line in shown if line.startswith("-")] == ["--- labels.yaml"]
    assert (pack / "labels.yaml").read_text() == before

    then = held("labels", "export", "--write", "--as", SALES, "--json").json
    assert (then["written"], len(then["decisions"])) == (True, 2)
    after = (pack / "labels.yaml").read_text()
    assert [line for line in after.splitlines() if line not in before.splitlines()] == [
        "    - Alchemy",
        "    Gatway: Edge Gateway",
    ]
    assert {row["state"] for row in held("labels", "list", "--all-states", "--json").json["labels"]} == {"exported"}
    assert [row.actor for row in held_deals.events(home, "label_exported")] == [SALES, SALES]
    assert held("labels", "export", "--write").out == "No label decision is in use: labels.yaml says it all.\n"
    assert held("pack", "check", pack).code == 0
    refused = held("labels", "withdraw", "product", "Gatway", "--why", "x", "--as", SALES)
    assert "was written into labels.yaml: change it there" in refused.err


def test_a_pack_that_we_ship_is_not_written(held: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    label(held)
    monkeypatch.setenv("HANDOFF_PACK", "demo")
    refused = held("labels", "export", "--write")
    assert refused.code == 2
    assert "one that we ship: copy it" in refused.err
    assert held("labels", "list", "--json").json["labels"][0]["state"] == "decided"


def test_a_file_that_takes_no_insertion_stays_as_it_is_and_what_to_write_is_told(held: Command, pack: Path) -> None:
    label(held, "E-000003", "--as-label", "Media")
    file = pack / "labels.yaml"
    odd = file.read_text().replace("    Banking: Finance\n", "    Banking: >-\n      Finance\n")
    file.write_text(odd)
    refused = held("labels", "export", "--write")
    assert refused.code == 2
    assert "it would not be the same pack. Write it there by hand: sector 'Alchemy' -> 'Media'" in refused.err
    assert file.read_text() == odd
    assert held("labels", "list", "--json").json["labels"][0]["state"] == "decided"


def test_a_cause_is_given_to_one_person_entry_by_entry(held: Command, home: Path) -> None:
    chosen = cause(held, 'product "Gatway"')
    words = ("queue", "assign", "--cause", chosen, "--to", "mei.tanaka@example.com", "--why", "knows the catalogue")
    refused = held(*words, "--as", SALES)
    assert (refused.code, refused.out) == (2, "")
    assert "2 deals, EUR 20,000.00 go to Mei Tanaka. Nothing was written" in refused.err
    assert held_deals.events(home, "reassign") == []

    done = held(*words, "--as", SALES, "--yes", "--json").json
    assert (done["assigned"], done["left"], done["already"]) == (["E-000001", "E-000002"], [], [])
    owners = {e["entry"]: e["owner"] for e in held("queue", "list", "--json").json["entries"]}
    assert (owners["E-000001"], owners["E-000003"]) == ("Mei Tanaka", "Priya Nair")
    assert {row.why for row in held_deals.events(home, "reassign")} == {"knows the catalogue"}
    again = held(*words, "--as", CHIEF, "--yes")
    assert (again.code, "2 were theirs already" in again.out) == (0, True)


def test_an_assignment_that_fails_for_one_entry_is_told_and_the_rest_goes_on(held: Command) -> None:
    chosen = cause(held, 'sector "Alchemy" on account Hottechi')
    words = ("queue", "assign", "--cause", chosen, "--to", "mei_tanaka", "--why", "x", "--yes")
    refused = held(*words, "--as", "nobody")
    assert refused.code == 1
    assert "E-000004 was not: 'nobody' may not reassign E-000004" in refused.err
    assert "0 entries given" in refused.out


def test_an_assignment_to_nobody_we_know_or_of_nothing_is_refused(held: Command) -> None:
    chosen = cause(held, 'product "Gatway"')
    for words, said in (
        (("--cause", chosen, "--to", "the team"), "owners.yaml knows nobody as 'the team'"),
        (("--cause", "C-1", "--to", "mei_tanaka"), "No deal is held for a cause 'C-1'"),
    ):
        refused = held("queue", "assign", *words, "--why", "x", "--as", SALES, "--yes")
        assert (refused.code, said in refused.err) == (2, True)


def test_an_entry_changed_meanwhile_is_told_and_the_rest_goes_on(held: Command, home: Path) -> None:
    chosen = cause(held, 'product "Gatway"')
    with opening.house(SALES) as house:
        with house.store.read() as tx:
            rows = causes.entries_of(tx, causes.find(house, chosen))
        with house.store.write() as tx:
            entries.change(tx, rows[0], answered_at=held_deals.NOW)
        done = bulk.give(house, rows, "mei_tanaka", "x")
    assert done.done == ("E-000002",)
    ((name, why),) = done.left
    assert (name, "E-000001 was changed by somebody else" in why) == ("E-000001", True)


def test_a_rerun_of_a_cause_says_first_how_much_it_touches(held: Command) -> None:
    refused = held("rerun", "--cause", cause(held, 'product "Gatway"'))
    assert (refused.code, refused.out) == (2, "")
    assert 'product "Gatway"): 2 deals, EUR 20,000.00 are judged again. Nothing was written' in refused.err
