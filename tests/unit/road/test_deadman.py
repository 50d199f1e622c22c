"""The dead-man's switch and the heartbeat: who hears that the line has gone quiet, by which channel, and how often."""

import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from connectors.errors import Refused
from connectors.notifier import Channels
from handoff.core.settings import Settings
from handoff.road.deadman import Verdict, watch
from handoff.road.heartbeat import tell_watchman
from handoff.store import messages, runs
from handoff.store.session import Store, open_store
from tests.channel_servers import TOKEN, Hook, nobody, silent, webhook
from tests.unit.road.notice_house import BACKUP, LAST, Channel, down

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
OWNER = "mei_tanaka"
"""Whom the demo's pack names for a service that is down."""


class Line:
    """A line whose runs a test writes, watched through two channels."""

    def __init__(self, home: Path) -> None:
        self.settings = Settings(_env_file=None, home=home, pack="demo")  # type: ignore[call-arg, arg-type]
        self.store: Store = open_store(self.settings.store, home)
        self.channels = [Channel("email"), Channel("chat")]

    def ran(self, kind: str, at: datetime, *, ended: bool = True, found: int | None = 0) -> None:
        with self.store.write() as tx:
            number = f"{kind}-{at:%d%H%M%S}"
            runs.start(tx, id=number, kind=kind, actor="sync", started_at=at, pack_fingerprint="p")
            if ended:
                runs.end(tx, number, at, {"found": found if kind == "sweep" else None})

    def watch(self, now: datetime = NOW, settings: Settings | None = None, **named: Any) -> Verdict:
        return watch(settings or self.settings, now, channels=Channels(ready=tuple(self.channels)), **named)


@pytest.fixture
def line(tmp_path: Path) -> Iterator[Line]:
    found = Line(tmp_path)
    yield found
    found.store.close()


def test_a_line_that_runs_is_alive_and_nobody_is_told(line: Line):
    line.ran("sweep", NOW - timedelta(hours=50))
    line.ran("sync", NOW - timedelta(minutes=10))
    verdict = line.watch()
    assert (verdict.dead, verdict.told) == ((), ())
    assert verdict.last == "last completed: sync 2026-03-02 11:50 UTC, sweep 2026-02-28 10:00 UTC"
    assert [channel.tries for channel in line.channels] == [0, 0]


@pytest.mark.parametrize(
    ("sync", "sweep", "said"),
    [
        (timedelta(minutes=10, seconds=1), timedelta(hours=1), "No sync has been completed since 2026-03-02 11:49 UTC"),
        (timedelta(minutes=1), timedelta(hours=50, seconds=1), "No sweep has been completed since 2026-02-28 09:59"),
    ],
)
def test_two_missed_intervals_are_told_to_the_integrations_owner_by_the_last_channel(
    line: Line, sync: timedelta, sweep: timedelta, said: str
):
    line.ran("sync", NOW - sync)
    line.ran("sweep", NOW - sweep)
    verdict = line.watch()
    assert verdict.told == ((OWNER, "chat"),)
    assert verdict.dead[0].startswith(said)
    person, address, title, body = line.channels[1].got[0]
    assert (person, address, title) == (OWNER, "mei.tanaka@example.com", "Handoff: the line has gone quiet")
    assert said in body
    assert line.channels[0].tries == 0


def test_a_run_that_did_not_end_and_a_sweep_that_saw_half_do_not_count(line: Line):
    line.ran("sync", NOW - timedelta(minutes=20))
    line.ran("sync", NOW - timedelta(minutes=1), ended=False)
    line.ran("sweep", NOW - timedelta(hours=60))
    line.ran("sweep", NOW - timedelta(hours=1), found=None)
    assert len(line.watch().dead) == 2


def test_a_new_line_has_time_for_its_first_sweep_but_must_sync(line: Line):
    assert line.watch().dead[0].startswith("No sync has been completed ever")
    line.ran("sync", NOW - timedelta(hours=49))
    line.ran("sync", NOW - timedelta(minutes=1))
    assert line.watch().dead == ()
    assert [said[:8] for said in line.watch(NOW + timedelta(hours=2)).dead] == ["No sync ", "No sweep"]


def test_it_is_told_once_per_outage_and_then_daily(line: Line):
    line.ran("sync", NOW - timedelta(hours=1))
    told = [len(line.watch(NOW + timedelta(minutes=5 * n)).told) for n in (0, 1, 2, 100, 286, 287, 288, 289)]
    assert told == [1, 0, 0, 0, 0, 0, 1, 0]
    assert line.watch(NOW + timedelta(hours=25)).told_before
    line.ran("sync", NOW + timedelta(hours=25))
    assert line.watch(NOW + timedelta(hours=25)).dead == ()
    assert line.watch(NOW + timedelta(hours=26)).told


def test_what_dies_while_something_else_is_dead_is_told_too(line: Line):
    line.ran("sweep", NOW - timedelta(hours=60))
    line.ran("sync", NOW)
    assert line.watch(NOW).told
    assert line.watch(NOW + timedelta(minutes=5)).told_before
    assert line.watch(NOW + timedelta(minutes=30)).told  # now no sync either
    line.ran("sync", NOW + timedelta(minutes=31))
    assert line.watch(NOW + timedelta(minutes=32)).told_before
    assert line.watch(NOW + timedelta(minutes=50)).told  # and again none


def test_other_intervals_can_be_asked_for(line: Line):
    line.ran("sync", NOW - timedelta(minutes=20))
    assert line.watch(minutes=20).dead == ()
    assert line.watch(minutes=19).dead
    slow = line.settings.model_copy(update={"deadman_minutes": 30, "deadman_sweep_hours": 1})
    assert line.watch(settings=slow).dead == ()


def test_with_the_last_channel_broken_the_next_one_tells_and_with_all_broken_the_next_run_tries_again(line: Line):
    line.channels[1].broken = down()
    assert line.watch().told == ((OWNER, "email"),)
    line.ran("sync", NOW)
    line.watch(NOW)
    line.channels[0].broken = down()
    later = NOW + timedelta(hours=1)
    verdict = line.watch(later)
    assert verdict.told == ()
    assert verdict.warnings[0] == f"{OWNER} by chat: the connection was refused."
    assert {warning.split()[0] for warning in verdict.warnings} == {OWNER, BACKUP, LAST}
    line.channels[0].broken = None
    assert line.watch(later + timedelta(minutes=5)).told == ((OWNER, "email"),)


def test_when_the_owner_cannot_be_reached_the_next_person_is_told(line: Line):
    for channel in line.channels:
        channel.refuses[OWNER] = Refused("no such mailbox.", service="channel")
    assert line.watch().told == ((BACKUP, "chat"),)


@pytest.mark.parametrize("url", ["sqlite:///{home}/gone.db", "sqlite:///{home}/broken.db", "nonsense://x", None])
def test_a_store_that_does_not_open_is_the_same_alarm(line: Line, url: str | None, tmp_path: Path):
    (tmp_path / "broken.db").write_text("this is no database, but long enough to be read as one" * 100)
    home = tmp_path if url else tmp_path / "elsewhere"
    store = url.format(home=tmp_path) if url else None
    settings = line.settings.model_copy(update={"store_url": store, "home": home})
    verdict = line.watch(settings=settings)
    assert verdict.dead[0].startswith("The store cannot be opened: ")
    assert verdict.told == ((OWNER, "chat"),)
    assert not (tmp_path / "gone.db").exists()
    assert line.watch(settings=settings).told_before


def test_without_channels_or_a_readable_pack_it_still_says_so(line: Line, tmp_path: Path):
    channels, line.channels = line.channels, []
    assert line.watch().warnings == (
        "No channel is set (HANDOFF_CHANNELS), so nobody was told but whoever reads this.",
    )
    line.channels = channels
    broken = line.settings.model_copy(update={"pack": tmp_path / "no-pack"})
    verdict = line.watch(settings=broken)
    assert verdict.told == ()
    assert verdict.warnings[0].startswith("The pack names nobody: ")
    line.channels[0].takes_addresses = False
    assert line.watch(settings=broken).told == (("whoever listens", "email"),)


@pytest.mark.parametrize(
    "kept",
    [
        "",
        "{",
        "[]",
        '{"told": 3}',
        '{"told": "2026"}',
        '{"told": "2999-01-01T00:00:00+00:00", "of": ["sync", "sweep"]}',
    ],
)
def test_what_it_kept_of_the_last_time_may_be_broken(line: Line, tmp_path: Path, kept: str):
    (tmp_path / "deadman.json").write_text(kept)
    assert line.watch().told


def test_every_alarm_stands_in_the_delivery_ledger_and_what_reached_nobody_counts_until_the_line_runs(line: Line):
    def kept() -> list[tuple[str, str | None]]:
        with line.store.read() as tx:
            return [(row.state, row.channel) for row in messages.listed(tx, [], 9) if row.kind == "deadman"]

    def undelivered(at: datetime) -> int:
        with line.store.read() as tx:
            return messages.undelivered(tx, at)

    for channel in line.channels:
        channel.broken = down()
    for minutes in (0, 5, 35):
        assert line.watch(NOW + timedelta(minutes=minutes)).told == ()
    assert kept() == [("undelivered", None)]
    assert (undelivered(NOW + timedelta(minutes=29)), undelivered(NOW + timedelta(minutes=35))) == (0, 1)
    line.channels[0].broken = None
    assert line.watch(NOW + timedelta(minutes=40)).told == ((OWNER, "email"),)
    assert (kept(), undelivered(NOW + timedelta(minutes=40))) == ([("sent", "email")], 0)
    line.channels[0].broken = down()
    line.watch(NOW + timedelta(days=2))
    line.ran("sync", NOW + timedelta(days=2))
    assert kept()[0] == ("undelivered", None)
    assert line.watch(NOW + timedelta(days=2)).dead == ()
    assert kept() == [("dropped", None), ("sent", "email")]


# --- the heartbeat --------------------------------------------------------------------------------------------------


def watched(url: str) -> Settings:
    settings = Settings(_env_file=None, heartbeat_url=SecretStr(url))  # type: ignore[call-arg]
    tell_watchman(settings, seconds=0.5)
    return settings


def test_a_watchman_is_asked_for_once_and_a_good_answer_is_silence(caplog: pytest.LogCaptureFixture):
    hook = Hook()
    with webhook(hook) as port:
        watched(f"http://127.0.0.1:{port}/{TOKEN}")
    assert hook.paths == [f"/{TOKEN}"]
    assert caplog.records == []


def test_a_watchman_who_does_not_answer_is_one_warning_without_the_address(caplog: pytest.LogCaptureFixture):
    moved = Hook(302)
    with webhook(Hook(500)) as failing, webhook(moved) as moving, silent() as hanging:
        for port in (failing, moving, hanging, nobody()):
            watched(f"http://127.0.0.1:{port}/{TOKEN}")
    with webhook(Hook(), tls=True) as untrusted:
        watched(f"https://127.0.0.1:{untrusted}/{TOKEN}")
    assert [record.levelno for record in caplog.records] == [logging.WARNING] * 5
    assert "status 500" in caplog.messages[0]
    assert moved.paths == [f"/{TOKEN}"]
    assert TOKEN not in caplog.text


@pytest.mark.parametrize(
    "url", [f"http://example.com/{TOKEN}", f"ftp://localhost.evil.example/{TOKEN}", TOKEN, "https://"]
)
def test_a_heartbeat_goes_by_https_or_stays_on_this_machine(monkeypatch: pytest.MonkeyPatch, url: str):
    monkeypatch.setenv("HANDOFF_HEARTBEAT_URL", url)
    with pytest.raises(Exception, match=r"HANDOFF_HEARTBEAT_URL: .*https://") as refused:
        Settings.load()
    assert TOKEN not in str(refused.value)
