"""Many read the clocks at once, some are killed, some wake after days: each escalation happens exactly once."""

import json
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.integration.test_postgres_story import database  # noqa: F401 - a fixture
from tests.unit.quarantine.watched import MONDAY, Watched

ENTRIES = 4
THREADS = 20
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
DUE = MONDAY + 8 * HOUR
MOMENTS = (
    MONDAY + 4 * HOUR,  # half of Ann's time
    MONDAY + 7 * HOUR,  # four fifths
    DUE,  # Bob's
    MONDAY + DAY + 4 * HOUR,  # Cid's, with Bob's two warnings passed over in the same moment
    MONDAY + DAY + 8 * HOUR,  # Tia's
    MONDAY + 4 * DAY,  # and she keeps it
)
SWEEPER = """
import json, sys
from datetime import datetime
from pathlib import Path
from tests.unit.quarantine.watched import Watched, small_pack
from handoff.store.session import open_store
home, url = Path(sys.argv[1]), sys.argv[2]
watched = Watched(store=open_store(url, home), home=home, pack=small_pack())
print("ready", flush=True)
for line in sys.stdin:
    print(json.dumps(dict(watched.sweep(datetime.fromisoformat(line.strip())).did)), flush=True)
"""


@pytest.fixture(params=["sqlite", "postgresql"])
def watched(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Watched]:
    url = request.getfixturevalue("database") if request.param == "postgresql" else None
    found = Watched.at(tmp_path, url)
    found.hold(*range(1, ENTRIES + 1))
    yield found
    found.store.close()


def all_at_once(watched: Watched, at: datetime, sweepers: int = THREADS) -> Counter[str]:
    """So many threads read all clocks in the same moment; what they did together."""
    told: list[Counter[str]] = []
    wrong: list[BaseException] = []
    gate = threading.Barrier(sweepers)

    def look() -> None:
        try:
            gate.wait(timeout=60)
            told.append(Counter(watched.sweep(at).did))
        except BaseException as error:  # told below, in the test's own thread
            wrong.append(error)

    threads = [threading.Thread(target=look) for _ in range(sweepers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    assert wrong == []
    return sum(told, Counter())


def each_once(watched: Watched) -> None:
    """Per entry: two warnings of Ann's, three escalations, one overdue at the end; and a notice for each."""
    escalated = Counter((e.subject, e.new["level"]) for e in watched.events("escalated"))
    assert escalated == {(f"entry:E-{n:06d}", level): 1 for n in range(1, ENTRIES + 1) for level in (1, 2, 3)}
    assert Counter(e.subject for e in watched.events("overdue")) == {
        f"entry:E-{n:06d}": 1 for n in range(1, ENTRIES + 1)
    }
    kinds = Counter((n.entry_id, n.kind, n.person) for n in watched.notices())
    every = range(1, ENTRIES + 1)
    assert {key: count for key, count in kinds.items() if key[1] == "entry_overdue"} == {
        **{(n, "entry_overdue", who): 1 for n in every for who in ("bob", "cid")},
        **{(n, "entry_overdue", "tia"): 2 for n in every},  # it became hers, and then it was overdue
    }
    assert {key: count for key, count in kinds.items() if key[1] == "entry_warning"} == {
        (n, "entry_warning", "ann"): 2 for n in every
    }
    assert {watched.entry(n).person for n in every} == {"tia"}


def test_twenty_threads_set_each_thing_off_exactly_once(watched: Watched) -> None:
    did = Counter[str]()
    for moment in MOMENTS:
        did += all_at_once(watched, moment)
    assert did == {"warned": 2 * ENTRIES, "escalated": 3 * ENTRIES, "overdue": ENTRIES}
    each_once(watched)


def test_after_three_days_of_outage_twenty_sweepers_send_one_message_an_entry(watched: Watched) -> None:
    assert all_at_once(watched, MONDAY + 3 * DAY) == {"escalated": ENTRIES}
    told = Counter((n.entry_id, n.person) for n in watched.notices() if n.kind != "entry_opened")
    assert told == {(n, "tia"): 1 for n in range(1, ENTRIES + 1)}
    passed = Counter((e.subject, e.new["owner"], e.new["told"]) for e in watched.events("escalated"))
    assert passed == {
        (f"entry:E-{n:06d}", who, who == "tia"): 1 for n in range(1, ENTRIES + 1) for who in ("bob", "cid", "tia")
    }
    assert all_at_once(watched, MONDAY + 3 * DAY + HOUR) == {}


def test_processes_that_are_killed_and_started_again_set_each_thing_off_exactly_once(
    watched: Watched, tmp_path: Path
) -> None:
    """Four processes of threads' company; at each moment one is killed while it works, and another takes its place."""
    url = watched.store.engine.url.render_as_string(hide_password=False)
    with ExitStack() as stack:
        running = [stack.enter_context(sweeper(tmp_path, url)) for _ in range(3)]
        for process in running:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        for n, moment in enumerate(MOMENTS):
            for process in running:
                say(process, moment)
            if n == 2:  # in the middle of the first escalation
                running.pop().kill()
            all_at_once(watched, moment, 4)
            for process in running:
                assert process.stdout is not None
                json.loads(process.stdout.readline())
    each_once(watched)


def say(process: "subprocess.Popen[str]", moment: datetime) -> None:
    assert process.stdin is not None
    process.stdin.write(f"{moment.isoformat()}\n")
    process.stdin.flush()


class sweeper:  # noqa: N801 - used as a function
    """A process that reads the clocks at each moment it is told."""

    def __init__(self, home: Path, url: str) -> None:
        command = [sys.executable, "-c", SWEEPER, str(home), url]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2]
        )

    def __enter__(self) -> "subprocess.Popen[str]":
        return self.process

    def __exit__(self, *_: object) -> None:
        with self.process:
            self.process.kill()
