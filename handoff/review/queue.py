"""The queue: open entries, as far as somebody may read them, a page at a time; causes first."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

import sqlalchemy as sa
from fastapi import APIRouter
from starlette.responses import Response

from handoff.core.entry import EntryState
from handoff.report.queue_page import Sum, lines, summed
from handoff.report.wording import spoken
from handoff.review import pages
from handoff.review.access import SignedIn, Visit
from handoff.review.forms import FieldError
from handoff.review.queue_address import Asked, Tab, asked
from handoff.review.queue_counts import MANY, CauseList, Counts, counts_of
from handoff.review.queue_filter import TABS, Reader, conditions, reader_of
from handoff.store import queue_pages
from handoff.store.tables import entry

router = APIRouter()
SIZE = 50
_TOP_CAUSES = 5
_STATES = (
    ("open", "Open"),
    ("queued", "Queued for the next run"),
    ("released", "Released"),
    ("rejected", "Rejected"),
    ("all", "Whatever its state"),
)
_AGES = (
    ("", "Any age"),
    ("overdue", "Overdue"),
    ("day", "Due within a day"),
    ("week", "Open for over 7 days"),
    ("month", "Open for over 30 days"),
)


@router.get("/queue")
def queue(visit: SignedIn) -> Response:
    """What is held: the tabs with what they come to, the weightiest causes, and one page of entries.

    A filter with a mistake in it shows no entries, and stands there as it was typed.
    """
    want, reader, counts = asked(visit.request.query_params), reader_of(visit), counts_of(visit)
    wrong = _wrong(want)
    with visit.site.store.read() as tx:
        open_to_me = all_open(tx, visit, reader, counts)
        tabs = {tab: reader.count(open_to_me, tab) for tab, _ in TABS}
        want = want.model_copy(update={"tab": want.tab or _first(tabs)})
        known = causes_of(visit, reader, counts, want.tab or "all", tabs)
        cause = known.find(want.cause) if known and want.cause else None
        where = [sa.false()] if wrong else conditions(tx, visit, reader, want, cause)
        total = tabs[want.tab or "all"]
        if want.filtered:
            total = summed(counts.tally(tx, visit, _filter_key(reader, want, cause), where))
        found = queue_pages.page(
            tx,
            where,
            sort=want.sort,
            descending=want.descending,
            size=SIZE,
            after=want.place(want.after),
            before=want.place(want.before),
        )
        shown = lines(tx, found.numbers, reader.own, visit.site.clock.now(), rule=want.rule)
    return pages.page(
        visit,
        "queue.html",
        status=HTTPStatus.BAD_REQUEST if wrong else HTTPStatus.OK,
        want=want,
        wrong=wrong,
        tabs=[(tab, title, tabs[tab]) for tab, title in TABS],
        total=total,
        known=known,
        top=known.causes[:_TOP_CAUSES] if known and not want.filtered else (),
        cause=cause,
        lines=shown,
        before=want.mark(found.first) if found.first and found.more_before else None,
        after=want.mark(found.last) if found.last and found.more_after else None,
        address=visit.site.address,
        options=_options(visit, reader, open_to_me, known, want),
    )


def _wrong(want: Asked) -> FieldError | None:
    """What of the filter cannot be read."""
    try:
        want.amounts()
    except FieldError as error:
        return error
    return None


def all_open(tx: Any, visit: Visit, reader: Reader, counts: Counts) -> list[Any]:
    """The tally of all open entries that somebody may read."""
    return counts.tally(tx, visit, ("open", reader.person), [reader.visible, entry.c.state == EntryState.OPEN])


def causes_of(visit: Visit, reader: Reader, counts: Counts, tab: Tab, tabs: dict[Tab, Sum]) -> CauseList | None:
    """The causes of a tab."""
    many = tabs[tab].deals > MANY
    return counts.causes(visit, (reader.person, tab), [reader.sees(tab)], many=many)


def _first(tabs: dict[Tab, Sum]) -> Tab:
    """The first tab with something in it."""
    return next((tab for tab, _ in TABS if tabs[tab].deals), "mine")


def _filter_key(reader: Reader, want: Asked, cause: Any) -> tuple[Any, ...]:
    said = {k: v for k, v in want.said().items() if k not in ("sort", "order", "after", "before")}
    return ("filtered", reader.person, tuple(sorted(said.items())), hash(cause.entries) if cause else None)


def _options(
    visit: Visit, reader: Reader, rows: Sequence[Any], known: CauseList | None, want: Asked
) -> dict[str, list[tuple[str, str]]]:
    """What the filters may be set to: only what stands in entries that the reader may read."""
    mine = [row for row in rows if reader.count([row], want.tab or "all").deals]
    rules = {cause.key.rule for cause in known.causes} if known else set(visit.pack.policies.rules)
    currencies = {row.currency for row in mine if row.currency}
    return {
        "owner": _with(sorted({(row.person, row.owner_name) for row in mine}, key=lambda pair: pair[1]), want.owner),
        "rule": _with(sorted((rule, spoken(rule)) for rule in rules), want.rule),
        "currency": _with([(code, code) for code in sorted(currencies)], want.currency),
        "state": list(_STATES),
        "age": list(_AGES),
    }


def _with(found: list[tuple[str, str]], chosen: str) -> list[tuple[str, str]]:
    """The choices, with the one that is chosen already."""
    return [*found, (chosen, spoken(chosen))] if chosen and chosen not in dict(found) else found
