"""owners.yaml: who is accountable. Resolution lives in `handoff.core.ownership`."""

from datetime import date

from pydantic import Field

from handoff.core.entry import EntryKind
from handoff.core.pack.part import PackPart


class Holidays(PackPart):
    """Public holidays of a country (ISO 3166-1, two letters) and of one of its subdivisions (ISO 3166-2 without it)."""

    country: str
    subdivision: str | None = None


class WorkingTime(PackPart):
    """A calendar: when people work. `hours`: a day or range of days (`mon-fri`, `sat`) -> periods (`09:00-12:30`)."""

    zone: str
    hours: dict[str, tuple[str, ...]]
    holidays: Holidays | None = None
    closed: tuple[date, ...] = ()


class Absence(PackPart):
    """A dated absence, both days included."""

    first: date = Field(alias="from")
    last: date = Field(alias="until")
    why: str | None = None


class Person(PackPart):
    """One human being; never a group address."""

    name: str
    email: str
    absent: tuple[Absence, ...] = ()
    calendar: str | None = None
    left: date | None = None
    """The first day on which they are not with the company any more."""


class LookUp(PackPart):
    """A person found through a deal field: by `people` (value of the field -> person), else, with an `email_field`,
    whoever the CRM names there."""

    field: str
    people: dict[str, str] = {}
    email_field: str | None = None
    fallback: str
    """The person (key under `people`) who is accountable when the field is empty or names nobody we know."""


class Rota(PackPart):
    """Who answers on Saturdays and Sundays, in `hours`: they take turns, the first on the weekend of `since`."""

    people: tuple[str, ...] = Field(min_length=1)
    since: date
    hours: tuple[str, ...] = Field(min_length=1)


class Role(PackPart):
    """Exactly one of `person` and `look_up`; `backup` is another role."""

    title: str
    person: str | None = None
    look_up: LookUp | None = None
    backup: str | None = None
    calendar: str | None = None
    weekend: Rota | None = None


class Waivable(PackPart):
    """Which roles may waive a rule for one deal, and for how many days at most."""

    roles: tuple[str, ...] = Field(min_length=1)
    days: int = Field(default=30, gt=0, le=366)


class Accountable(PackPart):
    """Who answers for a rule or failure, and within how many hours of their calendar.

    `escalate_within_hours` is what the backup has after that (default: as long as the owner had). `reviewers` are roles
    that may comment and not decide. `customer_note` is a text for the customer, drafted for the owner, never sent.
    """

    role: str
    respond_within_hours: int = Field(default=24, gt=0, le=24 * 60)
    escalate_within_hours: int | None = Field(default=None, gt=0, le=24 * 60)
    kind: EntryKind = EntryKind.CORRECTION
    reviewers: tuple[str, ...] = ()
    waive: Waivable | None = None
    customer_note: str | None = None
    fix: str | None = None
    """One sentence: where and how it is fixed."""


class Owners(PackPart):
    """owners.yaml as a whole."""

    tie_breaker: str
    calendars: dict[str, WorkingTime] = {}
    calendar: str | None = None
    """The calendar of whoever names none; without one the clock runs round the clock, in UTC."""
    viewers: tuple[str, ...] = ()
    """Roles that may read every entry on the page, and by that decide nothing."""
    people: dict[str, Person]
    roles: dict[str, Role]
    rules: dict[str, Accountable]
    failures: dict[str, Accountable]
