"""Corrected values that also go to the CRM's own fields, with the deal's next write-back, where the pack says so."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from handoff.core.correction import OverlayState, Proposed
from handoff.core.deal import FIELD_BY_NAME
from handoff.core.entry import entry_name
from handoff.road.house import House
from handoff.store import overlays
from handoff.store.events import Author, Event, append
from mappings.corrections import for_the_crm, plain_column


@dataclass(frozen=True, slots=True, kw_only=True)
class Corrected:
    """One corrected value on its way to the CRM. `wrong`: why it is not even sent."""

    correction: sa.Row[Any]
    column: str
    value: Any
    wrong: str | None = None


def pending(tx: sa.Connection, house: House, deal_ids: Sequence[str]) -> Mapping[str, tuple[Corrected, ...]]:
    """What is to be written of corrections, by deal; deals without are left out."""
    found = {}
    for deal_id, rows in overlays.live(tx, deal_ids).items():
        waiting = [row for row in rows if (row.state, row.proposal) == (OverlayState.ACTIVE, Proposed.PENDING)]
        own = [corrected for row in waiting if (corrected := _corrected(house, row))]
        if own:
            found[deal_id] = tuple(own)
    return found


def columns(corrected: Sequence[Corrected]) -> dict[str, Any]:
    """The columns of a write-back row that these add."""
    return {each.column: each.value for each in corrected if each.wrong is None}


def tell(
    tx: sa.Connection,
    author: Author,
    entry: sa.Row[Any] | None,
    corrected: Sequence[Corrected],
    *,
    refused: str | None = None,
) -> None:
    """Write down what the CRM made of them; a correction that it refused still holds here."""
    for each in corrected:
        row, why = each.correction, refused or each.wrong
        state = Proposed.REFUSED if why else Proposed.WRITTEN
        overlays.change(tx, row.id, proposal=state)
        subject = f"entry:{entry_name(entry.id)}" if entry is not None else f"deal:{row.deal_id}"
        new = {"field": row.field, "crm_field": each.column, "value": row.value}
        event = Event(subject=subject, what=f"correction_{state}", old=row.seen, new=new, why=why or row.why)
        append(tx, author, [event])


def _corrected(house: House, row: sa.Row[Any]) -> Corrected | None:
    source_map = house.pack.fields.sources[house.source.name]
    mapped = source_map.fields.get(row.field)
    column = plain_column(mapped)
    if mapped is None or column is None:
        return None
    known = house.source.describe(source_map.object).get(column)
    if known is None or not known.updateable:
        return Corrected(correction=row, column=column, value=None, wrong=f"the CRM lets nobody write {column}")
    try:
        value = for_the_crm(FIELD_BY_NAME[row.field].kind, mapped, row.value)
    except ValueError as error:
        return Corrected(correction=row, column=column, value=None, wrong=str(error))
    return Corrected(correction=row, column=column, value=value)
