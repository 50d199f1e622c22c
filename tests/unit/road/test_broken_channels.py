"""Every critical notice arrives or is handed on, with each real channel broken in turn, and then with both."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from datetime import timedelta
from pathlib import Path

import pytest

from connectors.notifier import Channels, open_notifiers
from handoff.core.settings import Settings
from handoff.road.deadman import watch
from handoff.road.line import start, stop
from handoff.store import outages
from tests.channel_servers import PASSWORD, TOKEN, Hook, Mailbox, mail_url, nobody, silent, smtp, webhook
from tests.unit.road.notice_house import BACKUP, LAST, OWNER, NoticeHouse, notice_house

Serve = Callable[..., int]
MAIL = ["refused", "hangs", "wrong password", "no tls", "says no"]
HOOK = ["refused", "hangs", "500", "untrusted"]
TOLD = {"entry_opened", "entry_overdue", "line_stopped", "service_down"}


@pytest.fixture
def serve() -> Iterator[Serve]:
    with ExitStack() as stack:
        yield lambda server, *given, **named: stack.enter_context(server(*given, **named))


@pytest.fixture
def at(tmp_path: Path) -> Iterator[NoticeHouse]:
    with notice_house(tmp_path) as found:
        yield found


def mail(serve: Serve, mailbox: Mailbox, way: str) -> str:
    """The URL of an SMTP server that is well, or broken in some way."""
    match way:
        case "refused":
            return mail_url(nobody())
        case "hangs":
            return mail_url(serve(silent))
        case "says no":
            mailbox.answer = "554 no"
    port = serve(smtp, mailbox)
    if way == "wrong password":
        return mail_url(port, password=f"{PASSWORD}-wrong")
    return mail_url(port, scheme="mailtos", extra="&mode=ssl") if way == "no tls" else mail_url(port)


def hook(serve: Serve, got: Hook, way: str) -> str:
    """The URL of a webhook that is well, or broken in some way."""
    match way:
        case "refused":
            return f"json://127.0.0.1:{nobody()}/{TOKEN}/{{person}}"
        case "hangs":
            return f"json://127.0.0.1:{serve(silent)}/{TOKEN}/{{person}}"
        case "500":
            got.status = 500
    tls = way == "untrusted"
    return f"json{'s' * tls}://127.0.0.1:{serve(webhook, got, tls=tls)}/{TOKEN}/{{person}}"


def channels(monkeypatch: pytest.MonkeyPatch, email: str, chat: str) -> Channels:
    monkeypatch.setenv("HANDOFF_CHANNEL_EMAIL", email)
    monkeypatch.setenv("HANDOFF_CHANNEL_CHAT", chat)
    found = open_notifiers(Settings(_env_file=None, channels=("email", "chat")), seconds=0.5)  # type: ignore[call-arg]
    assert found.wrong == ()
    return found


def happen(at: NoticeHouse) -> None:
    """One of each: a new entry, an overdue one, a stop of the line, an outage."""
    at.hold("a")
    at.put("entry_overdue", person=OWNER, entry_id=at.entry("a").id, about="decide")
    at.house.actor = LAST
    stop(at.house, None, "wrong tax rate")
    with at.house.store.write() as tx:
        row, _ = outages.failing(tx, "stripe", "status 500", at.ticking.at)
    at.put("service_down", person="mei_tanaka", dedupe_key=f"outage:{row.id}", about="stripe since 02:00 UTC")


def told(at: NoticeHouse) -> set[str]:
    """The kinds of critical notices whose message, or one that stands in for it, was sent."""
    sent = {row.id for row in at.messages() if row.state == "sent"}
    sent |= {int(row.dedupe_key.split(":")[1]) for row in at.messages() if row.kind == "fallback" and row.id in sent}
    return {row.kind for row in at.notices() if row.message_id in sent}


@pytest.mark.parametrize("way", MAIL)
def test_with_the_mail_broken_all_arrive_by_chat(
    at: NoticeHouse, serve: Serve, monkeypatch: pytest.MonkeyPatch, way: str
):
    mailbox, got = Mailbox(), Hook()
    found = channels(monkeypatch, mail(serve, mailbox, way), hook(serve, got, "well"))
    happen(at)
    at.channels = list(found.ready)  # type: ignore[arg-type]
    done = at.notify()
    assert told(at) == TOLD
    assert (done.undelivered, done.waiting, mailbox.mails) == (0, 0, [])
    assert {row.channel for row in at.messages()} == {"chat"}
    assert f"/{TOKEN}/{OWNER}" in got.paths
    alarm = watch(at.house.settings.model_copy(update={"pack": Path("demo")}), at.ticking.at, channels=found)
    assert alarm.told == (("mei_tanaka", "chat"),)


@pytest.mark.parametrize("way", HOOK)
def test_with_the_chat_broken_all_arrive_by_mail(
    at: NoticeHouse, serve: Serve, monkeypatch: pytest.MonkeyPatch, way: str
):
    mailbox = Mailbox()
    found = channels(monkeypatch, mail(serve, mailbox, "well"), hook(serve, Hook(), way))
    happen(at)
    at.channels = list(found.ready)[::-1]  # type: ignore[arg-type]  # the broken one first
    done = at.notify()
    assert told(at) == TOLD
    assert (done.undelivered, done.waiting) == (0, 0)
    assert "kwame.mensah@example.com" in mailbox.to
    alarm = watch(at.house.settings.model_copy(update={"pack": Path("demo")}), at.ticking.at, channels=found)
    assert alarm.told == (("mei_tanaka", "email"),)


def test_with_both_broken_all_are_handed_on_and_said_to_be_undelivered_until_one_is_put_right(
    at: NoticeHouse, serve: Serve, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    mailbox, got = Mailbox(), Hook()
    found = channels(monkeypatch, mail(serve, mailbox, "wrong password"), hook(serve, got, "500"))
    happen(at)
    at.channels = list(found.ready)  # type: ignore[arg-type]
    for _ in range(8):
        done = at.notify()
        at.later(minutes=5)
    critical = [row for row in at.messages() if row.critical and row.kind != "fallback"]
    assert done.undelivered == len(critical) == len({row.person for row in critical})
    stood_in = {row.dedupe_key.split(":")[1] for row in at.messages() if row.kind == "fallback"}
    assert stood_in == {str(row.id) for row in critical}
    assert BACKUP in {row.person for row in at.messages() if row.kind == "fallback"}
    assert told(at) == set()
    got.status = 200
    done = at.notify(again=True)
    assert (told(at), done.undelivered, done.waiting) == (TOLD, 0, 0)
    with closing(sqlite3.connect(tmp_path / "handoff.db")) as store:
        kept = "\n".join(store.iterdump())
    assert "email: it refused the log-in. chat: it answered with status 500." in kept
    assert not [secret for secret in (PASSWORD, TOKEN) if secret in kept]


def test_a_stop_and_a_start_are_told_to_the_whole_chain_and_the_tie_breaker(at: NoticeHouse):
    at.house.actor = LAST
    stop(at.house, "invoice", "wrong tax rate")
    at.later(seconds=1)
    start(at.house, "invoice", "corrected")
    assert not start(at.house, "invoice", "again")
    rows = [(row.kind, row.person, row.about) for row in at.notices()]
    people = {person for _, person, _ in rows}
    assert LAST in people
    assert len(rows) == 2 * len(people) > 2
    assert ("line_stopped", LAST, f"Step invoice is stopped, by the word of {LAST}: wrong tax rate") in rows
    assert ("line_started", LAST, f"Step invoice goes on, by the word of {LAST}: corrected") in rows
    assert at.ticking.at - at.notices()[0].created_at == timedelta(seconds=1)
