"""owners.yaml: who is accountable. Resolution lives in `handoff.core.ownership`."""

from datetime import date

from pydantic import Field

from handoff.core.entry import EntryKind
from handoff.core.pack.part import PackPart


class Holidays(PackPart):
    """Public holidays of a country (ISO 3166-1, two letters) and of one of its subdivisions (ISO 3166-2 without it)."""

    country: str
    """Two letters, such as DE."""
    subdivision: str | None = None
    """The part of the country, such as BE for Berlin."""


class WorkingTime(PackPart):
    """A calendar: when people work. `hours`: a day or range of days (`mon-fri`, `sat`) -> periods (`09:00-12:30`)."""

    zone: str
    """The time zone of the hours, such as Europe/Berlin."""
    hours: dict[str, tuple[str, ...]]
    """Day or range of days -> periods of work; a day that is not named is free."""
    holidays: Holidays | None = None
    """Whose public holidays are free."""
    closed: tuple[date, ...] = ()
    """Further days on which nobody works."""


class Absence(PackPart):
    """A dated absence, both days included."""

    first: date = Field(alias="from")
    """The first day away."""
    last: date = Field(alias="until")
    """The last day away."""
    why: str | None = None
    """A word on the reason, for the audit."""


class Person(PackPart):
    """One human being; never a group address."""

    name: str
    """The name that others read."""
    email: str
    """Their own address, to which messages go."""
    absent: tuple[Absence, ...] = ()
    """When they are away; their backup answers then."""
    calendar: str | None = None
    """The calendar they work by; without one that of the role, then the company's."""
    left: date | None = None
    """The first day on which they are not with the company any more."""


class LookUp(PackPart):
    """A person found through a deal field: by `people` (value of the field -> person), else, with an `email_field`,
    whoever the CRM names there."""

    field: str
    """The deal field that says who it is."""
    people: dict[str, str] = {}
    """Value of the field -> person (key under `people`)."""
    email_field: str | None = None
    """The deal field with the address of whoever the CRM names."""
    fallback: str
    """The person (key under `people`) who is accountable when the field is empty or names nobody we know."""


class Rota(PackPart):
    """Who answers on Saturdays and Sundays, in `hours`: they take turns, the first on the weekend of `since`."""

    people: tuple[str, ...] = Field(min_length=1)
    """Who takes turns, in this order (keys under `people`)."""
    since: date
    """A day of the weekend on which the first of them has the turn."""
    hours: tuple[str, ...] = Field(min_length=1)
    """The periods of work on both days, such as `10:00-14:00`."""


class Role(PackPart):
    """Exactly one of `person` and `look_up`; `backup` is another role."""

    title: str
    """What the role is called where people read it."""
    person: str | None = None
    """Who holds the role (key under `people`)."""
    look_up: LookUp | None = None
    """How the holder is found from the deal, in place of `person`."""
    backup: str | None = None
    """The role that answers when the holder is away or has not answered in time."""
    calendar: str | None = None
    """The calendar of a holder who names none."""
    weekend: Rota | None = None
    """Who answers on Saturdays and Sundays instead."""


class Waivable(PackPart):
    """Which roles may waive a rule for one deal, and for how many days at most."""

    roles: tuple[str, ...] = Field(min_length=1)
    """The roles that may waive the rule."""
    days: int = Field(default=30, gt=0, le=366)
    """For how many days at most."""


class Accountable(PackPart):
    """Who answers for a rule or failure, and within how many hours of their calendar.

    `escalate_within_hours` is what the backup has after that (default: as long as the owner had). `reviewers` are roles
    that may comment and not decide. `customer_note` is a text for the customer, drafted for the owner, never sent.
    """

    role: str
    """The role that answers."""
    respond_within_hours: int = Field(default=24, gt=0, le=24 * 60)
    """Hours of work within which the owner answers."""
    escalate_within_hours: int | None = Field(default=None, gt=0, le=24 * 60)
    """Hours of work that the backup has after that; without it as many as the owner had."""
    kind: EntryKind = EntryKind.CORRECTION
    """What is asked of the owner: data to put right, a yes or no, or a judgement where no rule fits."""
    reviewers: tuple[str, ...] = ()
    """Roles that may comment and not decide."""
    waive: Waivable | None = None
    """Who may waive the rule for one deal; without it nobody may. Rules only."""
    customer_note: str | None = None
    """A text for the customer, drafted for the owner and never sent; deal fields in braces."""
    fix: str | None = None
    """One sentence: where and how it is fixed."""


class Owners(PackPart):
    """owners.yaml as a whole."""

    tie_breaker: str
    """The person (key under `people`) who answers when nobody else is there."""
    calendars: dict[str, WorkingTime] = {}
    """Name of the calendar -> when people work."""
    calendar: str | None = None
    """The calendar of whoever names none; without one the clock runs round the clock, in UTC."""
    viewers: tuple[str, ...] = ()
    """Roles that may read every entry on the page, and by that decide nothing."""
    people: dict[str, Person]
    """Key by which this file names a person -> the person."""
    roles: dict[str, Role]
    """Name of the role, by which all other files name it -> who holds it."""
    rules: dict[str, Accountable]
    """Rule -> who answers for it; one entry for each rule in use."""
    failures: dict[str, Accountable]
    """Failure -> who answers for it."""

    @property
    def titles(self) -> dict[str, str]:
        """Role -> what people call it."""
        return {"tie_breaker": "Tie-breaker", **{name: role.title for name, role in self.roles.items()}}
