"""Notices, the dead-man's switch and the notes to customers from the command line; and that no channel's URL leaks."""

import re
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from handoff.core.violation import Violation
from handoff.quarantine.desk import HeldDeal, hold
from handoff.road.packs import find_pack
from handoff.store import handoffs, runs
from handoff.store.desk_tables import message
from handoff.store.events import Author
from handoff.store.handoffs import Pulled
from handoff.store.session import open_store
from mappings.pack import shipped
from tests.channel_servers import PASSWORD, TOKEN, Hook, mail_url, nobody, webhook
from tests.unit.cli.conftest import Command

SECRETS = (PASSWORD, TOKEN, "127.0.0.1")


@pytest.fixture
def demo(handoff: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HANDOFF_PACK", "demo")


def set_channels(monkeypatch: pytest.MonkeyPatch, **urls: str) -> None:
    monkeypatch.setenv("HANDOFF_CHANNELS", ",".join(urls))
    for name, url in urls.items():
        monkeypatch.setenv(f"HANDOFF_CHANNEL_{name.upper()}", url)


def stopped(handoff: Command) -> None:
    assert handoff("stop", "--why", "wrong tax rate", "--as", "helena_brandt").code == 0


def held(tmp_path: Path, pack: str, content: dict[str, Any]) -> None:
    """One held deal of the demo's company."""
    store = open_store(f"sqlite:///{tmp_path / 'home' / 'handoff.db'}", tmp_path / "home")
    violation = Violation(rule="po_number_when_required", field="po_number", seen=None, allowed="a number", message="m")
    with store.write() as tx:
        at = datetime(2026, 3, 2, tzinfo=UTC)
        handoffs.ingest(tx, [Pulled(deal_id="006A", content_hash="h", content=content)], "salesforce", "org", at)
        row = handoffs.by_deal(tx, "006A")
        assert row is not None
        deal = HeldDeal(deal_id="006A", handoff_id=row.id, values={}, violations=(violation,))
        hold(tx, find_pack(pack), [deal], Author(actor="sync", at=at))
    store.close()


@pytest.mark.usefixtures("demo")
def test_without_channels_sending_is_no_failure_and_says_what_waits(handoff: Command):
    stopped(handoff)
    sent = handoff("notices", "send")
    assert (sent.code, sent.err) == (0, "")
    assert sent.out.startswith("No channel is set: ")
    assert handoff("notices", "list").out.startswith("0 messages. ")
    assert handoff("notices", "list", "--json").json["counts"]["outbox"] > 0


@pytest.mark.usefixtures("demo")
def test_a_message_that_arrived_is_listed_with_its_channel(handoff: Command, monkeypatch: pytest.MonkeyPatch):
    hook = Hook()
    stopped(handoff)
    with webhook(hook) as port:
        set_channels(monkeypatch, chat=f"json://127.0.0.1:{port}/{{person}}")
        sent = handoff("notices", "send", "--json")
    assert (sent.code, sent.json["undelivered"]) == (0, 0)
    assert sent.json["made"] == sent.json["sent"] == len(hook.bodies) > 1
    assert hook.bodies[0]["title"] == "Handoff: the line is stopped"
    assert "The line is stopped, by the word of helena_brandt: wrong tax rate" in hook.bodies[0]["message"]
    rows = handoff("notices", "list", "--json").json["messages"]
    assert {(row["state"], row["channel"], row["attempts"]) for row in rows} == {("sent", "chat", 1)}
    assert "the line is stopped" in handoff("notices", "list", "--state", "sent").out


@pytest.mark.usefixtures("demo")
def test_no_word_of_a_channels_url_is_in_anything_we_write(
    handoff: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    stopped(handoff)
    set_channels(
        monkeypatch,
        email=mail_url(nobody()),
        chat=f"json://{TOKEN}:{PASSWORD}@127.0.0.1:{nobody()}/{TOKEN}",
        wrong=f"nonsense://{TOKEN}:{PASSWORD}@127.0.0.1",
    )
    monkeypatch.setenv("HANDOFF_HEARTBEAT_URL", f"https://127.0.0.1/{TOKEN}")
    commands = [
        ("notices", "send"),
        ("notices", "send", "--again", "--json"),
        ("notices", "list"),
        ("notices", "list", "--json"),
        ("doctor",),
        ("doctor", "--json"),
        ("deadman",),
        ("deadman", "--json"),
        ("report", "--json"),
    ]
    ended = {words: handoff(*words) for words in commands}
    assert ended["notices", "send"].code == 2
    assert "HANDOFF_CHANNEL_WRONG is no URL that apprise understands (it begins with nonsense://)" in (
        ended["notices", "send"].err
    )
    listed = ended["notices", "list", "--json"].json["messages"]
    assert {row["error"] for row in listed} >= {"email: the connection was refused. chat: the connection was refused."}
    printed = "".join(end.out + end.err for end in ended.values())
    kept = b"".join(file.read_bytes() for file in (tmp_path / "home").rglob("*") if file.is_file())
    assert b"the line is stopped" in kept
    assert not [secret for secret in SECRETS if secret in printed or secret.encode() in kept]


@pytest.mark.usefixtures("demo")
def test_what_reached_nobody_stands_on_every_report_and_fails_the_doctor(
    handoff: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    stopped(handoff)
    set_channels(monkeypatch, email=mail_url(nobody()))
    assert handoff("notices", "send").code == 0
    store = open_store(f"sqlite:///{tmp_path / 'home' / 'handoff.db'}", tmp_path / "home")
    with store.write() as tx:
        began = datetime(2026, 1, 1, tzinfo=UTC)
        count = tx.execute(sa.update(message).values(created_at=began)).rowcount
    store.close()
    said = f"{count} critical messages could not be delivered by any channel"
    page = tmp_path / "held.html"
    assert said in handoff("report", "--html", page).out
    assert said in page.read_text()
    assert handoff("report", "--json").json["undelivered"] == count
    assert said in handoff("notices", "list").out
    doctor = handoff("doctor", "--json").json
    wrong = [line for line in doctor["checks"] if line["check"] == "messages" and not line["ok"]]
    assert [line["what"][: len(said)] for line in wrong] == [said]
    assert handoff("notices", "send").code == 1


@pytest.mark.usefixtures("demo")
def test_doctor_says_in_one_line_how_the_channels_are(handoff: Command, monkeypatch: pytest.MonkeyPatch):
    def lines() -> list[tuple[bool, str]]:
        checks = handoff("doctor", "--json").json["checks"]
        return [(line["ok"], line["what"]) for line in checks if line["check"] == "channels"]

    assert lines() == [(True, "no channel is set (HANDOFF_CHANNELS), so owners hear nothing")]
    set_channels(monkeypatch, email=mail_url(1), chat="json://localhost")
    assert lines() == [(True, "tried in this order: email, chat")]
    monkeypatch.delenv("HANDOFF_CHANNEL_CHAT")
    assert [ok for ok, _ in lines()] == [False, True]


@pytest.mark.usefixtures("demo")
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("notices", "list", "--state", "lost"), "--state 'lost' is no state of a message: pending, sent"),
        (("notices", "list", "--limit", "0"), "--limit"),
        (("deadman", "--minutes", "0"), "--minutes"),
        (("queue", "note", "E-000009"), "There is no entry 'E-000009'"),
    ],
    ids=lambda words: " ".join(words) if isinstance(words, tuple) else "",
)
def test_wrong_usage_is_one_sentence_and_ends_with_two(handoff: Command, words: tuple[str, ...], said: str):
    refused = handoff(*words)
    assert (refused.code, refused.out) == (2, "")
    assert said in refused.err


@pytest.mark.parametrize("names", ["E-mail!", "a b", "../x", "x" * 100])
def test_a_wrong_name_of_a_channel_is_one_sentence(handoff: Command, monkeypatch: pytest.MonkeyPatch, names: str):
    monkeypatch.setenv("HANDOFF_CHANNELS", names)
    refused = handoff("notices", "send")
    assert refused.code == 2
    assert "HANDOFF_CHANNELS" in refused.err
    assert "is no name of a channel" in refused.err


@pytest.mark.usefixtures("demo")
def test_the_dead_mans_switch_is_one_line_when_all_is_well_and_exit_one_when_not(handoff: Command, tmp_path: Path):
    dead = handoff("deadman")
    assert (dead.code, dead.out) == (1, "")
    assert "The store cannot be opened: there is no file handoff.db" in dead.err
    assert "Nobody could be told by a channel." in dead.err
    store = open_store(f"sqlite:///{tmp_path / 'home' / 'handoff.db'}", tmp_path / "home")
    now = datetime.now(UTC)
    with store.write() as tx:
        runs.start(tx, id="r", kind="sync", actor="sync", started_at=now, pack_fingerprint="p")
        runs.end(tx, "r", now, {})
    store.close()
    alive = handoff("deadman")
    assert (alive.code, alive.err) == (0, "")
    assert alive.out.startswith("Alive: last completed: sync ")
    assert alive.out.count("\n") == 1
    assert handoff("deadman", "--json").json["alive"] is True


def test_a_note_to_the_customer_is_drafted_in_plain_words_and_sent_by_nobody(
    handoff: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    pack = tmp_path / "pack"
    shutil.copytree(shipped("demo"), pack)
    monkeypatch.setenv("HANDOFF_PACK", str(pack))
    held(
        tmp_path, str(pack), {"Id": "006A", "Name": "Widgets", "Account": {"Name": "Acme\r\n[x](http://evil.example)"}}
    )
    owners = pack / "owners.yaml"
    without = re.sub(r"    customer_note: .*\n", "", owners.read_text())
    owners.write_text(without)
    refused = handoff("queue", "note", "E-000001")
    assert refused.code == 2
    assert "owners.yaml has no customer_note for that" in refused.err
    note = "Dear {account_name}, what is the number of your purchase order for {deal_name} ({amount})?"
    owners.write_text(re.sub(r"(po_number_when_required:\n)", rf'\1    customer_note: "{note}"\n', without))
    drafted = handoff("queue", "note", "006A")
    assert (drafted.code, drafted.err) == (0, "")
    assert drafted.out == (
        "Dear Acme [x](http://evil.example), what is the number of your purchase order for Widgets ([amount])?\n"
    )
    assert handoff("queue", "note", "E-000001", "--json").json["notes"][0]["rule"] == "po_number_when_required"
    owners.write_text(owners.read_text().replace("{deal_name}", "{rep_secret}"))
    assert "customer_note: {rep_secret} is no deal field" in handoff("queue", "note", "E-000001").err
    assert handoff("notices", "list", "--json").json["messages"] == []
