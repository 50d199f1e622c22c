"""Queue, report, explain, stop, start and adopt over a store with one held deal; no service is there."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from checks.rules import names
from handoff.core.handoff import HandoffState
from handoff.core.violation import Violation
from handoff.quarantine import desk
from handoff.store import handoffs
from handoff.store.events import Author
from handoff.store.handoffs import Pulled
from handoff.store.session import open_store
from mappings.pack import load, shipped
from tests.unit.cli.conftest import Command

DEAL = "006000000000001AAA"
NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
FOUND = Violation(
    rule="product_is_canonical",
    field="lines.product",
    seen="GTXPro",
    allowed="one of: GTX Basic, GTX Pro",
    message='"GTXPro" is not a known product (nearest: "GTX Pro").',
)
HEAD = "dana_whitfield"


@pytest.fixture
def held(handoff: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    """The command over a home in which Acme's deal is held."""
    monkeypatch.setenv("HANDOFF_PACK", "crm_sales_opportunities")
    home = tmp_path / "home"
    store = open_store(f"sqlite:///{home / 'handoff.db'}", home)
    pack = load(shipped("crm_sales_opportunities"), names())
    with store.write() as tx:
        content = {"Id": DEAL, "Name": "Widgets [red]", "Account": {"Name": "Acme"}}
        handoffs.ingest(tx, [Pulled(deal_id=DEAL, content_hash="0", content=content)], "salesforce", "00D", NOW)
        facts = {"account_name": "Acme", "deal_name": "Widgets", "amount_minor": 123456, "currency": "USD"}
        handoffs.move(tx, 1, HandoffState.HELD, NOW, reason=FOUND.rule, **facts)
        deal = desk.HeldDeal(deal_id=DEAL, handoff_id=1, values={"rep_manager": "Cara Losch"}, violations=(FOUND,))
        desk.hold(tx, pack, [deal], Author(actor="ada", at=NOW))
    store.close()
    return handoff


def test_the_list_as_json_is_the_contract(held: Command) -> None:
    (entry,) = held("queue", "list", "--json").json["entries"]
    violations = entry.pop("violations")
    assert entry == {
        "entry": "E-000001",
        "deal_id": DEAL,
        "status": "open",
        "owner": "Cara Losch",
        "role": "reps_manager",
        "opened": "2026-11-24T09:00:00+00:00",
        "due": "2026-11-27T22:00:00+00:00",
        "episode": 1,
        "kind": "correction",
        "level": 0,
        "amount": 123456,
        "currency": "USD",
    }
    assert violations == [{name: getattr(FOUND, name) for name in Violation.__slots__}]


@pytest.mark.parametrize(
    ("words", "count"),
    [
        (("--rule", "product_is_canonical"), 1),
        (("--rule", "sector_is_canonical"), 0),
        (("--owner", "cara_losch"), 1),
        (("--owner", "Cara Losch"), 1),
        (("--owner", "cara.losch@example.com"), 1),
        (("--owner", "nobody"), 0),
        (("--all-states",), 1),
    ],
)
def test_the_list_can_be_narrowed(held: Command, words: tuple[str, ...], count: int) -> None:
    assert len(held("queue", "list", *words, "--json").json["entries"]) == count


def test_the_list_for_people_says_amount_owner_and_due_with_its_zone(held: Command) -> None:
    shown = held("queue", "list").out
    for said in ("E-000001", "Acme", "USD 1,234.56", "Cara Losch", "2026-11-27 22:00 UTC"):
        assert said in shown


def test_an_empty_queue_says_so(handoff: Command) -> None:
    assert handoff("queue", "list").out == "No open entry.\n"
    assert handoff("queue", "list", "--json").json == {"entries": []}


@pytest.mark.parametrize("name", ["E-000001", "1", DEAL])
def test_one_entry_is_shown_by_its_name_or_its_deal(held: Command, name: str) -> None:
    assert held("queue", "show", name, "--json").json["deal_id"] == DEAL
    assert "GTXPro" in held("queue", "show", name).out


def test_an_unknown_entry_is_a_sentence(held: Command) -> None:
    for words in (("queue", "show"), ("explain",)):
        refused = held(*words, "E-000099")
        assert (refused.code, refused.out) == (2, "")
        assert "E-000099" in refused.err


def test_explain_links_to_the_entrys_page(held: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "Page" not in held("explain", "E-000001").out
    monkeypatch.setenv("HANDOFF_REVIEW_URL", "https://handoff.example.com/")
    assert "https://handoff.example.com/entries/E-000001" in held("explain", "E-000001").out
    page = held("explain", DEAL, "--json").json["card"]["page"]
    assert page == "https://handoff.example.com/entries/E-000001"
    monkeypatch.setenv("HANDOFF_REVIEW_URL", "https://a@evil.example")
    refused = held("explain", "E-000001")
    assert (refused.code, refused.out) == (2, "")


def test_explain_shows_the_card_and_takes_no_markup_from_a_deal(held: Command) -> None:
    shown = held("explain", "E-000001").out
    for said in ("Widgets [red]", "nearest", "Cara Losch", "2026-11-27 17:00 America/New_York (22:00 UTC)", "Next"):
        assert said in shown
    assert held("explain", DEAL, "--json").json["card"]["who"].startswith("Cara Losch")


def test_the_report_is_a_table_a_document_and_a_page(held: Command, tmp_path: Path) -> None:
    assert "USD 1,234.56" in held("report").out
    found = held("report", "--html", tmp_path / "held.html", "--json").json
    assert (found["open"], found["amount"]) == (1, {"USD": 123456})
    assert "Cara Losch" in (tmp_path / "held.html").read_text()


def test_only_the_role_of_the_trigger_may_stop_the_line(held: Command) -> None:
    refused = held("stop", "--why", "x", "--as", "cara_losch")
    assert refused.code == 2
    assert "may not stop or start the line" in refused.err


def test_the_line_is_stopped_and_started_with_a_why(held: Command) -> None:
    assert held("stop", "--step", "invoice", "--why", "wrong rate", "--as", HEAD, "--json").json["stopped"] == "invoice"
    assert "Step invoice goes on" in held("start", "--step", "invoice", "--why", "right rate", "--as", HEAD).out
    again = held("start", "--step", "invoice", "--why", "sure", "--as", HEAD, "--json")
    assert again.json["was_stopped"] is False


def test_a_stop_without_a_reason_or_of_an_unknown_step_is_refused(held: Command) -> None:
    assert held("stop", "--why", " ", "--as", HEAD).code == 2
    assert "is no step of workflow.yaml" in held("stop", "--step", "x", "--why", "y", "--as", HEAD).err


def test_customers_are_adopted_from_a_file(held: Command, tmp_path: Path) -> None:
    file = tmp_path / "customers.csv"
    file.write_text("account_id,customer_id\n001A,cus_1\n001B,cus_2\n")
    assert held("adopt", "customers", file, "--why", "matched", "--json").json["adopted"] == 2


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("account,customer\n", "column account_id, customer_id is missing"),
        ("account_id,customer_id\n001A,\n", "must both be filled"),
        ("account_id,customer_id\n001A,acme\n", "is no Stripe customer id"),
        ("account_id,customer_id,stripe_account\n001A,cus_1,other\n", "is not in billing.yaml"),
    ],
)
def test_a_file_of_customers_that_is_wrong_is_one_sentence(held: Command, tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "customers.csv"
    file.write_text(text)
    refused = held("adopt", "customers", file, "--why", "x")
    assert (refused.code, refused.out) == (2, "")
    assert said in refused.err


def test_verify_finds_nothing_wrong_and_a_broken_row(held: Command, tmp_path: Path) -> None:
    assert held("verify", "--json").json == {"ok": True, "remote": False, "findings": []}
    store = open_store(f"sqlite:///{tmp_path / 'home' / 'handoff.db'}", tmp_path / "home")
    with store.write() as tx:
        handoffs.move(tx, 1, HandoffState.PASSED, NOW)
        handoffs.move(tx, 1, HandoffState.HELD, NOW)
        tx.exec_driver_sql("UPDATE entry SET state = 'released'")
    store.close()
    broken = held("verify")
    assert broken.code == 1
    assert "I6" in broken.out
    assert "held without an open entry" in broken.out


def test_a_pack_is_checked_with_every_problem_at_once(handoff: Command, tmp_path: Path) -> None:
    assert handoff("pack", "check", "crm_sales_opportunities").code == 0
    assert handoff("pack", "check", "crm_sales_opportunities", "--json").json["ok"] is True
    (tmp_path / "pack").mkdir()
    for file in shipped("crm_sales_opportunities").iterdir():
        (tmp_path / "pack" / file.name).write_bytes(file.read_bytes())
    (tmp_path / "pack" / "workflow.yaml").unlink()
    (tmp_path / "pack" / "trigger.yaml").write_text("owner_rol: x\n")
    refused = handoff("pack", "check", tmp_path / "pack")
    assert (refused.code, refused.out) == (2, "")
    problems = handoff("pack", "check", tmp_path / "pack", "--json")
    assert problems.code == 2
    assert {"workflow.yaml", "trigger.yaml"} <= {Path(p["file"]).name for p in problems.json["problems"]}
    assert set(problems.json["problems"][0]) == {"file", "line", "key", "wrong", "right"}


@pytest.mark.parametrize("words", [("rerun",), ("rerun", "E-000001")])
def test_a_rerun_without_credentials_or_a_choice_changes_nothing(held: Command, words: tuple[str, ...]) -> None:
    refused = held(*words)
    assert (refused.code, refused.out) == (2, "")
    assert held("queue", "list", "--json").json["entries"][0]["status"] == "open"


def test_a_rerun_for_an_owner_whom_nobody_knows_is_refused(held: Command) -> None:
    refused = held("rerun", "--owner", "nobody_x")
    assert (refused.code, refused.out) == (2, "")
    assert "Nobody owns an entry as 'nobody_x'" in refused.err
