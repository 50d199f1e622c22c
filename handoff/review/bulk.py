"""Decisions on many entries at once: first what they would touch, then done to just that; what changed is left."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from handoff.core.authority import Action, may
from handoff.core.entry import EntryState, entry_name
from handoff.core.errors import UsageError
from handoff.quarantine.reruns import refusal
from handoff.report.cause_list import Touched, touched
from handoff.report.queue_page import lines
from handoff.report.wording import counted
from handoff.review import pages
from handoff.review.access import NothingThereError, SignedIn, Visit
from handoff.review.bulk_choice import (
    MOST,
    Seen,
    matching,
    of_cause,
    packed,
    people,
    readable,
    ticked,
    unpacked,
    wanted,
)
from handoff.review.bulk_forms import Chosen, Confirmed, Given, Shown, What
from handoff.review.causes import find
from handoff.review.forms import FieldError
from handoff.review.in_words import in_words
from handoff.review.pages import Said
from handoff.review.queue_filter import Reader, reader_of
from handoff.road import bulk, reruns
from handoff.road.standings import standings

router = APIRouter()
_LISTED = 25


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What an action would touch, whose that is, and why the rest is left."""

    seen: tuple[Seen, ...]
    touched: Touched
    owners: tuple[tuple[str, Touched], ...]
    left: tuple[tuple[str, int], ...]


@router.post("/bulk/preview")
def preview(visit: SignedIn) -> Response:
    """Exactly what would be touched; nothing is written."""
    form, reader = visit.form.read(Chosen), reader_of(visit)
    what: What = "rerun" if form.what.startswith("rerun") else "assign"
    seen, back = _chosen(visit, reader, form)
    if not seen:
        return pages.see(visit, back, Said(text="Nothing is ticked: tick the entries first.", good=False))
    return _previewed(visit, reader, what, seen, to=form.to, back=back)


def _previewed(
    visit: Visit,
    reader: Reader,
    what: What,
    seen: Sequence[Seen],
    *,
    to: str,
    back: str,
    why: str = "",
    wrong: FieldError | None = None,
) -> Response:
    """The preview; with `wrong`, once more, as it was filled in."""
    with visit.site.store.read() as tx:
        found = _preview(tx, visit, reader, what, seen)
        shown = lines(tx, [number for number, _ in found.seen[:_LISTED]], reader.own, visit.site.clock.now())
    return pages.page(
        visit,
        "bulk.html",
        status=HTTPStatus.BAD_REQUEST if wrong else HTTPStatus.OK,
        what=what,
        found=found,
        lines=shown,
        chosen=packed(found.seen),
        people=people(visit),
        to=to,
        why=why,
        wrong=wrong,
        back=back,
        capped=len(seen) >= MOST,
        most=MOST,
    )


@router.post("/bulk")
def confirm(visit: SignedIn) -> Response:
    """Do it, to what was shown and is still as it was."""
    form, reader = visit.form.read(Shown, "bulk"), reader_of(visit)
    seen, back = unpacked(form.chosen), pages.local_path(form.back)
    with visit.site.store.read() as tx:
        rows = {row.id: row for row in readable(tx, reader, seen)}
    own = [(number, version) for number, version in seen if number in rows]
    if not own:
        raise NothingThereError("None of these entries is there for you any more: open the queue, and choose again.")
    if wrong := _wrong(visit, form):
        return _previewed(visit, reader, form.what, seen, to=form.to, back=back, why=form.why, wrong=wrong)
    if form.what == "assign":
        return _assign(visit, [(rows[number], version) for number, version in own], form, back)
    made = reruns.request(visit.house, own, form.why)
    if not made.queued.done:
        return pages.see(visit, back, Said(text=f"Nothing was queued. {_left(made.queued.left)}", good=False))
    said = f"{counted(len(made.queued.done), 'deal')} queued: the next run judges them, within 5 minutes."
    left = _left(made.queued.left)
    return pages.see(visit, f"/reruns/{made.batch}", Said(text=f"{said} {left}".strip(), good=not left))


@router.get("/reruns/{batch}")
def rerun(visit: SignedIn, batch: str) -> Response:
    """What came of a re-run: for whoever asked for it."""
    reader = reader_of(visit)
    nothing = NothingThereError("There is no such re-run here, or it is none of yours.")
    with visit.site.store.read() as tx:
        try:
            came = reruns.came_of(tx, batch, reader.visible)
        except UsageError:
            raise nothing from None
        if came.asked_by not in reader.own:
            raise nothing
        shown = {
            outcome: lines(tx, numbers[:_LISTED], reader.own, visit.site.clock.now())
            for outcome, numbers in came.by_outcome.items()
        }
    return pages.page(visit, "rerun.html", came=came, shown=shown)


def _chosen(visit: Visit, reader: Reader, form: Chosen) -> tuple[list[Seen], str]:
    """The entries of a choice, and the page to go back to."""
    if form.cause:
        found = find(visit, reader, form.cause)
        return of_cause(visit, reader, found.entries), f"/causes/{found.id}"
    want = wanted(form.matching)
    if form.what.endswith("-all"):
        return matching(visit, reader, want), want.url()
    return ticked(form.entry), want.url(after=want.after, before=want.before)


def _preview(tx: Any, visit: Visit, reader: Reader, what: What, seen: Sequence[Seen]) -> Preview:
    rows = readable(tx, reader, seen)
    known = standings(tx, visit.house, rows, visit.who.person)
    versions = dict(seen)
    left: Counter[str] = Counter()
    kept = []
    for row in rows:
        if refused := _refused(row, known[row.id], what):
            left[refused] += 1
        else:
            kept.append(row)
    if len(rows) < len(seen):
        left["they are not there for you any more"] = len(seen) - len(rows)
    whose: dict[str, list[Any]] = {}
    for row in kept:
        whose.setdefault(row.owner_name, []).append(row)
    owners = [(name, touched(own)) for name, own in whose.items()]
    return Preview(
        seen=tuple((row.id, versions[row.id]) for row in kept),
        touched=touched(kept),
        owners=tuple(sorted(owners, key=lambda pair: (-pair[1].deals, pair[0]))),
        left=tuple(left.most_common()),
    )


def _refused(row: Any, relations: Any, what: What) -> str | None:
    """Why an entry is not touched; None: it is."""
    if what == "rerun":
        return refusal(row, relations)
    if row.state != EntryState.OPEN:
        return f"it is {row.state}: only open entries are given away"
    return (
        None if may(Action.REASSIGN, relations) else "you may not give it away: that is for its owner and their chain"
    )


def _wrong(visit: Visit, form: Shown) -> FieldError | None:
    """What has to be filled in otherwise, before anything is done."""
    if form.what == "rerun":
        return visit.form.wrong(Confirmed, "bulk")
    if wrong := visit.form.wrong(Given, "bulk"):
        return wrong
    try:
        bulk.recipient(visit.house, form.to)
    except UsageError as error:
        return FieldError({"to": in_words(visit.pack, str(error))})
    return None


def _assign(visit: Visit, rows: Sequence[tuple[Any, int]], form: Shown, back: str) -> Response:
    still = [row for row, version in rows if row.row_version == version]
    changed = [(row.id, "it was changed since you looked at it") for row, version in rows if row.row_version != version]
    _, name = bulk.recipient(visit.house, form.to)
    done = bulk.give(visit.house, still, form.to, form.why)
    said = f"{counted(len(done.done), 'entry', 'entries')} given to {name}."
    if done.already:
        said += f" {len(done.already):,} were theirs already."
    left = _left([*changed, *done.left])
    return pages.see(visit, back, Said(text=f"{said} {left}".strip(), good=not left))


def _left(left: Sequence[tuple[int | str, str]]) -> str:
    """What was left, and why: each reason once, with the first entries of it."""
    by_reason: dict[str, list[str]] = {}
    for name, why in left:
        by_reason.setdefault(why, []).append(entry_name(name) if isinstance(name, int) else name)
    told = []
    for why, names in list(by_reason.items())[:3]:
        more = f" and {len(names) - 3:,} more" if len(names) > 3 else ""
        told.append(f"{', '.join(names[:3])}{more} left as before: {why}.")
    return " ".join(told)
