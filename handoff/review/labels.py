"""Label decisions: which texts hold deals, what a decision would release, and taking it as it was shown."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from checks.rules.labels import by_nearness
from handoff.core.errors import UsageError
from handoff.core.keys import fingerprint
from handoff.core.label_decision import LabelState
from handoff.quarantine.decision import ConflictError
from handoff.quarantine.label_decisions import may_decide
from handoff.report.cause_list import HeldCause
from handoff.report.visible import sees_all
from handoff.review import pages
from handoff.review.access import NothingThereError, SignedIn, Visit
from handoff.review.forms import Fields
from handoff.road import causes, decided_labels, labels
from handoff.road.labels import Foreseen
from handoff.road.packs import find_pack
from handoff.store import label_decisions
from mappings.countries import countries
from mappings.decided_labels import label_set_named

router = APIRouter()
_LOOKING = "looked at, not decided"
_NEAREST = 8
_NOTHING = "Nothing is held there by a label that you may decide about: begin at the labels."
Name = Annotated[str | None, Query(max_length=64)]
Text = Annotated[str | None, Query(max_length=300)]


class Decided(Fields):
    """The form that takes a decision; `shown` is what the preview said, in a hash."""

    entry: str | None = None
    cause: str | None = None
    rule: str | None = None
    as_label: str | None = None
    new_label: bool = False
    why: str = ""
    shown: str


class Withdrawn(Fields):
    """The form that takes a decision back."""

    label_set: str
    seen: str
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Matter:
    """A text that holds deals, by the entry or the cause from which it is decided."""

    entry: str | None
    cause: HeldCause | None
    rule: str | None

    @property
    def what(self) -> str | HeldCause:
        return self.cause if self.cause is not None else self.entry or ""

    @property
    def names(self) -> dict[str, str]:
        """As the addresses and forms name it."""
        found = {"entry": self.entry, "cause": self.cause.id if self.cause else None, "rule": self.rule}
        return {name: value for name, value in found.items() if value}


@router.get("/labels")
def listed(visit: SignedIn) -> Response:
    """The decisions so far, and the texts that wait for one."""
    with visit.site.store.read() as tx:
        found = label_decisions.listed(tx)
    own = {name for name in visit.pack.labels if may_decide(visit.pack, name, visit.who.person)}
    shown = set(visit.pack.labels) if sees_all(visit.pack.owners, visit.who.person) else own
    return pages.page(
        visit,
        "labels.html",
        decisions=list(reversed(found)),
        waiting=[(cause, name, name in own) for cause, name in _waiting(visit) if name in shown],
        in_use=LabelState.DECIDED,
        mine={d.label_set for d in found if may_decide(visit.pack, d.label_set, visit.who.person)},
        sets=own,
    )


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
    return pages.page(
        visit,
        "labels_preview.html",
        matter=matter,
        foreseen=foreseen,
        shown=_shown(foreseen),
        as_label=as_label or "",
        new_label=new_label,
    )


@router.post("/labels/decide")
def decide(visit: SignedIn) -> Response:
    """Take a decision as it was shown; refused when it would touch something else by now."""
    form = visit.form.read(Decided)
    matter = _matter(visit, form.entry, form.cause, form.rule)
    foreseen = _foresee(visit, matter, form.as_label, new_label=form.new_label, why=form.why)
    if _shown(foreseen) != form.shown:
        raise ConflictError(
            "What this decision touches has changed since you looked at it. Nothing of yours was written: "
            f"go back, and look again. Now: {foreseen.sentence}"
        )
    labels.decide(visit.house, foreseen)
    return pages.see(visit, "/labels", pages.Said(text=f"Decided. {foreseen.sentence}"))


@router.post("/labels/withdraw")
def withdraw(visit: SignedIn) -> Response:
    """Take a decision back: its text holds deals again."""
    form = visit.form.read(Withdrawn)
    house = visit.site.house(visit.who.person, find_pack(visit.site.settings.pack))
    gone = decided_labels.withdraw(house, form.label_set, form.seen, form.why)
    text = f"{gone.label_set} “{gone.seen}” holds deals again. What was delivered by it stays delivered."
    return pages.see(visit, "/labels", pages.Said(text=text))


def _waiting(visit: Visit) -> list[tuple[HeldCause, str]]:
    """The causes that a label decision could end, with the label set of each."""
    found = []
    for cause in causes.listed(visit.house):
        key = cause.key
        if key.seen is None or key.any_value:
            continue
        sets = (label_set_named(visit.pack, source, key.field) for source in visit.pack.fields.sources)
        if name := next(filter(None, sets), None):
            found.append((cause, name))
    return found


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
