"""Decisions that change the verdict of the gate: each form is read, refused where its reader may not, and taken.

What is refused writes nothing and is shown again in its form, with the reason; a conflict says who changed what.
"""

from fastapi import APIRouter
from starlette.responses import Response

from handoff.core.authority import Action
from handoff.core.errors import UsageError
from handoff.quarantine import offers
from handoff.report.wording import spoken
from handoff.review import decision_fields
from handoff.review import decision_forms as forms
from handoff.review.access import AtEntry
from handoff.review.decision_forms import Decided
from handoff.review.taking import foretold, local_to, look, taken
from handoff.road import deciding

router = APIRouter()


@router.post("/entries/{name}/correct")
def correct(at: AtEntry) -> Response:
    """Correct fields, or hear what the gate would say of that."""
    pack = at.visit.pack
    heard: list[str] = []

    def act(form: forms.Correcting) -> str:
        seen, dry = look(at, form), form.do == "dry_run"
        texts = decision_fields.changed(pack, seen.row, at.visit.form.fields)
        if not texts:
            raise UsageError("Nothing is changed: put the right value into a field first.")
        why = form.why or ("asked what the gate would say" if dry else "")
        foreseen = deciding.correct(at.visit.house, seen, texts, why, dry_run=dry, version=form.version)
        named = ", ".join(spoken(name) for name in texts)
        waits = f"It is money: it holds once {_second(at, foreseen.waits)} confirms it." if foreseen.waits else ""
        told = foretold(foreseen, sure=not dry and not waits)
        said = f"{named[0].upper()}{named[1:]} {'would be' if dry else 'is'} corrected. {waits} {told}"
        if dry:
            heard.append(said)
        return said

    return taken(at, "correct", Action.CORRECT, forms.correcting(pack), act, dry=heard)


def _second(at: AtEntry, roles: str) -> str:
    """The titles of the roles that confirm it."""
    known = at.visit.pack.owners.roles
    return ", ".join(known[role].title.lower() if role in known else role for role in roles.split(", "))


@router.post("/entries/{name}/withdraw-correction")
def withdraw_correction(at: AtEntry) -> Response:
    """Take a correction back."""

    def act(form: forms.Withdrawing) -> str:
        seen = look(at, form)
        foreseen = deciding.withdraw(at.visit.house, seen, form.field, form.why, version=form.version)
        return f"What the CRM says of {spoken(form.field)} holds again. {foretold(foreseen)}"

    return taken(at, offers.WITHDRAW_CORRECTION, Action.CORRECT, forms.Withdrawing, act)


@router.post("/entries/{name}/confirm")
def confirm(at: AtEntry) -> Response:
    """Confirm corrected money, as the second person."""

    def act(form: Decided) -> str:
        laid, foreseen = deciding.confirm(at.visit.house, look(at, form), form.why, version=form.version)
        return f"You confirmed {', '.join(spoken(name) for name in laid)}. {foretold(foreseen)}"

    return taken(at, "confirm", Action.CONFIRM_CORRECTION, Decided, act)


@router.post("/entries/{name}/request-approval")
def request_approval(at: AtEntry) -> Response:
    """Ask for an approval."""

    def act(form: forms.OfRule) -> str:
        asked = deciding.request_approval(at.visit.house, look(at, form), form.rule, form.why, version=form.version)
        return f"{asked.name} is asked to approve it, and told. Until the answer the deal stays held."

    return taken(at, "request-approval", Action.REQUEST_APPROVAL, forms.OfRule, act)


@router.post("/entries/{name}/approve")
def approve(at: AtEntry) -> Response:
    """Approve exactly what is shown."""

    def act(form: forms.Approving) -> str:
        seen, house = look(at, form), at.visit.house
        foreseen = deciding.approve(house, seen, form.rule, form.why, version=form.version, payload=form.payload)
        return f"Approved. {foretold(foreseen)}"

    return taken(at, "approve", Action.APPROVE, forms.Approving, act)


@router.post("/entries/{name}/decline")
def decline(at: AtEntry) -> Response:
    """Decline what was asked for."""

    def act(form: forms.OfRule) -> str:
        deciding.decline(at.visit.house, look(at, form), form.rule, form.why, version=form.version)
        return "Declined: the deal stays held, and whoever asked is told."

    return taken(at, "decline", Action.DECLINE, forms.OfRule, act)


@router.post("/entries/{name}/waive")
def waive(at: AtEntry) -> Response:
    """Waive a rule for this deal."""

    def act(form: forms.Waiving) -> str:
        seen = look(at, form)
        until, foreseen = deciding.waive(at.visit.house, seen, form.rule, form.days, form.why, version=form.version)
        return f"Waived for this deal until {local_to(at, until)}. {foretold(foreseen)}"

    return taken(at, "waive", Action.WAIVE, forms.Waiving, act)
