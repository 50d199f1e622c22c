"""Compiles fields and conditions of a parsed query to closures over a row."""

import re
from collections.abc import Callable
from datetime import date, datetime
from operator import eq, ge, gt, itemgetter, le, lt, ne
from typing import Any

from sandbox.salesforce.errors import NAMES_HINT, ApiError, no_such_column
from sandbox.salesforce.fields import IDS, NUMBERS, TEXT, Field, stamp_text
from sandbox.salesforce.ids import as_18
from sandbox.salesforce.org import Org, Row
from sandbox.salesforce.schema import ObjectType
from sandbox.salesforce.soql import Compare, Condition, Literal, Path, Query, Within
from sandbox.salesforce.soql_tokens import complaint

Getter = Callable[[Row], Any]
Test = Callable[[Row], bool]

_SECONDS = len("2026-11-02T00:00:00")
_SIGNS: dict[str, Callable[[Any, Any], bool]] = {"=": eq, "!=": ne, "<": lt, "<=": le, ">": gt, ">=": ge}


class Scope:
    """Where names are looked up: the org, the object of the FROM, and the statement for error messages."""

    def __init__(self, org: Org, kind: ObjectType, text: str, select: Callable[[Query], set[Any]]) -> None:
        self.org = org
        self.kind = kind
        self.text = text
        self.select = select
        """Runs a semi-join's sub-select: the set of values of its one field."""

    def fail(self, at: int, message: str, code: str = "INVALID_FIELD") -> ApiError:
        """An error that shows where in the statement."""
        return ApiError(400, code, complaint(self.text, at, message))

    def walk(self, path: Path) -> tuple[list[tuple[Field, ObjectType]], Field]:
        """The references to follow, each with the parent's object, and the field at the end. Raises ApiError."""
        parts = list(path.parts)
        if len(parts) > 1 and parts[0].lower() == self.kind.name.lower() and parts[0].lower() not in self.kind.parents:
            parts = parts[1:]
        *relationships, last = parts
        here, steps = self.kind, []
        for name in relationships:
            reference = here.parents.get(name.lower())
            if reference is None or reference.reference_to not in self.org.schema:
                raise self.fail(
                    path.at,
                    f"Didn't understand relationship '{name}' in field path. If you are attempting to use a custom "
                    "relationship, be sure to append the '__r' after the custom relationship name. " + NAMES_HINT,
                )
            here = self.org.schema[reference.reference_to]
            steps.append((reference, here))
        found = here.by_lower.get(last.lower())
        if found is None:
            raise self.fail(path.at, no_such_column(last, here.name).message)
        return steps, found

    def getter(self, path: Path) -> tuple[Getter, Field]:
        """How to read the path's value from a row; None where a parent is missing."""
        steps, found = self.walk(path)
        get = value_getter(self.org, steps[-1][1] if steps else self.kind, found)
        for reference, parent in reversed(steps):
            get = _through(itemgetter(reference.name), self.org.tables[parent.name], get)
        return get, found


def value_getter(org: Org, kind: ObjectType, found: Field) -> Getter:
    """How to read one field of a row, following a formula's path."""
    if found.formula is None:
        return itemgetter(found.name)
    *relationships, last = found.formula.split(".")
    here, steps = kind, []
    for name in relationships:
        reference = here.parents[name.lower()]
        here = org.schema[str(reference.reference_to)]
        steps.append((reference, here))
    get = value_getter(org, here, here.by_lower[last.lower()])
    for reference, parent in reversed(steps):
        get = _through(itemgetter(reference.name), org.tables[parent.name], get)
    return get


def _through(reference: Getter, parents: dict[str, Row], get: Getter) -> Getter:
    def read(row: Row) -> Any:
        parent = parents.get(reference(row))
        return None if parent is None else get(parent)

    return read


def compile_condition(condition: Condition | None, scope: Scope) -> Test:
    """Raises ApiError for unknown fields and for literals that do not fit them."""
    if condition is None:
        return lambda row: True
    if isinstance(condition, Compare):
        return _compare(condition, scope)
    if isinstance(condition, Within):
        return _within(condition, scope)
    tests = [compile_condition(part, scope) for part in condition.parts]
    if condition.connective == "not":
        only = tests[0]
        return lambda row: not only(row)
    if condition.connective == "and":
        return lambda row: all(test(row) for test in tests)
    return lambda row: any(test(row) for test in tests)


def comparable(get: Getter, found: Field) -> Getter:
    """Text is compared without regard to case, everything else as it is stored."""
    if found.type not in TEXT:
        return get

    def read(row: Row) -> Any:
        value = get(row)
        return value.lower() if value is not None else None

    return read


def _compare(condition: Compare, scope: Scope) -> Test:
    get, found = scope.getter(condition.path)
    _refuse_unfilterable(condition.path, found, scope)
    sign, literal = condition.sign, condition.literal
    if sign == "like":
        return _like(get, found, literal, scope)
    if sign not in {"=", "!="} and (found.type == "boolean" or literal.kind == "null"):
        raise scope.fail(literal.at, f"invalid operator on {found.type} field", "INVALID_QUERY_FILTER_OPERATOR")
    wanted = _value(literal, found, scope)
    get = comparable(get, found)
    if found.type == "datetime" and wanted is not None:
        get, wanted = _whole_seconds(get), wanted[:_SECONDS]
    if sign == "=":
        return lambda row: get(row) == wanted
    if sign == "!=":
        return lambda row: get(row) != wanted
    compare = _SIGNS[sign]

    def test(row: Row) -> bool:
        value = get(row)
        return value is not None and compare(value, wanted)

    return test


def _whole_seconds(get: Getter) -> Getter:
    """Salesforce compares date-times without their milliseconds, whatever the sign."""

    def read(row: Row) -> Any:
        value = get(row)
        return None if value is None else value[:_SECONDS]

    return read


def _like(get: Getter, found: Field, literal: Literal, scope: Scope) -> Test:
    if found.type not in TEXT:
        raise scope.fail(literal.at, f"invalid operator on {found.type} field", "INVALID_QUERY_FILTER_OPERATOR")
    _value(literal, found, scope)
    pattern = re.compile(literal.pattern, re.DOTALL | re.IGNORECASE)

    def test(row: Row) -> bool:
        value = get(row)
        return value is not None and pattern.fullmatch(value) is not None

    return test


def _within(condition: Within, scope: Scope) -> Test:
    get, found = scope.getter(condition.path)
    _refuse_unfilterable(condition.path, found, scope)
    if isinstance(condition.choices, Query):
        if found.type not in IDS:
            raise scope.fail(
                condition.path.at, f"The left operand '{found.name}' in the where expression must be an id field"
            )
        wanted = scope.select(condition.choices)
    else:
        wanted = {_value(literal, found, scope) for literal in condition.choices}
    get = comparable(get, found)
    if condition.negated:
        return lambda row: get(row) not in wanted
    return lambda row: get(row) in wanted


def _refuse_unfilterable(path: Path, found: Field, scope: Scope) -> None:
    if not found.filterable:
        raise scope.fail(path.at, f"field '{found.name}' can not be filtered in a query call")


def _value(literal: Literal, found: Field, scope: Scope) -> Any:
    """The literal as rows hold it, ready to compare. Raises ApiError when it does not fit the field."""
    if literal.kind == "null":
        return None
    wanted = _kind_wanted(found)
    if literal.kind != wanted:
        shown = "dateTime" if found.type == "datetime" else found.type if wanted != "string" else "string"
        quotes = "should be" if wanted == "string" else "should not be"
        raise scope.fail(
            literal.at,
            f"value of filter criterion for field '{found.name}' must be of type {shown} and {quotes} "
            "enclosed in quotes",
        )
    if wanted == "string":
        return _text(literal, found, scope)
    if wanted == "number":
        return float(literal.value)
    if wanted == "boolean":
        return literal.value == "true"
    try:
        if wanted == "date":
            return date.fromisoformat(literal.value).isoformat()
        return stamp_text(datetime.fromisoformat(literal.value))
    except (ValueError, OverflowError):
        raise scope.fail(literal.at, f"Invalid {wanted}: {literal.value}", "MALFORMED_QUERY") from None


def _kind_wanted(found: Field) -> str:
    if found.type in NUMBERS:
        return "number"
    return found.type if found.type in {"boolean", "date", "datetime"} else "string"


def _text(literal: Literal, found: Field, scope: Scope) -> str | None:
    if literal.value == "":
        return None
    if found.type not in IDS:
        return literal.value.lower()
    full = as_18(literal.value)
    if full is None:
        raise scope.fail(literal.at, f"invalid ID field: {literal.value}", "INVALID_QUERY_FILTER_OPERATOR")
    return full
