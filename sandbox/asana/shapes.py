"""Which fields a body may hold, and of what type; anything else is refused before anything happens."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from sandbox.asana.errors import AsanaError

Check = Callable[[str, Any], Any]
Shape = Mapping[str, Check]
Body = dict[str, Any]


def checked(body: Body, shape: Shape, read_only: frozenset[str] = frozenset()) -> Body:
    """The body's fields, each of its type. Raises AsanaError for an unknown, read-only or mistyped one."""
    for name in body:
        if name in read_only:
            raise AsanaError(400, f"{name}: Cannot write this property")
        if name not in shape:
            raise AsanaError(400, f"{name}: Unrecognized field")
    return {name: shape[name](name, value) for name, value in body.items()}


def text(name: str, value: Any) -> str:
    """A string."""
    if not isinstance(value, str):
        raise AsanaError(400, f"{name}: Not a string: {value}")
    return value


def flag(name: str, value: Any) -> bool:
    """True or false, no word for them."""
    if not isinstance(value, bool):
        raise AsanaError(400, f"{name}: Not a boolean: {value}")
    return value


def day(name: str, value: Any) -> str | None:
    """`YYYY-MM-DD`, or null."""
    if value is None:
        return None
    try:
        read = date.fromisoformat(value).isoformat()
    except (TypeError, ValueError):
        read = None
    if read is None or read != value:  # Python reads 20260131 and 2026-W05 too
        raise AsanaError(400, f"{name}: Not a valid date: {value}")
    return read


def moment(name: str, value: Any) -> str | None:
    """An ISO 8601 date and time with its zone, or null."""
    if value is None:
        return None
    try:
        zone = datetime.fromisoformat(value).tzinfo
    except (TypeError, ValueError):
        zone = None
    if zone is None:
        raise AsanaError(400, f"{name}: Not a valid date-time: {value}")
    return str(value)


def gid(name: str, value: Any) -> str:
    """A gid, as a string of digits; numbers are refused as of the string-id migration."""
    if not isinstance(value, str):
        raise AsanaError(400, f"{name}: Not a string: {value}")
    return value


def person(name: str, value: Any) -> str | None:
    """`me`, a gid or an e-mail address, or null."""
    return None if value is None else gid(name, value)


def one_of(*choices: str) -> Check:
    """One of these words."""

    def choose(name: str, value: Any) -> str:
        if value not in choices:
            raise AsanaError(400, f"{name}: Must be one of {', '.join(choices)}: {value}")
        return str(value)

    return choose


def mapping(name: str, value: Any) -> Body:
    """A JSON object."""
    if not isinstance(value, dict):
        raise AsanaError(400, f"{name}: Not an object: {value}")
    return value


def listing(of: Check) -> Check:
    """A list of such values."""

    def members(name: str, value: Any) -> list[Any]:
        if not isinstance(value, list):
            raise AsanaError(400, f"{name}: Not an array: {value}")
        return [of(f"{name}[{at}]", inner) for at, inner in enumerate(value)]

    return members


def people(name: str, value: Any) -> list[str]:
    """`me`, gids or e-mail addresses: a list, or a string of them with commas."""
    if isinstance(value, str):
        return [one.strip() for one in value.split(",") if one.strip()]
    found: list[str] = listing(gid)(name, value)
    return found


def shaped(shape: Shape) -> Check:
    """An object with these fields."""

    def inner(name: str, value: Any) -> Body:
        return checked(mapping(name, value), {f: _under(name, c) for f, c in shape.items()})

    return inner


def _under(parent: str, check: Check) -> Check:
    return lambda name, value: check(f"{parent}.{name}", value)


def external(name: str, value: Any) -> Body:
    """`{gid, data}`: at most 1,024 and 32,768 characters (developers.asana.com/docs/custom-external-data)."""
    given = shaped({"gid": text, "data": text})(name, value)
    for field, most in (("gid", 1024), ("data", 32_768)):
        if len(given.get(field, "")) > most:
            raise AsanaError(400, f"{name}.{field}: Must be at most {most} characters")
    return {"gid": given.get("gid"), "data": given.get("data")}


def check_dates(given: Body, *, same_day: bool) -> None:
    """Refuse a start without a due date in the same request, one after it, and due_on beside due_at.

    `same_day`: whether both may be the same date; a project's may not (API reference, projects, start_on).
    """
    if given.get("due_on") and given.get("due_at"):
        raise AsanaError(400, "You may only provide one of due_on or due_at")
    start = given.get("start_on") or given.get("start_at")
    due = given.get("due_on") or given.get("due_at") or given.get("due_date")
    if given.get("start_on") and given.get("start_at"):
        raise AsanaError(400, "You may only provide one of start_on or start_at")
    if ("start_on" in given or "start_at" in given) and not ({"due_on", "due_at", "due_date"} & given.keys()):
        raise AsanaError(400, "start_on: You must include a due date in the request when setting a start date")
    if start and not due:
        raise AsanaError(400, "start_on: You cannot set a start date without a due date")
    if start and due and (start[:10] > due[:10] or (start[:10] == due[:10] and not same_day)):
        raise AsanaError(400, "start_on: The start date must be before the due date")
