"""Stories of a database that is locked, full, read-only or gone: one sentence, nothing sent without its intent.

Afterwards everything goes on by itself: each deal is delivered once.
"""

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from handoff.road.house import House, Progress
from handoff.road.sync import sync
from handoff.store.session import StoreError
from handoff.store.tables import effect
from tests.integration import story_org as org
from tests.integration.story import Crm, Story
from tests.integration.test_postgres_story import SERVER, database  # noqa: F401 - a fixture
from tests.running_sandbox import running_sandbox

pytestmark = pytest.mark.usefixtures("hasty")

ROOM = (0, 1, 2, 4, 8, 16, 24, 32, 48)
"""Pages that the disk has left, at each of which a run comes a little further."""


@pytest.fixture
def story(tmp_path: Path) -> Iterator[Story]:
    """A company with a sandbox to itself, whose ledger exists."""
    org.write_org(tmp_path / "seed", 1)
    with running_sandbox(tmp_path / "seed") as sandbox:
        crm = Crm(sandbox)
        story = Story.begin(0, crm, tmp_path)
        assert story.handoffs() == []
        yield story
        crm.session.close()


def set_on_connect(house: House, pragma: str) -> None:
    """Have each connection of the store that is opened from now on run a pragma."""
    house.store.engine.dispose()
    sa.event.listen(house.store.engine, "connect", lambda connection, _: connection.execute(f"PRAGMA {pragma}"))


def told(house: House) -> str | None:
    """The sentence with which a run ended; None when it went through."""
    try:
        sync(house)
    except StoreError as error:
        return str(error)
    return None


def assert_nothing_sent_without_intent(story: Story) -> None:
    """Whatever the services have was meant by a committed row."""
    meant = {row.scope for row in story.rows(effect, effect.c.first_sent_at.is_not(None))}
    stripe = story.sandbox.state("stripe")["accounts"]["default"]
    assert {c["metadata"]["handoff_scope"] for c in stripe["customers"]} <= meant
    drafts = {f"bk:{i['metadata']['handoff_key']}:invoice:1" for i in stripe["invoices"]}
    assert drafts <= meant
    assert len(story.sandbox.state("asana")["projects"]) <= len([scope for scope in meant if ":project" in scope])


def assert_goes_on_by_itself(story: Story) -> None:
    story.sync()
    assert story.delivered(0, 1, 2, 3)
    assert [story.shown(n)["Handoff_Status__c"] for n in range(4)] == ["Delivered"] * 4
    assert story.wrong(remote=True) == []


def test_a_lock_that_is_freed_in_time_is_waited_for(story: Story):
    holder = sa.create_engine(f"sqlite:///{story.home / 'handoff.db'}", connect_args={"check_same_thread": False})
    connection = holder.connect().execution_options(isolation_level="AUTOCOMMIT")
    connection.exec_driver_sql("BEGIN IMMEDIATE")
    freed = threading.Timer(0.5, lambda: connection.exec_driver_sql("ROLLBACK"))
    freed.start()
    try:
        assert story.sync().outcomes["delivered"] == 4
    finally:
        freed.join()
        connection.close()
        holder.dispose()


def test_a_lock_that_is_never_freed_stops_the_run_before_anything_is_sent(story: Story):
    holder = sa.create_engine(f"sqlite:///{story.home / 'handoff.db'}")
    before = story.posts()
    with story.house() as house, holder.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        set_on_connect(house, "busy_timeout=50")
        said = told(house)
        connection.exec_driver_sql("ROLLBACK")
    holder.dispose()
    assert said
    assert "locked" in said
    assert story.posts() == before
    assert_goes_on_by_itself(story)


def test_a_disk_that_fills_up_at_any_point_stops_before_the_next_send(story: Story):
    ends = []
    for room in ROOM:
        with story.house(threads=1) as house:
            with house.store.read() as tx:
                pages = tx.exec_driver_sql("PRAGMA page_count").scalar()
            set_on_connect(house, f"max_page_count={pages + room}")
            ends.append(told(house))
        assert_nothing_sent_without_intent(story)
    assert any(said and "full" in said for said in ends), ends
    assert_goes_on_by_itself(story)


def test_a_read_only_database_stops_the_run_before_anything_is_sent(story: Story):
    before = story.posts()
    story.store_url = f"sqlite:///file:{story.home / 'handoff.db'}?mode=ro&uri=true"
    with story.house() as house:
        said = told(house)
    assert said
    assert "readonly" in said
    assert story.posts() == before
    story.store_url = None
    assert_goes_on_by_itself(story)


@pytest.mark.parametrize("stage", ["pull", "judge", "plan", "deliver"])
def test_a_ledger_that_is_deleted_under_a_run_is_begun_anew_and_adopts_what_was_made(story: Story, stage: str):
    """SQLite may write on into the deleted file, or say so: in both cases the next ledger knows nothing of it."""
    with story.house(threads=2) as house:

        def delete(progress: Progress) -> None:
            if progress.stage == stage and story.home.exists():
                shutil.rmtree(story.home)

        house.watch = delete
        told(house)
    assert_goes_on_by_itself(story)


@pytest.mark.parametrize("stage", ["pull", "judge", "plan", "deliver"])
def test_a_database_server_that_hangs_up_on_all_is_one_sentence_or_none(
    story: Story,
    database: str,  # noqa: F811 - the fixture
    stage: str,
):
    story.store_url = database
    name = database.rpartition("/")[2]
    server = sa.create_engine(SERVER, isolation_level="AUTOCOMMIT")
    with story.house(threads=2) as house:

        def hang_up(progress: Progress) -> None:
            if progress.stage == stage:
                with server.connect() as connection:
                    all_ = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name"
                    connection.execute(sa.text(all_), {"name": name})

        house.watch = hang_up
        said = told(house)
    server.dispose()
    assert said is None or said.startswith("The store cannot be used")
    assert_nothing_sent_without_intent(story)
    assert_goes_on_by_itself(story)


def test_a_database_that_is_not_there_is_one_sentence(story: Story):
    story.store_url = SERVER.rpartition("/")[0] + "/no_such_database"
    with pytest.raises(StoreError, match="The store cannot be used") as error, story.house():
        pass
    assert "\n" not in str(error.value)
    assert "postgres@" not in str(error.value), "no credential is ever shown"
