"""The causes of open entries, by the pack's field map: which row of the CRM each is put right on, and where it is."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from handoff.core.errors import UsageError
from handoff.core.violation import Failure
from handoff.report.cause_list import HeldCause, Key, Record, by_key, grouped
from handoff.road.house import House
from handoff.store import causes, entries
from handoff.store.handoffs import chunks
from handoff.store.tables import entry
from mappings.decided_labels import label_set_named
from mappings.fixed_on import FixedOn, fixed_on
from mappings.salesforce import SOURCE, record_link

_FAILURES = frozenset(failure.value for failure in Failure)
_ACCOUNT = "account_id"


def listed(house: House, owner: str | None = None) -> list[HeldCause]:
    """All causes, most money first. `owner`: only of what this person, name or e-mail owns."""
    where = [causes.owned_by(owner)] if owner else []
    with house.store.read() as tx:
        rows = causes.holding(tx, *where)
        keying = _Keying(house=house, ids=_ids(tx, house, rows))
    return grouped(by_key(keying.of(row) for row in rows))


def find(house: House, name: str) -> HeldCause:
    """The cause of an id (C-0123456789). Raises UsageError when nothing is held for it."""
    wanted = name.strip().upper()
    found = next((cause for cause in listed(house) if cause.id.upper() == wanted), None)
    if found is None:
        raise UsageError(f"No deal is held for a cause {name!r}: `handoff causes list` shows those there are.")
    return found


def entries_of(tx: sa.Connection, cause: HeldCause) -> list[sa.Row[Any]]:
    """The entries of a cause, as they are now."""
    return [row for part in chunks(cause.entries) for row in entries.listed(tx, entry.c.id.in_(part))]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """A field under a source: where it is fixed, and whether its values are labels."""

    on: FixedOn | None
    labelled: bool


@dataclass(slots=True, kw_only=True)
class _Keying:
    """Gives each violation its cause. `ids`: (source, field) -> handoff -> id of the row on which it is fixed."""

    house: House
    ids: dict[tuple[str, str], dict[int, str]]
    places: dict[tuple[str, str], _Place] = field(default_factory=dict)

    def of(self, row: Any) -> tuple[Key, Any, Record | None]:
        """The cause of a violation, the violation, and the row of the CRM on which it is put right."""
        if row.rule in _FAILURES:
            return Key(rule=row.rule), row, self._record(row, None, None)
        place = self._place(row)
        if (shared := self._shared(row, place)) is not None:
            key = Key(rule=row.rule, field=row.field, seen=row.seen, record=shared)
            return key, row, self._record(row, place.on, shared)
        own = self._record(row, place.on, None)
        if place.labelled or row.seen is None:
            return Key(rule=row.rule, field=row.field, seen=row.seen), row, own
        return Key(rule=row.rule, field=row.field, any_value=True), row, own

    def _place(self, row: Any) -> _Place:
        where = (row.source, row.field)
        if where not in self.places:
            pack = self.house.pack
            labelled = label_set_named(pack, *where) is not None
            self.places[where] = _Place(on=fixed_on(pack, *where), labelled=labelled)
        return self.places[where]

    def _shared(self, row: Any, place: _Place) -> tuple[str, str] | None:
        if place.on is None or place.on.key is None:
            return None
        known = self.ids.get((row.source, row.field))
        row_id = row.account_id if known is None else known.get(row.handoff_id)
        return (place.on.object, row_id) if row_id else None

    def _record(self, row: Any, on: FixedOn | None, shared: tuple[str, str] | None) -> Record | None:
        """The shared row, or else the deal; None when it is on another row that we do not know."""
        if shared is None and on is not None and (on.key is not None or not on.known):
            return None
        source_map = self.house.pack.fields.sources.get(row.source)
        own = (source_map.object if source_map else "", row.deal_id)
        object_name, row_id = shared or own
        name = row.account_name if shared and row_id == row.account_id else None
        url = self.house.settings.salesforce_login_url
        link = record_link(url, object_name, row_id) if url and row.source == SOURCE else None
        return Record(object=object_name, id=row_id, name=name, link=link)


def _ids(tx: sa.Connection, house: House, rows: Sequence[Any]) -> dict[tuple[str, str], dict[int, str]]:
    """The ids that are not columns of the handoff, as that of an account is: read from the snapshots, where needed."""
    wanted: dict[tuple[str, str], dict[int, None]] = defaultdict(dict)
    for row in rows:
        wanted[row.source, row.field][row.handoff_id] = None
    found = {}
    for (source, name), numbers in wanted.items():
        on = fixed_on(house.pack, source, name)
        if on is None or on.key is None or on.key == _account_key(house, source):
            continue
        found[source, name] = causes.keys_of(tx, list(numbers), on.key)
    return found


def _account_key(house: House, source: str) -> str | None:
    mapped = house.pack.fields.sources[source].fields.get(_ACCOUNT)
    return mapped.source if mapped else None
