"""What was sent for a deal, in words: what a reader looks for first, and the steps in between folded away."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from handoff.core.handoff import EffectKind, EffectState
from handoff.report.wording import spoken

_WORDS = {
    EffectKind.CUSTOMER: "Customer",
    EffectKind.CUSTOMER_UPDATE: "Customer, brought up to date",
    EffectKind.TAX_ID: "Tax id of the customer",
    EffectKind.TAX_ID_REMOVAL: "Tax id taken off the customer",
    EffectKind.INVOICE: "Invoice, as a draft",
    EffectKind.LINES: "Lines of the invoice",
    EffectKind.VERIFY: "Draft compared with the deal",
    EffectKind.FINALIZE: "Invoice, finalised",
    EffectKind.SEND: "Invoice, finalised and sent",
    EffectKind.PROJECT: "Project",
    EffectKind.TEMPLATE: "Project, from its template",
    EffectKind.DETAILS: "Details of the project",
    EffectKind.SECTION: "Section of the project",
    EffectKind.TASK: "Task of the project",
    EffectKind.WRITE_BACK: "What the CRM shows",
}
_STATES = {
    EffectState.PLANNED: "waits to be sent",
    EffectState.IN_FLIGHT: "under way",
    EffectState.UNKNOWN: "no answer came: the next run looks",
    EffectState.CONFIRMED: "done",
    EffectState.REFUSED: "refused",
}
_IN_BETWEEN = frozenset(
    {
        EffectKind.TAX_ID,
        EffectKind.TAX_ID_REMOVAL,
        EffectKind.LINES,
        EffectKind.VERIFY,
        EffectKind.DETAILS,
        EffectKind.SECTION,
        EffectKind.TASK,
    }
)
_INVOICES = frozenset({EffectKind.INVOICE, EffectKind.FINALIZE, EffectKind.SEND})
_PROJECTS = frozenset({EffectKind.PROJECT, EffectKind.TEMPLATE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """One effect as its page shows it."""

    what: str
    state: str
    at: str
    external_id: str | None
    link: str | None
    error: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What a person opens at Stripe or Asana; `link` None: it is found by its id."""

    what: str
    external_id: str
    link: str | None


def web_link(text: object) -> str | None:
    """An address that a browser may follow; None for anything else, such as `javascript:`."""
    said = str(text or "")
    return said if said.lower().startswith(("https://", "http://")) else None


def sent(effects: Iterable[Mapping[str, Any]]) -> tuple[Sequence[Sent], Sequence[Sent]]:
    """What was sent, and the steps in between that went well: what did not stands with the first."""
    first: list[Sent] = []
    between: list[Sent] = []
    for effect in effects:
        calm = effect["state"] == EffectState.CONFIRMED and effect["kind"] in _IN_BETWEEN
        (between if calm else first).append(_sent(effect))
    return first, between


def made(effects: Iterable[Mapping[str, Any]]) -> Sequence[Made]:
    """The invoices and the project that are there, each once, with the link of whichever of its effects has one."""
    found: dict[str, Made] = {}
    for effect in effects:
        kind, there = effect["kind"], effect["external_id"]
        what = "Invoice" if kind in _INVOICES else "Project" if kind in _PROJECTS else None
        if what is None or not there or effect["state"] != EffectState.CONFIRMED:
            continue
        known = found.get(there)
        if known is None or known.link is None:
            found[there] = Made(what=what, external_id=there, link=web_link(effect["link"]))
    return tuple(found.values())


def _sent(effect: Mapping[str, Any]) -> Sent:
    kind, state = effect["kind"], effect["state"]
    return Sent(
        what=_WORDS.get(kind) or spoken(kind).capitalize(),
        state=_STATES.get(state) or spoken(state),
        at=_service(effect["service"]),
        external_id=effect["external_id"],
        link=web_link(effect["link"]),
        error=effect["error"],
    )


def _service(name: str) -> str:
    """`Stripe`, or with an account of several `Stripe, account uk`."""
    service, _, account = name.partition(":")
    return f"{service.capitalize()}, account {account}" if account not in {"", "default"} else service.capitalize()
