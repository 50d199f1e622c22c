"""What a parsed query is made of."""

from dataclasses import dataclass, field


@dataclass(slots=True, kw_only=True)
class Path:
    """`Account.Owner.Name` as written, and where."""

    parts: tuple[str, ...]
    at: int


@dataclass(slots=True, kw_only=True)
class Literal:
    """A value: string, number, date, datetime, boolean or null. `pattern` keeps LIKE's escapes."""

    kind: str
    value: str
    at: int
    pattern: str = ""


@dataclass(slots=True, kw_only=True)
class Compare:
    """`path sign literal`; sign is one of = != < <= > >= like."""

    path: Path
    sign: str
    literal: Literal


@dataclass(slots=True, kw_only=True)
class Within:
    """`path [NOT] IN (...)`, a list or a semi-join."""

    path: Path
    negated: bool
    choices: "list[Literal] | Query"


@dataclass(slots=True, kw_only=True)
class Joined:
    """Conditions under one connective: `and`, `or`, or `not` with a single part."""

    connective: str
    parts: "list[Condition]"


Condition = Compare | Within | Joined


@dataclass(slots=True, kw_only=True)
class Sort:
    """One key of ORDER BY."""

    path: Path
    descending: bool
    nulls_last: bool


@dataclass(slots=True, kw_only=True)
class Query:
    """A whole SELECT."""

    entity: str
    entity_at: int
    fields: "list[Path | Query]" = field(default_factory=list)
    count: bool = False
    where: Condition | None = None
    sorts: list[Sort] = field(default_factory=list)
    limit: int | None = None
    offset: int = 0
