"""Stories of what owners are told by real mail, of a deal that is held and then passes; and of many senders at once."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from handoff.road.deadman import watch
from handoff.road.escalate import escalate
from handoff.road.notify import NotifySummary, notify
from tests.channel_servers import TOKEN, Hook, Mailbox, mail_url, nobody, smtp, webhook
from tests.integration.conftest import Begin
from tests.integration.story import Story
from tests.integration.test_postgres_story import database  # noqa: F401 - the fixture
from tests.unit.road.notice_house import Channel, NoticeHouse, notice_house

pytestmark = [pytest.mark.sandbox, pytest.mark.usefixtures("hasty")]
SENDERS = 8


@pytest.fixture
def mailbox(monkeypatch: pytest.MonkeyPatch) -> Iterator[Mailbox]:
    """Where mails arrive: the second channel, after one that refuses every connection."""
    found = Mailbox()
    with smtp(found) as port:
        monkeypatch.setenv("HANDOFF_CHANNEL_CHAT", f"json://127.0.0.1:{nobody()}/{TOKEN}")
        monkeypatch.setenv("HANDOFF_CHANNEL_EMAIL", mail_url(port))
        yield found


def told(story: Story) -> NotifySummary:
    with story.house(channels=("chat", "email")) as house:
        return notify(house)


def test_an_owner_hears_of_a_held_deal_by_the_channel_that_works_and_then_that_it_is_over(
    begin: Begin, mailbox: Mailbox
):
    story = begin(0)
    story.deal(3, Payment_Terms__c="Whenever")
    with webhook(Hook()) as port:
        summary = story.sync(heartbeat_url=f"http://127.0.0.1:{port}/{TOKEN}")
    assert summary.outcomes["held"] == 1
    done = told(story)
    assert (done.sent, done.undelivered) == (done.made, 0)
    assert done.failures == {"chat: the connection was refused.": 1}
    assert mailbox.to == [story.entry(3).owner_email]
    (mail,) = mailbox.mails
    assert "1 new" in mail["Subject"]
    assert f"E-{story.entry(3).id:06d}" in mail.get_content()
    assert "Whenever" in mail.get_content()

    story.deal(3, Payment_Terms__c="Net 30")
    story.late = timedelta(minutes=15)
    assert story.sync().outcomes["delivered"] == 1
    assert told(story).sent == 1
    assert "Nothing to do any more:" in mailbox.mails[-1].get_content()
    assert told(story).made == 0
    assert story.wrong() == []
    with story.house() as house:
        assert watch(house.settings, house.clock.now()).dead == ()


def test_an_overdue_entry_is_told_to_the_next_owner_with_the_decisions_and_to_the_first_that_it_is_theirs_no_more(
    begin: Begin, mailbox: Mailbox
):
    story = begin(2)
    story.deal(3, Payment_Terms__c="Whenever")
    story.sync()
    told(story)
    first = story.entry(3)
    story.late = first.due_at - datetime.now(UTC) + timedelta(minutes=1)
    with story.house() as house:
        escalate(house)
    told(story)
    second = story.entry(3)
    assert second.person != first.person
    mails = {mail["To"]: "\n".join(mail.get_content().splitlines()) for mail in mailbox.mails}
    assert f"Overdue:\n- E-{first.id:06d}" in mails[second.owner_email]
    assert "Open to you:" in mails[second.owner_email]
    assert f"it is {second.owner_name}'s now" in mails[first.owner_email]
    assert story.wrong() == []


def test_a_watchman_who_does_not_answer_changes_nothing_of_a_sync(begin: Begin, caplog: pytest.LogCaptureFixture):
    story = begin(1)
    hook = Hook()
    with webhook(hook) as port:
        assert story.sync(heartbeat_url=f"http://127.0.0.1:{port}/{TOKEN}").exit_code == 0
    assert hook.paths == [f"/{TOKEN}"]
    assert story.sync(heartbeat_url=f"http://127.0.0.1:{nobody()}/{TOKEN}").exit_code == 0
    assert [message for message in caplog.messages if "HANDOFF_HEARTBEAT_URL" in message]
    assert TOKEN not in caplog.text


def at_once(at: NoticeHouse) -> None:
    """Eight senders send twice each."""
    broken: list[BaseException] = []

    def send() -> None:
        try:
            for _ in range(2):
                at.notify()
        except BaseException as error:  # shown by the test
            broken.append(error)

    threads = [threading.Thread(target=send) for _ in range(SENDERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert broken == []


def many(at: NoticeHouse) -> None:
    """Forty people are each told of one thing, and one of three new entries; it is morning for the last."""
    for n in range(40):
        at.put("question", person=f"p{n}@example.com", about="Which customer is it?")
    at.hold("a", "b", "c")
    at.later(hours=8)
    at_once(at)
    assert sorted(at.channels[0].readers) == sorted([*(f"p{n}@example.com" for n in range(40)), "kwame_mensah"])
    assert {row.state for row in at.messages()} == {"sent"}
    assert {row.attempts for row in at.messages()} == {1}
    assert {row.state for row in at.notices()} == {"told"}


def test_many_senders_at_once_tell_each_person_once(tmp_path: Path):
    with notice_house(tmp_path, Channel("email")) as at:
        many(at)


def test_many_senders_at_once_tell_each_person_once_on_postgresql(
    tmp_path: Path,
    database: str,  # noqa: F811 - the fixture
):
    with notice_house(tmp_path, Channel("email"), store_url=database) as at:
        many(at)
