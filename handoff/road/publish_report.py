"""Publish the exception report: the whole and one per owner as files of a day, with one notice to each owner.

Reports that are older than HANDOFF_REPORT_DAYS leave then.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from handoff.core.errors import UsageError
from handoff.core.keys import digest
from handoff.core.notice import NoticeState
from handoff.report import report_csv
from handoff.report.causes import totals
from handoff.report.exception_report import ExceptionReport
from handoff.report.journeys import billing_zone
from handoff.report.pages import write
from handoff.report.wording import counted, money
from handoff.road.exception_report import compose
from handoff.road.house import House
from handoff.road.old_reports import Removed, remove
from handoff.store import entries, messages, published
from handoff.store.events import Author

KIND = "report_published"
FOLDER = "reports"
"""Below HANDOFF_HOME, unless another folder is named."""
WHOLE = "whole"
_NAMED = 5
"""Old reports that the sentence names; --json names all."""
_NOT_IN_A_NAME = re.compile(r"[^A-Za-z0-9_-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """What was written: the day's folder, and how many owners have a report of their own; and what became of `old`."""

    folder: Path
    day: date
    entries: int
    owners: int
    told: int
    old: Removed

    @property
    def exit_code(self) -> int:
        """A report that is not written is an error, so that what is here was done."""
        return 0

    @property
    def sentence(self) -> str:
        """For people and for Prefect: numbers and days, and nobody's name."""
        said = (
            f"The report of {self.day} is written: {counted(self.entries, 'open entry', 'open entries')}, "
            f"{counted(self.owners, 'owner')}, {counted(self.told, 'notice')} new."
        )
        return said + _named("deleted", self.old.days) + _named("left", self.old.stays)

    def document(self) -> dict[str, object]:
        """For programs."""
        known = {"folder": str(self.folder), "day": self.day.isoformat(), "open": self.entries, "owners": self.owners}
        return {**known, "notices": self.told, "deleted": [*self.old.days], "left": [*self.old.stays]}


def _named(what: str, old: Sequence[str]) -> str:
    more = f" and {len(old) - _NAMED:,} more" if len(old) > _NAMED else ""
    return f" {counted(len(old), 'older one')} {what}: {', '.join(old[:_NAMED])}{more}." if old else ""


def publish(house: House, folder: Path | str | None = None) -> Published:
    """Write the files of today below a folder, then note it and tell the owners, each at most once a day.

    Today is a day of the billing zone. Each file is put in place in one step. Raises UsageError when one cannot be
    written; then nobody is told anything.
    """
    day = house.clock.now().astimezone(ZoneInfo(billing_zone(house.pack))).date()
    place = _folder(Path(folder) if folder else house.settings.home / FOLDER, day)
    with house.store.read() as tx:
        owners = messages.owners_of_open(tx)
    whole = compose(house, day=day)
    _write(place, WHOLE, whole)
    own: list[tuple[str, str, ExceptionReport]] = []
    for person in sorted(owners):
        report = compose(house, person, day=day)
        name = file_name(person)
        _write(place, name, report)
        own.append((person, name, report))
    told = _told(house, day, whole, own)
    old = _remove_old(house, place.parent, day)
    return Published(folder=place, day=day, entries=len(whole.entries), owners=len(own), told=told, old=old)


def file_name(person: str) -> str:
    """The name of somebody's file, without its ending: their id, or what is safe of an e-mail, made unlike others."""
    safe = _NOT_IN_A_NAME.sub("-", person).strip("-")[:60]
    return safe if safe == person and safe != WHOLE else f"{safe}-{digest(person)[:8]}".lstrip("-")


def _folder(above: Path, day: date) -> Path:
    place = above / day.isoformat()
    try:
        place.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise UsageError(f"{place} cannot be made: {error.strerror}. Name a folder that you may write to.") from None
    return place


def _write(place: Path, name: str, report: ExceptionReport) -> None:
    write(place / f"{name}.html", report.page())
    write(place / f"{name}.csv", report_csv.written(report_csv.table(report.entries, report.made)))


def _told(house: House, day: date, whole: ExceptionReport, own: Sequence[tuple[str, str, ExceptionReport]]) -> int:
    """Note all reports in the audit, and put the owners' notices out; how many of these are new."""
    now = house.clock.now()
    author = Author(actor=house.actor, at=now)
    rows = [
        {
            "dedupe_key": f"{KIND}:{day}:{digest(person)[:24]}",
            "kind": KIND,
            "entry_id": None,
            "about": _about(report, day, name),
            "person": person,
            "state": NoticeState.PENDING,
            "created_at": now,
        }
        for person, name, report in own
    ]
    with house.store.write() as tx:
        messages.alone(tx)  # of two who publish at once, the second finds the notices of the first
        published.publish(tx, author, None, day, len(whole.entries))
        for person, _, report in own:
            published.publish(tx, author, person, day, len(report.entries))
        return entries.notify(tx, rows)


def _remove_old(house: House, above: Path, day: date) -> Removed:
    before = day - timedelta(days=house.settings.report_days)
    with house.store.read() as tx:
        ours = published.days(tx)
    old = remove(above, before.isoformat(), ours)
    with house.store.write() as tx:
        published.removed(tx, Author(actor=house.actor, at=house.clock.now()), old.days)
    return old


def _about(report: ExceptionReport, day: date, name: str) -> str:
    """How much there is and where it stands; nothing of a deal."""
    late = sum(entry.due < report.made for entry in report.entries)
    amounts = money(totals([entry.held_deal() for entry in report.entries]))
    return (
        f"Your report of {day}: {counted(len(report.entries), 'open entry', 'open entries')}, {amounts}, "
        f"{late:,} past due. Its file: {day}/{name}.html"
    )
