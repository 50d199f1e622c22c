"""Runs a query: the rows that match, in order, and how each becomes JSON, children and parents included."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from sandbox.salesforce.errors import NAMES_HINT, ApiError, no_such_object
from sandbox.salesforce.fields import IDS, NUMBERS, Field, wire_number
from sandbox.salesforce.ids import as_18
from sandbox.salesforce.org import Org, Row
from sandbox.salesforce.schema import ObjectType
from sandbox.salesforce.soql import Compare, Condition, Joined, Literal, Path, Query, Sort, Within
from sandbox.salesforce.soql_parse import parse
from sandbox.salesforce.soql_tokens import complaint
from sandbox.salesforce.soql_where import Getter, Scope, comparable, compile_condition, value_getter

Json = dict[str, Any]
Children = Callable[[list[Row], Callable[[Row], Json]], Json]
"""Turns a child subquery's rows into its part of the answer; the caller pages them."""


@dataclass(slots=True, kw_only=True)
class Result:
    """`rows` matched, in order; `build` makes the JSON of one when its page is fetched."""

    total: int
    rows: list[Row]
    build: Callable[[Row], Json]
    child_keys: list[str]


@dataclass(slots=True, kw_only=True)
class _Tree:
    """What is selected of one object: JSON key -> a reader, a parent's tree, or a child subquery."""

    kind: ObjectType
    readers: dict[str, Getter] = field(default_factory=dict)
    parents: dict[str, tuple[Field, "_Tree"]] = field(default_factory=dict)
    order: list[str] = field(default_factory=list)


def run(org: Org, text: str, *, version: str, with_deleted: bool, children: Children) -> Result:
    """Raises ApiError as Salesforce would."""
    query = parse(text)
    kind = _object(org, query, text)
    context = _Context(org=org, text=text, version=version, with_deleted=with_deleted, children=children)
    if query.count:
        total = len(context.matcher(query, kind)(_candidates(org, kind, query.where)))
        return Result(total=total, rows=[], build=lambda row: {}, child_keys=[])
    build, child_keys = context.selection(query, kind)
    rows = context.matcher(query, kind)(_candidates(org, kind, query.where))
    return Result(total=len(rows), rows=rows, build=build, child_keys=child_keys)


def _object(org: Org, query: Query, text: str) -> ObjectType:
    found = next((kind for name, kind in org.schema.items() if name.lower() == query.entity.lower()), None)
    if found is None:
        raise ApiError(400, "INVALID_TYPE", complaint(text, query.entity_at, no_such_object(query.entity).message))
    return found


def _candidates(org: Org, kind: ObjectType, where: Condition | None) -> Iterable[Row]:
    """The rows to look at: those named by id where the condition names some, else all."""
    table = org.tables[kind.name]
    conditions = where.parts if isinstance(where, Joined) and where.connective == "and" else [where]
    for condition in conditions:
        literals: list[Literal] = []
        if isinstance(condition, Compare) and condition.sign == "=":
            literals = [condition.literal]
        elif isinstance(condition, Within) and not condition.negated and isinstance(condition.choices, list):
            literals = condition.choices
        if literals and [part.lower() for part in condition.path.parts] == ["id"]:  # type: ignore[union-attr]  # no literals without one
            ids = dict.fromkeys(as_18(literal.value) or "" for literal in literals)
            return [table[found] for found in ids if found in table]
    return table.values()


@dataclass(slots=True, kw_only=True)
class _Context:
    """One query being compiled."""

    org: Org
    text: str
    version: str
    with_deleted: bool
    children: Children

    def scope(self, kind: ObjectType) -> Scope:
        return Scope(self.org, kind, self.text, self.values)

    def values(self, query: Query) -> set[Any]:
        """A semi-join's sub-select."""
        kind = _object(self.org, query, self.text)
        if query.count or len(query.fields) != 1 or not isinstance(query.fields[0], Path):
            message = "A semi join sub-select must select exactly one field"
            raise ApiError(400, "MALFORMED_QUERY", complaint(self.text, query.entity_at, message))
        get, found = self.scope(kind).getter(query.fields[0])
        if found.type not in IDS:
            message = f"The selected field '{found.name}' in the sub-select must be an id field"
            raise ApiError(400, "INVALID_FIELD", complaint(self.text, query.fields[0].at, message))
        rows = self.matcher(query, kind)(self.org.tables[kind.name].values())
        return {value for value in map(get, rows) if value is not None}

    def matcher(self, query: Query, kind: ObjectType) -> Callable[[Iterable[Row]], list[Row]]:
        """What keeps the rows of the query, sorted and cut."""
        scope = self.scope(kind)
        test = compile_condition(query.where, scope)
        sorts = [_sorter(sort, scope) for sort in reversed(query.sorts)]
        end = None if query.limit is None else query.offset + query.limit

        def match(rows: Iterable[Row]) -> list[Row]:
            found = [row for row in rows if (self.with_deleted or not row["IsDeleted"]) and test(row)]
            for sort in sorts:
                found = sort(found)
            return found[query.offset : end]

        return match

    def selection(self, query: Query, kind: ObjectType) -> tuple[Callable[[Row], Json], list[str]]:
        """How to build a row's JSON, and under which keys it carries children."""
        tree = _Tree(kind=kind)
        child_keys = []
        for chosen in query.fields:
            if isinstance(chosen, Path):
                self._add(tree, chosen)
            else:
                key, reader = self._subquery(chosen, kind)
                if key in tree.order:
                    raise self._twice(chosen.entity, chosen.entity_at)
                tree.readers[key] = reader
                tree.order.append(key)
                child_keys.append(key)
        return self._builder(tree), child_keys

    def _add(self, tree: _Tree, path: Path) -> None:
        steps, found = self.scope(tree.kind).walk(path)
        for reference, parent in steps:
            key = str(reference.relationship)
            if key not in tree.parents:
                tree.parents[key] = (reference, _Tree(kind=parent))
                tree.order.append(key)
            tree = tree.parents[key][1]
        if found.name in tree.readers:
            raise self._twice(".".join(path.parts), path.at)
        get = value_getter(self.org, tree.kind, found)
        tree.readers[found.name] = _as_number(get) if found.type in NUMBERS - {"int"} else get
        tree.order.append(found.name)

    def _twice(self, name: str, at: int) -> ApiError:
        return ApiError(400, "INVALID_FIELD", complaint(self.text, at, f"duplicate field selected: {name}"))

    def _subquery(self, query: Query, kind: ObjectType) -> tuple[str, Getter]:
        child = kind.children.get(query.entity.lower())
        if child is None:
            message = (
                f"Didn't understand relationship '{query.entity}' in FROM part of query call. If you are attempting "
                "to use a custom relationship, be sure to append the '__r' after the custom relationship name. "
                + NAMES_HINT
            )
            raise ApiError(400, "INVALID_TYPE", complaint(self.text, query.entity_at, message))
        if query.count or any(isinstance(chosen, Query) for chosen in query.fields):
            message = "only fields may be selected in a child subquery"
            raise ApiError(400, "MALFORMED_QUERY", complaint(self.text, query.entity_at, message))
        child_kind, reference = child
        by_parent = self.org.by_parent[child_kind.name, reference.name]
        build, _ = self.selection(query, child_kind)
        match = self.matcher(query, child_kind)

        def read(row: Row) -> Json | None:
            under = by_parent.get(row["Id"])
            rows = match(under.values()) if under else []
            return self.children(rows, build) if rows else None

        return str(reference.children_as), read

    def _builder(self, tree: _Tree) -> Callable[[Row], Json]:
        kind = tree.kind.name
        root = f"/services/data/{self.version}/sobjects/{kind}/"
        steps: list[tuple[str, Getter]] = []
        for key in tree.order:
            if key in tree.parents:
                reference, parent = tree.parents[key]
                rows = self.org.tables[parent.kind.name]
                steps.append((key, _parent_reader(reference.name, rows, self._builder(parent))))
            else:
                steps.append((key, tree.readers[key]))

        def build(row: Row) -> Json:
            built: Json = {"attributes": {"type": kind, "url": root + row["Id"]}}
            for key, get in steps:
                built[key] = get(row)
            return built

        return build


def _parent_reader(reference: str, rows: dict[str, Row], build: Callable[[Row], Json]) -> Getter:
    def read(row: Row) -> Json | None:
        parent = rows.get(row[reference])
        return None if parent is None else build(parent)

    return read


def _as_number(get: Getter) -> Getter:
    return lambda row: wire_number(get(row))


def _sorter(sort: Sort, scope: Scope) -> Callable[[list[Row]], list[Row]]:
    get, found = scope.getter(sort.path)
    if not found.filterable:
        raise scope.fail(sort.path.at, f"field '{found.name}' can not be sorted in a query call")
    read = comparable(get, found)

    def sorted_rows(rows: list[Row]) -> list[Row]:
        nulls = [row for row in rows if read(row) is None]
        filled = rows if not nulls else [row for row in rows if read(row) is not None]
        filled = sorted(filled, key=read, reverse=sort.descending)
        return [*filled, *nulls] if sort.nulls_last else [*nulls, *filled]

    return sorted_rows
