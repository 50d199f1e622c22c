"""Causes: what holds the deals that somebody may read, and each with all that one decision on it would touch."""

import re

from fastapi import APIRouter
from starlette.responses import Response

from handoff.core.entry import EntryState
from handoff.report.cause_list import HeldCause
from handoff.report.queue_page import KINDS, lines
from handoff.review import pages
from handoff.review.access import NothingThereError, SignedIn, Visit
from handoff.review.bulk_choice import MOST, people
from handoff.review.queue import all_open
from handoff.review.queue_counts import MANY, CauseList, counts_of
from handoff.review.queue_filter import Reader, reader_of
from handoff.store import queue_pages
from handoff.store.tables import entry

router = APIRouter()
_SHOWN = 100
_LINES = 20
_ID = re.compile(r"C-[0-9a-fA-F]{10}")


@router.get("/causes")
def causes(visit: SignedIn) -> Response:
    """What holds deals, most money first."""
    counted = known(visit, reader_of(visit))
    found = counted.causes if counted else ()
    return pages.page(
        visit,
        "causes.html",
        known=counted,
        causes=found[:_SHOWN],
        more=max(0, len(found) - _SHOWN),
        asks=_asks(visit),
    )


@router.get("/causes/{cause_id}")
def cause(visit: SignedIn, cause_id: str) -> Response:
    """One cause: what it holds, and what can be decided on all of that."""
    reader = reader_of(visit)
    found = find(visit, reader, cause_id)
    with visit.site.store.read() as tx:
        where = [reader.visible, entry.c.state == EntryState.OPEN, queue_pages.among(tx, found.entries)]
        first = queue_pages.numbers(tx, where, most=_LINES)
        shown = lines(tx, first, reader.own, visit.site.clock.now())
    return pages.page(
        visit,
        "cause.html",
        cause=found,
        lines=shown,
        most=MOST,
        label=_is_label(visit, found),
        asks=_asks(visit),
        people=people(visit),
    )


def find(visit: Visit, reader: Reader, cause_id: str) -> HeldCause:
    """A cause of what somebody may read. Raises NothingThereError for any other, whether there is one or not."""
    counted = known(visit, reader, wait=True) if _ID.fullmatch(cause_id) else None
    found = counted.find(cause_id) if counted else None
    if found is None:
        raise NothingThereError(
            "Nothing that you may read is held by such a cause, or not any more: see the causes there are."
        )
    return found


def known(visit: Visit, reader: Reader, *, wait: bool = False) -> CauseList | None:
    """The causes of what somebody may read; None while those of a large store are counted, unless they wait."""
    counts = counts_of(visit)
    with visit.site.store.read() as tx:
        deals = sum(row.deals for row in all_open(tx, visit, reader, counts))
    key, where = (reader.person, "all"), [reader.visible]
    found = counts.causes(visit, key, where, many=deals > MANY)
    return counts.causes(visit, key, where, many=False) if found is None and wait else found


def _asks(visit: Visit) -> dict[str, str]:
    """What rules and failures ask for, where that is more than to put something right."""
    owners = visit.pack.owners
    return {name: KINDS[own.kind] for name, own in (owners.rules | owners.failures).items() if own.kind in KINDS}


def _is_label(visit: Visit, found: HeldCause) -> bool:
    """Whether the value is a label on which the owner of its set decides, and has not decided yet."""
    key, pack = found.key, visit.pack
    if not (key.field and found.seen):
        return False
    sets = [labels for name in pack.fields.sources if (labels := pack.label_set_of(name, key.field))]
    return bool(sets) and all(labels.canonical(found.seen) is None for labels in sets)
