"""owners.yaml: calendars that can be read, in zones and countries that exist, with hours in which somebody works."""

from collections.abc import Iterable

from handoff.core.pack import Owners, Rota, WorkingTime
from handoff.core.working_hours import (
    DAYS,
    Period,
    days_of,
    holiday_countries,
    overlapping,
    period_of,
    period_text,
    zone_of,
)
from mappings.pack_problems.draft import Draft, one_of
from mappings.pack_problems.people import check_person
from mappings.pack_yaml import Path

PART = "owners"


def check(draft: Draft, owners: Owners) -> None:
    for name, working in owners.calendars.items():
        _check_calendar(draft, ("calendars", name), name, working)
    named: list[tuple[Path, str | None]] = [(("calendar",), owners.calendar)]
    named += [(("people", key, "calendar"), person.calendar) for key, person in owners.people.items()]
    named += [(("roles", key, "calendar"), role.calendar) for key, role in owners.roles.items()]
    for path, calendar in named:
        if calendar is not None and calendar not in owners.calendars:
            right = one_of(calendar, owners.calendars, "the calendars")
            draft.say(PART, path, f"no calendar is named {calendar!r}", right)
    for key, role in owners.roles.items():
        if role.weekend:
            _check_rota(draft, owners, ("roles", key, "weekend"), role.weekend)


def _check_calendar(draft: Draft, path: Path, name: str, working: WorkingTime) -> None:
    try:
        zone_of(working.zone)
    except ValueError as error:
        _say(draft, (*path, "zone"), error)
    week: dict[int, list[Period]] = {}
    readable = True
    for key, written in working.hours.items():
        where: Path = (*path, "hours", key)
        try:
            days = days_of(key)
        except ValueError as error:
            _say(draft, where, error)
            readable = False
            continue
        periods = _periods(draft, where, written)
        readable = readable and len(periods) == len(written)
        for day in days:
            week[day] = week.get(day, []) + periods
            _check_overlap(draft, where, day, week[day])
    if readable and not any(week.values()):
        wrong = f"the calendar {name} has no working hour, so its clock would never run"
        draft.say(PART, (*path, "hours"), wrong, 'Add hours, such as `mon-fri: ["09:00-17:00"]`')
    if working.holidays:
        _check_country(draft, (*path, "holidays"), working.holidays.country, working.holidays.subdivision)


def _periods(draft: Draft, path: Path, written: Iterable[str]) -> list[Period]:
    found = []
    for n, text in enumerate(written):
        try:
            found.append(period_of(text))
        except ValueError as error:
            _say(draft, (*path, n), error)
    return found


def _check_overlap(draft: Draft, path: Path, day: int, periods: list[Period]) -> None:
    both = overlapping(periods)
    if both:
        one, two = (period_text(period) for period in both)
        wrong = f"on {DAYS[day]}, {one} and {two} share time"
        draft.say(PART, path, wrong, "Let one end where the other begins, or name the day once")


def _check_country(draft: Draft, path: Path, country: str, subdivision: str | None) -> None:
    known = holiday_countries()
    if country not in known:
        like = one_of(country, known, "the countries whose holidays we know, by their two letters")
        right = f"Write {country.upper()}" if country.upper() in known else like
        draft.say(PART, (*path, "country"), f"no public holidays are known for the country {country!r}", right)
    elif subdivision is not None and subdivision not in known[country]:
        right = one_of(subdivision, known[country], f"the subdivisions of {country}")
        draft.say(PART, (*path, "subdivision"), f"{country} has no subdivision {subdivision!r}", right)


def _check_rota(draft: Draft, owners: Owners, path: Path, rota: Rota) -> None:
    for n, person in enumerate(rota.people):
        check_person(draft, owners, (*path, "people", n), person)
    _check_overlap(draft, (*path, "hours"), 5, _periods(draft, (*path, "hours"), rota.hours))


def _say(draft: Draft, path: Path, error: ValueError) -> None:
    """An error of `working_hours`: what is wrong, a colon, what would be right."""
    wrong, _, right = str(error).rpartition(": ")
    draft.say(PART, path, wrong, right[:1].upper() + right[1:])
