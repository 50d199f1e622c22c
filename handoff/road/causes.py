"""The causes of open entries, by the pack's field map: which row of the CRM each is put right on, and where it is."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from handoff.core.errors import UnknownNameError
from handoff.core.violation import Failure
from handoff.report.cause_list import HeldCause, Key, Record, grouped
from handoff.road.house import House
from handoff.store import causes, entries
from handoff.store.handoffs import chunks
from handoff.store.tables import entry
from mappings.decided_labels import label_set_named
from mappings.fixed_on import FixedOn, fixed_on
from mappings.salesforce import SOURCE, record_link

_FAILURES = frozenset(failure.value for failure in Failure)
_ACCOUNT = "account_id"
_ANY = "\x00"
"""In the place of a value that is each deal's own; it cannot stand in one."""


def listed(house: House, owner: str | None = None, *, where: Sequence[sa.ColumnElement[bool]] = ()) -> list[HeldCause]:
    """All causes, most money first. `owner`: of what this person, name or e-mail owns; `where`: of these entries."""
    own = [causes.owned_by(owner)] if owner else []
    with house.store.read() as tx:
        rows = causes.holding(tx, *own, *where)
        keying = _Keying(house=house, ids=_ids(tx, house, rows))
    alike: dict[tuple[str | None, ...], list[Any]] = defaultdict(list)
    for row in rows:
        alike[keying.marks(row)].append(row)
    with house.store.read() as tx:
        keying.names = _names(tx, house, [own[0] for own in alike.values()])
    return grouped((*keying.of(own[0]), own) for own in alike.values())


def find(house: House, name: str) -> HeldCause:
    """The cause of an id (C-0123456789). Raises UnknownNameError when nothing is held for it."""
    wanted = name.strip().upper()
    found = next((cause for cause in listed(house) if cause.id.upper() == wanted), None)
    if found is None:
        raise UnknownNameError(f"No deal is held for a cause {name!r}: `handoff causes list` shows those there are.")
    return found


def entries_of(tx: sa.Connection, cause: HeldCause) -> list[sa.Row[Any]]:
    """The entries of a cause, as they are now."""
    return [row for part in chunks(cause.entries) for row in entries.listed(tx, entry.c.id.in_(part))]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """A field of a rule under a source: where it is fixed, and whether its values are labels; or a failure's."""

    on: FixedOn | None
    labelled: bool
    failure: bool


@dataclass(slots=True, kw_only=True)
class _Keying:
    """Gives each violation its cause. `ids`: (source, field) -> handoff -> id of the row on which it is fixed.

    `names`: the same of the row's name.
    """

    house: House
    ids: dict[tuple[str, str], dict[int, str]]
    names: dict[tuple[str, str], dict[int, str]] = field(default_factory=dict)
    places: dict[tuple[str, str, str], _Place] = field(default_factory=dict)

    def marks(self, row: Any) -> tuple[str | None, ...]:
        """What violations of one cause have in common; cheap, for there may be hundreds of thousands."""
        place = self._place(row)
        if place.failure:
            return (row.rule,)
        shared = self._shared(row, place)
        seen = row.seen if shared or place.labelled or row.seen is None else _ANY
        return row.source, row.rule, row.field, seen, shared

    def of(self, row: Any) -> tuple[Key, Record | None]:
        """The cause of a violation, and the row of the CRM on which it is put right."""
        place = self._place(row)
        if place.failure:
            return Key(rule=row.rule), self._record(row, None, None)
        shared_id = self._shared(row, place)
        own = {"rule": row.rule, "field": row.field}
        if shared_id and place.on:
            shared = (place.on.object, shared_id)
            return Key(**own, seen=row.seen, record=shared), self._record(row, place.on, shared)
        record = self._record(row, place.on, None)
        if place.labelled or row.seen is None:
            return Key(**own, seen=row.seen), record
        return Key(**own, any_value=True), record

    def _place(self, row: Any) -> _Place:
        where = (row.source, row.field, row.rule)
        found = self.places.get(where)
        if found is None:
            pack = self.house.pack
            found = self.places[where] = _Place(
                on=fixed_on(pack, row.source, row.field),
                labelled=label_set_named(pack, row.source, row.field) is not None,
                failure=row.rule in _FAILURES,
            )
        return found

    def _shared(self, row: Any, place: _Place) -> str | None:
        """The id of the row that other deals may share."""
        if place.on is None or place.on.key is None:
            return None
        known = self.ids.get((row.source, row.field))
        found: str | None = row.account_id if known is None else known.get(row.handoff_id)
        return found or None

    def _record(self, row: Any, on: FixedOn | None, shared: tuple[str, str] | None) -> Record | None:
        """The shared row, or else the deal; None when it is on another row that we do not know."""
        if shared is None and on is not None and (on.key is not None or not on.known):
            return None
        source_map = self.house.pack.fields.sources.get(row.source)
        own = (source_map.object if source_map else "", row.deal_id)
        object_name, row_id = shared or own
        if shared is None:
            name = row.deal_name
        elif row_id == row.account_id:
            name = row.account_name
        else:
            name = self.names.get((row.source, row.field), {}).get(row.handoff_id)
        url = self.house.settings.salesforce_login_url
        link = record_link(url, object_name, row_id) if url and row.source == SOURCE else None
        return Record(object=object_name, id=row_id, name=name, link=link)


def _ids(tx: sa.Connection, house: House, rows: Sequence[Any]) -> dict[tuple[str, str], dict[int, str]]:
    """The ids that are not columns of the handoff, as that of an account is: read from the snapshots, where needed."""
    return _pulled(tx, house, rows, lambda on: on.key)


def _names(tx: sa.Connection, house: House, rows: Sequence[Any]) -> dict[tuple[str, str], dict[int, str]]:
    """The names of the shared rows, but for accounts, on which the first deal of each cause is fixed: as pulled."""
    return _pulled(tx, house, rows, lambda on: on.named)


def _pulled(
    tx: sa.Connection, house: House, rows: Sequence[Any], key_of: Callable[[FixedOn], str | None]
) -> dict[tuple[str, str], dict[int, str]]:
    """(source, field) -> handoff -> what its snapshot says of the row on which the field is put right."""
    wanted: dict[tuple[str, str], dict[int, None]] = defaultdict(dict)
    for row in rows:
        wanted[row.source, row.field][row.handoff_id] = None
    found = {}
    for (source, name), numbers in wanted.items():
        on = fixed_on(house.pack, source, name)
        if on is not None and on.key != _account_key(house, source) and (key := key_of(on)):
            found[source, name] = causes.keys_of(tx, list(numbers), key)
    return found


def _account_key(house: House, source: str) -> str | None:
    mapped = house.pack.fields.sources[source].fields.get(_ACCOUNT)
    return mapped.source if mapped else None
