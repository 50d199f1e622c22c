"""SOQL from validated names and quoted values only; no value ever reaches a query as it is."""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal
from urllib.parse import quote_plus

from simple_salesforce.format import format_soql

from connectors.ports import SourceQuery
from handoff.core.errors import UsageError

IDS_A_QUERY = 200
LONGEST_QUERY = 14_000
"""Bytes of an encoded query: URI and headers together may have 16,384 (services.md 49)."""
ALWAYS = ("Id", "SystemModstamp", "IsDeleted")
"""Read of every deal, whatever the pack maps: they order the pages and show what was deleted."""

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_PATH = re.compile(r"[A-Za-z][A-Za-z0-9_]*(\.[A-Za-z][A-Za-z0-9_]*){0,5}")
_ID = re.compile(r"[a-zA-Z0-9]{15,18}")


def name(text: str) -> str:
    """An object or relationship name; raises UsageError for anything else."""
    return _checked(_NAME, text, "name of a Salesforce object")


def path(text: str) -> str:
    """A field, perhaps of a parent up to five levels up; raises UsageError for anything else."""
    return _checked(_PATH, text, "Salesforce field")


def is_id(text: object) -> bool:
    """Whether this can be a Salesforce id (15 or 18 letters and digits)."""
    return isinstance(text, str) and _ID.fullmatch(text) is not None


def deals(query: SourceQuery, since: datetime | None, resume: datetime | None = None, *, won: bool = False) -> str:
    """All deals changed since; without a watermark, or `won`, those that meet `won_only`. `resume`: a page was lost."""
    conditions = _equalities(query.won_only) if won or since is None else []
    first = max((moment for moment in (since, resume) if moment), default=None)
    if first is not None:
        conditions.append(_since(first))
    return _select(query, conditions)


def won(query: SourceQuery, what: Literal["COUNT()", "Id"], since: datetime | None, before: datetime | None) -> str:
    """How many deals meet `won_only`, or which, changed in whole seconds from `since` on and up to `before`."""
    conditions = _equalities(query.won_only)
    if since is not None:
        conditions.append(_since(since))
    if before is not None:
        conditions.append(_stamped("<", before))
    return _join("SELECT", what, "FROM", name(query.object), _where(conditions))


def deals_by_id(query: SourceQuery, ids: Iterable[str]) -> list[str]:
    """Queries for these deals, each short enough for a URL."""
    return [_select(query, [_within("Id", some)]) for some in _chunks(list(ids), _select(query, []))]


def changed(object: str, fields: Iterable[str], since: datetime) -> str:
    """Which rows of an object changed; `fields` say what to tell of each."""
    return _join("SELECT", ", ".join(path(field) for field in fields), "FROM", name(object), "WHERE", _since(since))


def pointing(query: SourceQuery, field: str, ids: Iterable[str]) -> list[str]:
    """Queries for the deals that point at these ids; narrowed to won ones, since no other has a handoff to change."""
    head = _join("SELECT Id FROM", name(query.object))
    won = _equalities(query.won_only)
    return [_join(head, _where([_within(path(field), some), *won])) for some in _chunks(list(ids), head)]


def meets(wanted: Mapping[str, Any], snapshot: Mapping[str, Any]) -> bool:
    """Whether SOQL would find these equalities met: one of a list, and text without regard to case."""
    return all(_is(_reach(snapshot, where), value) for where, value in wanted.items())


def _is(found: Any, wanted: Any) -> bool:
    if isinstance(wanted, list | tuple | set | frozenset):
        return any(_is(found, one) for one in wanted)
    if isinstance(found, str) and isinstance(wanted, str):
        return found.lower() == wanted.lower()
    return bool(found == wanted)


def _reach(snapshot: Mapping[str, Any], where: str) -> Any:
    value: Any = snapshot
    for step in where.split("."):
        value = value.get(step) if isinstance(value, Mapping) else None
    return value


def _select(query: SourceQuery, conditions: list[str]) -> str:
    fields = list(dict.fromkeys((*ALWAYS, *query.fields)))
    parts = [path(field) for field in fields]
    if query.lines_relationship:
        lines = ", ".join(path(field) for field in dict.fromkeys(("Id", *query.line_fields)))
        parts.append(_join("(SELECT", lines, "FROM", name(query.lines_relationship), "ORDER BY Id") + ")")
    order = "ORDER BY SystemModstamp, Id"
    return _join("SELECT", ", ".join(parts), "FROM", name(query.object), _where(conditions), order)


def _where(conditions: list[str]) -> str:
    return _join("WHERE", " AND ".join(conditions)) if conditions else ""


def _equalities(wanted: Mapping[str, Any]) -> list[str]:
    return [_equal(path(field), value) for field, value in wanted.items()]


def _equal(field: str, value: Any) -> str:
    if isinstance(value, list | tuple | set | frozenset):
        return _within(field, value)
    if isinstance(value, Decimal):  # format_soql quotes no Decimal; its plain digits need none
        return _join(field, "=", format(value, "f"))
    return format_soql("{field:literal} = {value}", field=field, value=value)


def _within(field: str, values: Iterable[Any]) -> str:
    return format_soql("{field:literal} IN {values}", field=field, values=list(values))


def _since(moment: datetime) -> str:
    return _stamped(">=", moment)


def _stamped(sign: str, moment: datetime) -> str:
    """Salesforce compares whole seconds; format_soql cuts them off, so nothing of that second is missed."""
    if moment.tzinfo is None:
        raise ValueError("a moment without a zone cannot be compared with SystemModstamp")
    return format_soql("SystemModstamp {sign:literal} {moment}", sign=sign, moment=moment)


def _chunks(ids: list[str], rest: str) -> list[list[str]]:
    room = max(0, LONGEST_QUERY - len(quote_plus(rest)))
    size = max(1, min(IDS_A_QUERY, room // len(quote_plus("'001000000000000AAA',"))))
    return [ids[at : at + size] for at in range(0, len(ids), size)]


def _checked(pattern: re.Pattern[str], text: str, what: str) -> str:
    if not pattern.fullmatch(text):
        raise UsageError(f"fields.yaml names {text[:80]!r}, which cannot be a {what}. Use its API name.")
    return text


def _join(*parts: str) -> str:
    return " ".join(part for part in parts if part)
