"""owners.yaml: who is accountable. Resolution lives in `handoff.core.ownership`."""

from datetime import date

from pydantic import Field

from handoff.core.pack.part import PackPart


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


class LookUp(PackPart):
    """A person found through a deal field: by `people` (value of the field -> person), else, with an `email_field`,
    whoever the CRM names there."""

    field: str
    people: dict[str, str] = {}
    email_field: str | None = None
    fallback: str
    """The person (key under `people`) who is accountable when the field is empty or names nobody we know."""


class Role(PackPart):
    """Exactly one of `person` and `look_up`; `backup` is another role."""

    title: str
    person: str | None = None
    look_up: LookUp | None = None
    backup: str | None = None


class Accountable(PackPart):
    """Who answers for a rule or failure, and within how many hours."""

    role: str
    respond_within_hours: int = Field(default=24, gt=0, le=24 * 60)
    fix: str | None = None
    """One sentence: where and how it is fixed."""


class Owners(PackPart):
    """owners.yaml as a whole."""

    tie_breaker: str
    people: dict[str, Person]
    roles: dict[str, Role]
    rules: dict[str, Accountable]
    failures: dict[str, Accountable]
