"""Label decisions: which texts hold deals, what a decision would release, and taking it as it was shown."""

import re
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from starlette.responses import Response

from checks.rules.labels import by_nearness
from handoff.core.errors import UsageError
from handoff.core.keys import fingerprint
from handoff.core.label_decision import LabelState
from handoff.quarantine.decision import ConflictError, NotAllowedError
from handoff.quarantine.label_decisions import may_decide
from handoff.report.visible import sees_all
from handoff.review import label_list, pages
from handoff.review.access import NothingThereError, SignedIn, Visit
from handoff.review.causes import known
from handoff.review.forms import FieldError
from handoff.review.in_words import in_words
from handoff.review.label_forms import Decided, InUse, Matter, Previewed, Withdrawn
from handoff.review.queue_filter import reader_of
from handoff.road import causes, decided_labels, labels
from handoff.road.labels import Foreseen
from handoff.road.packs import find_pack
from handoff.store import label_decisions
from mappings.countries import countries

router = APIRouter()
_LOOKING = "looked at, not decided"
_NEAREST = 8
_MOVED = (
    "What this decision touches has changed since you looked at it, and stands here as it is now: nothing is decided."
)
_NOTHING = "Nothing is held there by a label that you may decide about: begin at the labels."
Name = Annotated[str | None, Query(max_length=64)]
Text = Annotated[str | None, Query(max_length=300)]
Tab = Annotated[Literal["waiting", "decided"], Query()]
Mark = Annotated[str, Query(max_length=100)]
_NUMBER = re.compile(r"[0-9]{1,9}")


@router.get("/labels")
def listed(visit: SignedIn, *, tab: Tab = "waiting", q: Text = None, after: Mark = "", before: Mark = "") -> Response:
    """The texts that wait for a decision, or the decisions so far: a page of them."""
    return _listed(visit, tab, q, after, before)


def _listed(
    visit: Visit,
    tab: str,
    q: str | None = None,
    after: str = "",
    before: str = "",
    *,
    tried: InUse | None = None,
    wrong: FieldError | None = None,
) -> Response:
    """The list; with `wrong`, once more, with what was filled in beside the decision that was to be taken back."""
    owners, person = visit.pack.owners, visit.who.person
    own = {name for name in visit.pack.labels if may_decide(visit.pack, name, person)}
    seen = set(visit.pack.labels) if sees_all(owners, person) else own
    found = known(visit, reader_of(visit))
    waiting = label_list.waiting(found.causes if found else (), visit.pack, seen)
    with visit.site.store.read() as tx:
        decided = label_decisions.count(tx)
    facts: dict[str, Any] = {"tab": tab, "own": own, "counted": found, "waiting": len(waiting), "decided": decided}
    if tab == "decided":
        facts |= {"after": after, "tried": tried, "wrong": wrong, **_decisions(visit, after)}
        if wrong and not any(
            tried and (d.label_set, d.seen) == (tried.label_set, tried.seen) for d in facts["decisions"]
        ):
            raise wrong
        return pages.page(visit, "labels.html", status=_status(wrong), **facts)
    wanted = label_list.saying(waiting, q or "")
    return pages.page(visit, "labels.html", **facts, q=q or "", page=label_list.page(wanted, after, before))


@router.get("/labels/decide")
def choose(visit: SignedIn, entry: Name = None, cause: Name = None, rule: Name = None) -> Response:
    """Which canonical label a text is to stand for: the nearest first."""
    matter = _matter(visit, entry, cause, rule)
    label_set, seen = _text(visit, matter)
    known = tuple(visit.pack.labels[label_set].labels)
    ranked = by_nearness(seen, known)
    return pages.page(
        visit,
        "labels_decide.html",
        matter=matter,
        label_set=label_set,
        seen=seen,
        nearest=ranked[:_NEAREST],
        others=sorted(ranked[_NEAREST:]),
        may_be_new=known != countries(),
    )


@router.get("/labels/preview")
def preview(
    visit: SignedIn,
    *,
    entry: Name = None,
    cause: Name = None,
    rule: Name = None,
    as_label: Text = None,
    new_label: bool = False,
) -> Response:
    """What a decision would touch and release, before it is taken. Nothing is written."""
    matter = _matter(visit, entry, cause, rule)
    foreseen = _foresee(visit, matter, as_label, new_label=new_label, why=_LOOKING)
    return _previewed(visit, matter, foreseen)


def _previewed(
    visit: Visit, matter: Matter, foreseen: Foreseen, *, why: str = "", wrong: FieldError | None = None
) -> Response:
    """The preview; with a `why`, or `wrong`, once more, as it was filled in."""
    made, again = foreseen.decision, bool(why) and wrong is None
    return pages.page(
        visit,
        "labels_preview.html",
        status=HTTPStatus.CONFLICT if again else _status(wrong),
        said=pages.Said(text=_MOVED, good=False) if again else None,
        matter=matter,
        foreseen=foreseen,
        shown=_shown(foreseen),
        as_label="" if made.is_new else made.canonical,
        new_label=made.is_new,
        why=why,
        wrong=wrong,
    )


def _refused(visit: Visit, error: Exception, why: str) -> Response:
    """A decision that cannot be taken, such as one that somebody else took first; with the reason, to copy."""
    kinds = ((ConflictError, HTTPStatus.CONFLICT), (NotAllowedError, HTTPStatus.FORBIDDEN))
    status = next((status for kind, status in kinds if isinstance(error, kind)), HTTPStatus.BAD_REQUEST)
    sentence = in_words(visit.pack, str(error))
    return pages.page(visit, "error.html", status=status, title=status.phrase, sentence=sentence, written=why)


def _status(wrong: FieldError | None) -> HTTPStatus:
    return HTTPStatus.BAD_REQUEST if wrong else HTTPStatus.OK


@router.post("/labels/decide")
def decide(visit: SignedIn) -> Response:
    """Take a decision as it was shown; refused when it would touch something else by now."""
    form, wrong = visit.form.read(Previewed), visit.form.wrong(Decided)
    matter = _matter(visit, form.entry, form.cause, form.rule)
    try:
        why = _LOOKING if wrong else form.why
        foreseen = _foresee(visit, matter, form.as_label, new_label=form.new_label, why=why)
        if wrong or _shown(foreseen) != form.shown:
            return _previewed(visit, matter, foreseen, why=form.why, wrong=wrong)
        labels.decide(visit.house, foreseen)
    except (ConflictError, UsageError) as error:
        return _refused(visit, error, form.why)
    return pages.see(visit, "/labels", pages.Said(text=f"Decided. {foreseen.sentence}"))


@router.post("/labels/withdraw")
def withdraw(visit: SignedIn) -> Response:
    """Take a decision back: its text holds deals again."""
    form = visit.form.read(InUse)
    if wrong := visit.form.wrong(Withdrawn):
        return _listed(visit, "decided", after=form.after, tried=form, wrong=wrong)
    house = visit.site.house(visit.who.person, find_pack(visit.site.settings.pack))
    gone = decided_labels.withdraw(house, form.label_set, form.seen, form.why)
    text = f"{gone.label_set} “{gone.seen}” holds deals again. What was delivered by it stays delivered."
    return pages.see(visit, "/labels?tab=decided", pages.Said(text=text))


def _decisions(visit: Visit, after: str) -> dict[str, Any]:
    """A page of decisions, newest first."""
    with visit.site.store.read() as tx:
        found = label_decisions.page(tx, label_list.SIZE, _place(after))
    shown = found[: label_list.SIZE]
    at, number = shown[-1][0] if shown else (None, 0)
    return {
        "decisions": [decision for _, decision in shown],
        "in_use": LabelState.DECIDED,
        "mine": {d.label_set for _, d in shown if may_decide(visit.pack, d.label_set, visit.who.person)},
        "newest": not after,
        "older": f"{at.isoformat()}~{number}" if at and len(found) > len(shown) else None,
    }


def _place(text: str) -> label_decisions.Place | None:
    """Where a page of decisions ended."""
    if not text:
        return None
    stamp, _, number = text.partition("~")
    try:
        at = datetime.fromisoformat(stamp)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None or not _NUMBER.fullmatch(number):
        raise UsageError("That page of the decisions is none of ours: begin at the newest.")
    return at, int(number)


def _matter(visit: Visit, entry: str | None, cause: str | None, rule: str | None) -> Matter:
    if (entry is None) == (cause is None):
        raise UsageError("A label is decided from one entry or from one cause: begin at the labels.")
    try:
        found = causes.find(visit.house, cause) if cause else None
    except UsageError:
        raise NothingThereError(_NOTHING) from None
    return Matter(entry=entry, cause=found, rule=rule)


def _text(visit: Visit, matter: Matter) -> tuple[str, str]:
    """The label set and the text; to whoever may not decide about it, it does not exist."""
    with visit.site.store.read() as tx:
        found = labels.about(tx, visit.house, matter.what, matter.rule)
    if found is None or not may_decide(visit.pack, found[0], visit.who.person):
        raise NothingThereError(_NOTHING)
    return found


def _foresee(visit: Visit, matter: Matter, as_label: str | None, *, new_label: bool, why: str) -> Foreseen:
    _text(visit, matter)
    if (as_label is None) != new_label:
        raise UsageError("Choose one: the label that the text stands for, or a label of its own.")
    return labels.foresee(visit.house, matter.what, as_label=as_label, why=why, rule=matter.rule)


def _shown(foreseen: Foreseen) -> str:
    """What a person confirms, so that it is this and nothing else."""
    made = foreseen.decision
    what = [made.label_set, made.seen, made.canonical, made.is_new]
    return fingerprint([*what, list(foreseen.entries), foreseen.touched.document(), foreseen.released.document()])
