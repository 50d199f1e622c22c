"""Take a decision from a form: refuse who may not, and what moved meanwhile; say what follows."""

from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus
from typing import TypeVar

from starlette.responses import Response

from handoff.core.authority import Action, may
from handoff.core.entry import EntryState, entry_name
from handoff.core.errors import UsageError
from handoff.quarantine import offers
from handoff.quarantine.decision import ConflictError, Desk, NotAllowedError, authorise, take_up
from handoff.report import timeline
from handoff.report.moments import local, zone_of
from handoff.report.wording import counted
from handoff.review import entry_page, pages
from handoff.review.access import EntryVisit
from handoff.review.decision_forms import Decided
from handoff.review.entry_page import Tried
from handoff.review.in_words import in_words
from handoff.review.pages import Said
from handoff.review.people import name_of
from handoff.road import at_the_desk as road
from handoff.road import deciding
from handoff.road.deciding import Foreseen, Look
from handoff.road.reading import desk_of, standing_at
from handoff.store import handoffs
from handoff.store.events import Author

D = TypeVar("D", bound=Decided)
SOON = "within 5 minutes"
"""How long the next run is away, where runs are scheduled as we advise."""
_STATUS: tuple[tuple[type[Exception], HTTPStatus], ...] = (
    (NotAllowedError, HTTPStatus.FORBIDDEN),
    (ConflictError, HTTPStatus.CONFLICT),
    (UsageError, HTTPStatus.BAD_REQUEST),
)


def taken(
    at: EntryVisit, what: str, action: Action, model: type[D], act: Callable[[D], str], *, dry: list[str] | None = None
) -> Response:
    """Take a decision and go on to the entry, which says what comes next; or show it again with what was wrong.

    `dry`: filled by an `act` that has only foreseen.
    """
    form: D | None = None
    try:
        _refuse_who_may_not(at, action)
        form = at.visit.form.read(model, what)
        _refuse_what_moved(at, form)
        said = act(form)
    except (ConflictError, UsageError) as error:
        status = next(status for kind, status in _STATUS if isinstance(error, kind))
        return _again(at, what, _sentence(at, error), status, form)
    if dry:
        tried = Tried(what=what, sentence=said, status=HTTPStatus.OK, fields=at.visit.form.fields, good=True)
        return entry_page.shown(at, tried)
    return pages.see(at.visit, _next_page(at), Said(text=said))


def at_the_desk(at: EntryVisit, what: str, action: Action, model: type[D], act: Callable[[Desk, D], str]) -> Response:
    """A decision in one transaction of its own."""

    def decide(form: D) -> str:
        with road.at_the_desk(at.visit.house, _name(at), action, version=form.version) as desk:
            return act(desk, form)

    return taken(at, what, action, model, decide)


def look(at: EntryVisit, form: Decided) -> Look:
    """The entry as it is now, for a decision that the gate foresees. Raises ConflictError when the CRM moved."""
    found = deciding.look(at.visit.house, _name(at))
    _refuse_another_reading(found.handoff.snapshot_id, form, found.name)
    return found


def local_to(at: EntryVisit, moment: datetime | str) -> str:
    """A moment as its reader's clock shows it."""
    known = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    return local(known, zone_of(at.visit.pack.owners, at.visit.who.person))


def foretold(foreseen: Foreseen, *, sure: bool = True) -> str:
    """What the gate makes of a decision. `sure` False: it was not taken, or waits for somebody."""
    if foreseen.excluded:
        return f"The deal would be excluded: {foreseen.excluded}."
    if foreseen.would_pass:
        return "It would pass the gate" + (f"; the next run delivers it {SOON}." if sure else ".")
    holds = foreseen.verdict.violations
    more = f" And {len(holds) - 1} more below." if len(holds) > 1 else ""
    return f"{counted(len(holds), 'reason')} would still hold it: {holds[0].message}{more}"


def _next_page(at: EntryVisit) -> str:
    """The entry again; the queue for whom it is nothing any more, now that they have said their word."""
    visit = at.visit
    with visit.site.store.read() as tx:
        now = road.seen(tx, visit.house, _name(at))
        mine = may(Action.SEE, standing_at(tx, visit.house, now, visit.who.person))
    return f"/entries/{_name(at)}" if mine else "/queue"


def _name(at: EntryVisit) -> str:
    return entry_name(at.seen.entry.id)


def _refuse_who_may_not(at: EntryVisit, action: Action) -> None:
    """Before anything of the form is looked at."""
    visit = at.visit
    with visit.site.store.read() as tx:
        desk = desk_of(tx, visit.house, at.seen, visit.who.person)
        if not may(action, at.relations) and not offers.also_at(desk, action):
            authorise(desk, action)


def _refuse_what_moved(at: EntryVisit, form: Decided) -> None:
    visit = at.visit
    with visit.site.store.read() as tx:
        author = Author(actor=visit.who.person, at=visit.site.clock.now())
        states = tuple(EntryState)
        entry = at.seen.entry
        take_up(tx, visit.pack, entry, at.seen.deal.values, author, version=form.version, states=states)
        handoff = handoffs.by_id(tx, entry.handoff_id)
        _refuse_another_reading(handoff.snapshot_id, form, _name(at))


def _refuse_another_reading(snapshot: int, form: Decided, name: str) -> None:
    if form.snapshot is not None and snapshot != form.snapshot:
        raise ConflictError(
            f"The deal of {name} changed in the CRM while you looked at it. Nothing of yours was written; look again."
        )


def _sentence(at: EntryVisit, error: Exception) -> str:
    """What was wrong, in the words of the page."""
    pack = at.visit.pack
    last = error.last if isinstance(error, ConflictError) else None
    if last is None:
        return in_words(pack, str(error))
    (line,) = timeline.lines([last], [], {last.subject: _name(at)}, entry_page.told_to(at.visit))
    why = f" (“{line.why}”)" if line.why else ""
    return (
        f"{_name(at)} was changed while you looked at it: {name_of(pack, line.who)}, {local_to(at, last.at)}: "
        f"{line.what}{why}. Nothing of yours is decided; what you had put in is kept here."
    )


def _again(at: EntryVisit, what: str, sentence: str, status: HTTPStatus, form: Decided | None) -> Response:
    conflict = form is not None and status is HTTPStatus.CONFLICT
    return entry_page.shown(
        at,
        Tried(
            what=what,
            sentence=sentence,
            status=status,
            fields=at.visit.form.fields,
            since=form.seen if form and conflict else None,
            snapshot=form.snapshot if form else None,
        ),
    )
