"""Escalate, pause, resume, accept and explain --clock over a store with one held deal; no service is there."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from checks.rules import names
from handoff.core.handoff import HandoffState
from handoff.core.violation import Violation
from handoff.quarantine import desk
from handoff.store import handoffs
from handoff.store.events import Author
from handoff.store.handoffs import Pulled
from handoff.store.session import Store, open_store
from handoff.store.tables import entry
from mappings.pack import load, shipped
from tests.unit.cli.conftest import Command

DEAL = "006000000000001AAA"
FOUND = Violation(
    rule="product_is_canonical", field="lines.product", seen="GTXPro", allowed="GTX Pro", message="Unknown."
)
OWNER = "dana_whitfield"
NOW = datetime.now(UTC).replace(microsecond=0)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    home = tmp_path / "home"
    return open_store(f"sqlite:///{home / 'handoff.db'}", home)


@pytest.fixture
def held(handoff: Command, store: Store, monkeypatch: pytest.MonkeyPatch) -> Command:
    """The command over a home in which Acme's deal has been held for an hour."""
    monkeypatch.setenv("HANDOFF_PACK", "crm_sales_opportunities")
    pack, at = load(shipped("crm_sales_opportunities"), names()), NOW - timedelta(hours=1)
    with store.write() as tx:
        content = {"Id": DEAL, "Name": "Widgets", "Account": {"Name": "Acme"}}
        handoffs.ingest(tx, [Pulled(deal_id=DEAL, content_hash="0", content=content)], "salesforce", "00D", at)
        handoffs.move(tx, 1, HandoffState.HELD, at, amount_minor=123456, currency="USD")
        deal = desk.HeldDeal(deal_id=DEAL, handoff_id=1, values={}, violations=(FOUND,))
        desk.hold(tx, pack, [deal], Author(actor="ada", at=at))
    store.close()
    return handoff


def change(store: Store, **values: object) -> None:
    with store.write() as tx:
        tx.execute(sa.update(entry).values(**values))
    store.close()


def old(store: Store) -> None:
    """As if it had been opened before business time."""
    opened = NOW - timedelta(hours=1)
    change(store, clock=None, first_due_at=None, opened_at=opened, due_at=opened + timedelta(hours=24))


def test_escalate_says_what_it_did(held: Command, store: Store) -> None:
    old(store)
    assert held("escalate").out == "1 open entries looked at: nothing was due.\n"
    change(store, due_at=NOW - timedelta(minutes=5))
    told = held("escalate", "--json")
    assert (told.code, told.json["entries"], told.json["overdue"], told.json["warnings"]) == (0, 1, 1, [])
    assert set(told.json) == {
        *("entries", "warned", "escalated", "overdue", "rerouted", "recounted", "approvals", "questions"),
        *("steps_done", "steps_late", "released", "duration_s", "warnings"),
    }


def test_a_clock_that_cannot_be_read_is_a_warning_and_exit_code_1(held: Command, store: Store) -> None:
    change(store, clock={"minutes": 1})
    told = held("escalate")
    assert told.code == 1
    assert "Warning: The clock of E-000001 was left alone" in told.err
    assert held("explain", "E-000001", "--clock").code == 2
    assert "The clock of E-000001 cannot be shown" in held("explain", "E-000001", "--clock").err


def test_pause_and_resume(held: Command, store: Store) -> None:
    old(store)
    reason = ("--reason", "waiting for the customer")
    paused = held(
        "queue", "pause", "E-000001", *reason, "--hours", "10", "--why", "asked", "--as", OWNER, "--json"
    ).json
    assert paused["entry"] == "E-000001"
    assert datetime.fromisoformat(paused["until"]) - datetime.fromisoformat(paused["since"]) == timedelta(hours=10)
    again = held("queue", "pause", DEAL, *reason, "--hours", "1", "--why", "asked", "--as", OWNER)
    assert (again.code, "is paused until" in again.err) == (2, True)
    shown = held("explain", "E-000001", "--clock", "--json").json
    assert shown["paused_until"] == paused["until"]
    assert shown["due"] == paused["due"]
    assert held("queue", "resume", "E-000001", "--why", "they answered", "--as", OWNER).out.startswith(
        "E-000001 goes on;"
    )


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("pause", "E-000009", "--reason", "x", "--hours", "1", "--why", "y"), "There is no entry 'E-000009'"),
        (("pause", "E-000001", "--reason", "x", "--hours", "1", "--why", "y", "--as", OWNER), "not paused for 'x'"),
        (("resume", "E-000001", "--why", "y", "--as", OWNER), "is not paused"),
        (("resume", "E-000001", "--why", "y", "--as", "stranger"), "'stranger' may not resume"),
        (("accept", "E-000001", "--why", "y", "--as", OWNER), "none of its steps waits to be accepted"),
        (("accept", "E-000001", "--why", " ", "--as", OWNER), "Say why"),
        (("accept", "006unknown", "--why", "y"), "No deal or entry is known"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(held: Command, words: tuple[str, ...], said: str) -> None:
    ended = held("queue", *words)
    assert ended.code == 2
    assert said in ended.err
    assert ended.err.count("\n") == 1
    assert ended.out == ""


def test_explain_clock_shows_what_was_counted_in_the_zone_and_in_utc(held: Command, store: Store) -> None:
    monday = datetime(2026, 3, 2, 8, tzinfo=UTC)
    office = {"zone": "Europe/Berlin", "hours": {"mon": ["09:00-12:00", "13:00-17:00"]}}
    calendar = {**office, "country": None, "subdivision": None, "closed": []}
    kept = {"calendar": calendar, "minutes": 480, "since": monday.isoformat()}
    due = monday + timedelta(days=7, hours=1)
    moments = {"opened_at": monday, "due_at": due, "released_at": monday + timedelta(hours=9)}
    change(store, clock=kept, state="released", **moments)
    shown = held("explain", "E-000001", "--clock").out
    assert "since Mon 2026-03-02 09:00 Europe/Berlin (2026-03-02 08:00 UTC)" in shown
    assert "Mon 2026-03-02 13:00" in shown
    assert "7 h 00 min of 8 h 00 min, 1 h 00 min left" in shown
    told = held("explain", DEAL, "--clock", "--json").json
    assert [(i["from"][11:16], i["until"][11:16]) for i in told["intervals"]] == [
        ("08:00", "11:00"),
        ("12:00", "16:00"),
    ]
    assert (told["counted_minutes"], told["left_minutes"], told["business_time"]) == (420, 60, True)


def test_an_entry_from_before_business_time_says_so(held: Command, store: Store) -> None:
    old(store)
    shown = held("explain", "E-000001", "--clock").out
    assert "this entry was opened before business time; its clock counts every hour" in shown
    assert held("explain", "E-000001", "--clock", "--json").json["business_time"] is False
    assert held("explain", "nothing", "--clock").code == 2
