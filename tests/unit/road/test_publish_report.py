"""Publishing: the whole and one file per owner, each owner told once a day, and nothing told that was not written."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from handoff.core.errors import UsageError
from handoff.report.report_csv import read_back
from handoff.road.exception_report import compose
from handoff.road.old_reports import Removed
from handoff.road.publish_report import KIND, file_name, publish
from tests.unit.road.notice_house import BACKUP, OWNER, Channel, NoticeHouse, notice_house

DAY = "2026-03-01"
"""The house's clock says 02:00 UTC of the 2nd; the demo's first billing entity is in New York, where it is the 1st."""


@pytest.fixture
def at(tmp_path: Path) -> Iterator[NoticeHouse]:
    with notice_house(tmp_path / "home", Channel("mail")) as found:
        yield found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "reports"


def told(at: NoticeHouse) -> list[tuple[str, str]]:
    return [(row.person, row.about) for row in at.notices() if row.kind == KIND]


def test_the_whole_and_each_owners_own_are_written_as_page_and_table(at: NoticeHouse, folder: Path) -> None:
    at.hold("a", "b", account="Hottechi")
    at.hold("c", account="Kupferkamm")
    at.give("c", BACKUP)
    done = publish(at.house, folder)
    names = {file.name for file in (folder / DAY).iterdir()}
    assert names == {f"{who}.{kind}" for who in ("whole", OWNER, BACKUP) for kind in ("html", "csv")}
    assert done.sentence == f"The report of {DAY} is written: 3 open entries, 2 owners, 2 notices new."
    assert (done.exit_code, done.folder) == (0, folder / DAY)
    own = (folder / DAY / f"{BACKUP}.html").read_text()
    assert "Kupferkamm" in own
    assert "Hottechi" not in own + (folder / DAY / f"{BACKUP}.csv").read_text()
    rows = read_back((folder / DAY / "whole.csv").read_bytes().decode())
    assert [row[3] for row in rows] == ["Hottechi", "Hottechi", "Kupferkamm"]


def test_each_owner_is_told_how_much_and_where_and_nothing_of_a_deal(at: NoticeHouse, folder: Path) -> None:
    at.hold("a", "b", account="Hottechi")
    at.later(days=9)
    publish(at.house, folder)
    ((person, about),) = told(at)
    assert person == OWNER
    assert about == (
        "Your report of 2026-03-10: 2 open entries, USD 200.00, 2 past due. Its file: 2026-03-10/kwame_mensah.html"
    )


def test_an_owner_is_told_once_a_day_however_often_it_is_published(at: NoticeHouse, folder: Path) -> None:
    at.hold("a")
    counts = [publish(at.house, folder).told for _ in range(3)]
    at.later(days=1)
    counts.append(publish(at.house, folder).told)
    assert counts == [1, 0, 0, 1]
    assert len(told(at)) == 2
    assert sorted(place.name for place in folder.iterdir()) == [DAY, "2026-03-02"]


def test_the_notice_goes_out_in_a_message_of_its_owner(at: NoticeHouse, folder: Path) -> None:
    at.hold("a")
    at.notify()
    at.later(hours=1)
    publish(at.house, folder)
    at.notify()
    (message,) = [got for got in at.channels[0].got if "Your report" in got[3]]
    assert message[0] == OWNER
    assert "Your report of 2026-03-01: 1 open entry, USD 100.00, 0 past due." in message[3]


def test_the_next_report_says_what_changed_since_this_one(at: NoticeHouse, folder: Path) -> None:
    at.hold("a", "b")
    publish(at.house, folder)
    first = at.events("published")
    assert {row.subject for row in first} == {"report:whole", f"report:{OWNER}"}
    assert first[0].new == {"day": DAY, "entries": 2}
    at.later(days=1)
    at.release("a")
    at.hold("c")
    publish(at.house, folder)
    for name in ("whole", OWNER):
        page = (folder / "2026-03-02" / f"{name}.html").read_text()
        assert "Since the last report, 2026-03-0" in page
        assert "E-000003" in page
    at.later(hours=1)
    assert compose(at.house).changes.sentence.startswith("Nothing"), "since the report of this morning"


def test_an_empty_store_has_a_report_of_nothing_and_tells_nobody(at: NoticeHouse, folder: Path) -> None:
    done = publish(at.house, folder)
    assert (done.entries, done.owners, done.told) == (0, 0, 0)
    assert "No deal is held." in (folder / DAY / "whole.html").read_text()


def test_without_a_folder_it_is_written_in_our_home_where_others_cannot_look(at: NoticeHouse) -> None:
    at.hold("a")
    done = publish(at.house)
    assert done.folder == at.house.settings.home / "reports" / DAY
    assert done.folder.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("broken", ["a file", "a file of the day", "a file that is a folder"])
def test_what_cannot_be_written_is_one_sentence_and_nobody_is_told(at: NoticeHouse, folder: Path, broken: str) -> None:
    at.hold("a")
    wrong = {
        "a file": folder,
        "a file of the day": folder / DAY,
        "a file that is a folder": folder / DAY / f"{OWNER}.csv" / "x",
    }[broken]
    wrong.parent.mkdir(parents=True, exist_ok=True)
    wrong.touch()
    with pytest.raises(UsageError, match=r"cannot be (made|written): "):
        publish(at.house, folder)
    assert told(at) == []
    assert at.events("published") == []
    assert not folder.is_dir() or not list(folder.rglob(".*"))


def test_a_report_that_stands_is_replaced_and_never_half_there(at: NoticeHouse, folder: Path) -> None:
    at.hold("a")
    publish(at.house, folder)
    before = (folder / DAY / "whole.html").stat().st_ino
    at.hold("b")
    publish(at.house, folder)
    assert (folder / DAY / "whole.html").stat().st_ino != before
    assert "2 deals held" in (folder / DAY / "whole.html").read_text()


def test_old_reports_go_and_are_said_to_and_what_is_not_surely_ours_stays(
    at: NoticeHouse, folder: Path, tmp_path: Path
) -> None:
    at.hold("a")
    publish(at.house, folder)
    (folder / DAY / ".whole.html.part").touch()  # died while it wrote
    foreign = tmp_path / "elsewhere"
    foreign.mkdir()
    (foreign / "whole.csv").touch()
    for _ in ("2026-03-02", "2026-03-03"):
        at.later(days=1)
        assert publish(at.house, folder).old == Removed()
    (folder / "2026-03-02" / "notes.txt").write_text("mine")
    (folder / "2026-03-03" / "whole.csv").unlink()
    (folder / "2026-03-03" / "whole.csv").symlink_to(foreign / "whole.csv")
    (folder / "2025-01-01").mkdir()
    (folder / "2025-01-02").symlink_to(foreign)
    (folder / "2025-01-03").touch()
    (folder / "archive").mkdir()
    at.later(days=88)
    assert publish(at.house, folder).old.days == (), "a report of 90 days ago stays"
    at.later(days=3)
    done = publish(at.house, folder)
    assert done.old.days == (DAY,)
    assert done.sentence.endswith(
        f" 1 older one deleted: {DAY}. 5 older ones left: 2025-01-01 (not published from this store), 2025-01-02 "
        "(no folder of ours), 2025-01-03 (no folder of ours), 2026-03-02 (something else stands in it), 2026-03-03 "
        "(something else stands in it)."
    )
    assert done.document()["deleted"] == [DAY]
    assert (folder / "2026-03-02" / "whole.html").is_file(), "left whole"
    assert (foreign / "whole.csv").is_file()
    kept = {"archive", "2025-01-01", "2025-01-02", "2025-01-03", "2026-03-02", "2026-03-03", "2026-05-30", "2026-06-02"}
    assert {place.name for place in folder.iterdir()} == kept
    assert publish(at.house, folder).old.days == ()
    (event,) = at.events("removed")
    assert (event.subject, event.old) == ("report:whole", {"day": DAY})
    assert "Since the last report" in (folder / done.day.isoformat() / "whole.html").read_text()


def test_how_long_reports_are_kept_is_a_setting(at: NoticeHouse, folder: Path) -> None:
    publish(at.house, folder)
    at.house = replace(at.house, settings=at.house.settings.model_copy(update={"report_days": 1}))
    at.later(days=1)
    assert publish(at.house, folder).old.days == ()
    at.later(days=1)
    assert publish(at.house, folder).old.days == (DAY,)
    assert publish(at.house, folder).folder.is_dir()


@pytest.mark.parametrize(
    "person", ["../../etc/passwd", "ada@example.com", "..", "whole", "a/b", "=1+1", "x" * 254, "Ünal", "CON\r\nx"]
)
def test_a_name_from_the_crm_is_a_safe_file_name_of_its_own(person: str) -> None:
    name = file_name(person)
    assert name.replace("-", "").replace("_", "").isalnum()
    assert name.isascii()
    assert name not in {"whole", ""}
    assert len(name) < 80
    assert file_name(f"{person}!") != name


def test_an_id_of_the_pack_is_its_own_file_name() -> None:
    assert file_name("cara_losch") == "cara_losch"


@pytest.mark.parametrize(
    ("named", "entries"),
    [(OWNER, 2), ("kwame.mensah@example.com", 2), ("Kwame Mensah", 2), (f" {OWNER} ", 2), (BACKUP, 0)],
)
def test_an_owner_is_named_by_id_mail_or_name(at: NoticeHouse, named: str, entries: int) -> None:
    at.hold("a", "b")
    assert len(compose(at.house, named, drawn=False).entries) == entries


@pytest.mark.parametrize("named", ["nobody", " ", "", "Kwame", "' OR 1=1 --"])
def test_an_owner_whom_nobody_knows_is_refused(at: NoticeHouse, named: str) -> None:
    at.hold("a")
    with pytest.raises(UsageError, match="Nobody owns an entry as"):
        compose(at.house, named)


def test_whom_only_the_crm_names_has_a_report_too(at: NoticeHouse, folder: Path) -> None:
    at.hold("a")
    mail = "rita.rep@example.org"
    with at.house.store.write() as tx:
        tx.exec_driver_sql("UPDATE entry SET person=?, owner_name='Rita Rep', owner_email=?", (mail, mail))
    publish(at.house, folder)
    assert (folder / DAY / f"{file_name(mail)}.html").is_file()
    assert compose(at.house, "Rita Rep", drawn=False).owner == "Rita Rep"
    assert told(at)[0][0] == mail


def test_two_of_one_name_are_told_apart_by_mail(at: NoticeHouse) -> None:
    at.hold("a", "b")
    with at.house.store.write() as tx:
        for number, mail in ((1, "one@example.org"), (2, "two@example.org")):
            named = "UPDATE entry SET person=?, owner_name='Jo', owner_email=? WHERE id=?"
            tx.exec_driver_sql(named, (mail, mail, number))
    with pytest.raises(UsageError, match="Several people own entries as 'Jo'"):
        compose(at.house, "Jo")
    assert len(compose(at.house, "one@example.org", drawn=False).entries) == 1


def test_a_report_is_of_the_moment_it_is_made(at: NoticeHouse) -> None:
    at.hold("a")
    at.later(days=30)
    made = compose(at.house, drawn=False)
    assert made.made == at.ticking.at
    assert made.entries[0].due < made.made - timedelta(days=1)
