"""What each kind of effect sends, and how a later look finds what an earlier send created."""

# Longer than 250 lines: each kind's send and its look stand side by side, and one without the other is a duplicate.

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.errors import Refused, Transient, UnknownOutcome
from connectors.ports import Billing, Body, Tracker
from handoff.core.clock import Clock
from handoff.core.handoff import EffectKind
from handoff.ledger.verification import DraftDiffersError, differences
from mappings.asana_tracker import with_users

# A service's clock may be off from ours by this much (RR5).
_SKEW_BEFORE, _SKEW_AFTER = timedelta(minutes=5), timedelta(minutes=10)
_EVER = datetime(2010, 1, 1, tzinfo=UTC)
"""Before Stripe's first invoice: where to look from for what an earlier ledger made."""
_JOB_POLLS = 60
_JOB_PAUSE = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a service confirmed: the external id, and the few facts worth keeping."""

    external_id: str
    facts: Body


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One effect, ready to be sent: its body, what it hangs on, its key, and when it was first sent."""

    kind: EffectKind
    body: Mapping[str, Any]
    parent: str
    """External id of what it hangs on: customer, invoice, project; empty when it stands alone."""
    sections: Mapping[str, str]
    key: str
    billing: Billing | None
    tracker: Tracker
    users: Callable[[], Mapping[str, str]]
    clock: Clock
    first_sent_at: datetime | None = None
    look_first: bool = False
    """What it hangs on was there before this ledger, so it may be there too."""
    known_projects: Callable[[str], Iterable[Body]] | None = None
    """The projects of a team as they were once in this run: enough for what an earlier ledger made."""

    @property
    def stripe(self) -> Billing:
        if self.billing is None:
            raise TypeError(f"{self.kind} is no effect of billing")
        return self.billing

    @property
    def sent_window(self) -> tuple[datetime, datetime]:
        """When the service may have created what we look for: until now, for a request may be held up on its way."""
        return (self.first_sent_at or _EVER) - _SKEW_BEFORE, self.clock.now() + _SKEW_AFTER


def send(call: Call) -> Answer:
    """Send an effect. Raises ConnectorError, or DraftDiffersError from a verification."""
    return _SEND[call.kind](call)


def look(call: Call) -> list[Answer]:
    """What earlier sends of this effect created: nothing, one, or more than one."""
    return _LOOK[call.kind](call)


def body_sent(call: Call) -> Body:
    """The body as it goes out, with the ids of what it hangs on; its hash is the request fingerprint."""
    build = _BODY.get(call.kind)
    return build(call) if build else dict(call.body)


def _customer(call: Call) -> Answer:
    return _identified(call.stripe.create_customer(body_sent(call), call.key))


def _look_customer(call: Call) -> list[Answer]:
    scope = call.body["metadata"]["handoff_scope"]
    found = call.stripe.customers_created(*call.sent_window)
    return [_identified(c) for c in found if c.get("metadata", {}).get("handoff_scope") == scope]


def _customer_update(call: Call) -> Answer:
    return _identified(call.stripe.update_customer(call.parent, body_sent(call), call.key))


def _look_customer_update(call: Call) -> list[Answer]:
    """The customer, where it is as we wanted it; else it has not been told yet."""
    found = call.stripe.customer(call.parent)
    return [_identified(found)] if found and _says(found, call.body) else []


def _says(found: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    """Whether an object at a service has these values; an empty text is one that is not there."""
    return all(
        _says(found.get(name) or {}, value) if isinstance(value, Mapping) else (found.get(name) or "") == value
        for name, value in wanted.items()
    )


def _tax_id(call: Call) -> Answer:
    return _identified(call.stripe.create_tax_id(call.parent, body_sent(call), call.key))


def _look_tax_id(call: Call) -> list[Answer]:
    return [_identified(t) for t in call.stripe.tax_ids(call.parent) if t["value"] == call.body["value"]]


def _tax_id_removal(call: Call) -> Answer:
    call.stripe.delete_tax_id(call.parent, str(call.body["tax_id"]))
    return Answer(external_id=str(call.body["tax_id"]), facts={})


def _look_tax_id_removal(call: Call) -> list[Answer]:
    gone = str(call.body["tax_id"])
    there = any(t["id"] == gone for t in call.stripe.tax_ids(call.parent))
    return [] if there else [Answer(external_id=gone, facts={})]


def _invoice(call: Call) -> Answer:
    return _invoiced(call.stripe.create_invoice(body_sent(call), call.key))


def _look_invoice(call: Call) -> list[Answer]:
    wanted = call.body["draft"]["metadata"]
    since, _ = call.sent_window
    ours = ("handoff_key", "handoff_invoice")
    return [
        _invoiced(i)
        for i in call.stripe.invoices_of(call.parent, since)
        if all(i.get("metadata", {}).get(name) == wanted[name] for name in ours)
    ]


def _lines(call: Call) -> Answer:
    return _invoiced(call.stripe.add_lines(call.parent, list(call.body["lines"]), call.key))


def _look_lines(call: Call) -> list[Answer]:
    invoice = call.stripe.invoice(call.parent)
    return [_invoiced(invoice)] if invoice and invoice["lines"]["data"] else []


def _verify(call: Call) -> Answer:
    """Compare the draft at Stripe with the deal (law 4); a read, so a look is the same as a send."""
    invoice = call.stripe.invoice(call.parent)
    if invoice is None:
        raise DraftDiffersError(f"invoice {call.parent} is not there any more")
    adopted = bool(call.body.get("adopted"))
    found = differences(invoice, call.body["expected"], str(call.body["customer"]), may_be_final=adopted)
    if found:
        raise DraftDiffersError("; ".join(found))
    return _invoiced(invoice)


def _finalize(call: Call) -> Answer:
    return _invoiced(call.stripe.finalize(call.parent, call.key))


def _send(call: Call) -> Answer:
    return _invoiced(call.stripe.send(call.parent, call.key))


def _look_final(call: Call) -> list[Answer]:
    invoice = call.stripe.invoice(call.parent)
    return [_invoiced(invoice)] if invoice and invoice["status"] != "draft" else []


def _project(call: Call) -> Answer:
    return _placed(call.tracker.create_project(body_sent(call)))


def _template(call: Call) -> Answer:
    """Start the job, then poll it: the project is whole only once the job has succeeded (services.md 64)."""
    job = call.tracker.instantiate_template(str(call.body["template"]), body_sent(call))
    for _ in range(_JOB_POLLS):
        if job["status"] == "succeeded":
            return _placed(job["new_project"])
        if job["status"] == "failed":
            half = f"Asana's template job {job['gid']} failed; what it made of the project may be incomplete"
            raise Refused(half, service="asana", code="job_failed")
        call.clock.sleep(_JOB_PAUSE)
        job = call.tracker.job(job["gid"])
    raise UnknownOutcome(f"template job {job['gid']} has not ended", service="asana", code="job_slow")


def _look_project(call: Call) -> list[Answer]:
    mark, team = f"[{call.body['marker']}]", str(call.body["team"])
    sent_before = call.first_sent_at is not None
    projects = call.tracker.projects(team) if sent_before or not call.known_projects else call.known_projects(team)
    return [_placed(p) for p in projects if mark in p["name"]]


def _details(call: Call) -> Answer:
    return _placed(call.tracker.update_project(call.parent, body_sent(call)))


def _section(call: Call) -> Answer:
    return _placed(call.tracker.create_section(call.parent, str(call.body["name"])))


def _look_section(call: Call) -> list[Answer]:
    return [_placed(s) for s in call.tracker.sections(call.parent) if s["name"] == call.body["name"]][:1]


def _task(call: Call) -> Answer:
    return _placed(call.tracker.create_task(body_sent(call)))


def _look_task(call: Call) -> list[Answer]:
    found = call.tracker.task_by_external(str(call.body["task"]["external"]["gid"]))
    return [_placed(found)] if found else []


def _task_body(call: Call) -> Body:
    section = call.body.get("section")
    place: Body = {"projects": [call.parent]}
    if section:
        if section not in call.sections:
            raise Transient(f"section {section} is not there yet", service="asana")
        place = {"memberships": [{"project": call.parent, "section": call.sections[section]}]}
    return {**with_users(call.body["task"], call.users()), **place}


def _identified(answer: Body) -> Answer:
    return Answer(external_id=str(answer["id"]), facts={})


def _invoiced(invoice: Body) -> Answer:
    names = ("number", "status", "total_excluding_tax", "total", "currency", "hosted_invoice_url", "livemode")
    return Answer(external_id=str(invoice["id"]), facts={n: invoice.get(n) for n in names})


def _placed(answer: Body) -> Answer:
    return Answer(external_id=str(answer["gid"]), facts={"link": answer.get("permalink_url")})


_SEND: dict[EffectKind, Callable[[Call], Answer]] = {
    EffectKind.CUSTOMER: _customer,
    EffectKind.CUSTOMER_UPDATE: _customer_update,
    EffectKind.TAX_ID: _tax_id,
    EffectKind.TAX_ID_REMOVAL: _tax_id_removal,
    EffectKind.INVOICE: _invoice,
    EffectKind.LINES: _lines,
    EffectKind.VERIFY: _verify,
    EffectKind.FINALIZE: _finalize,
    EffectKind.SEND: _send,
    EffectKind.PROJECT: _project,
    EffectKind.TEMPLATE: _template,
    EffectKind.DETAILS: _details,
    EffectKind.SECTION: _section,
    EffectKind.TASK: _task,
}
_LOOK: dict[EffectKind, Callable[[Call], list[Answer]]] = {
    EffectKind.CUSTOMER: _look_customer,
    EffectKind.CUSTOMER_UPDATE: _look_customer_update,
    EffectKind.TAX_ID: _look_tax_id,
    EffectKind.TAX_ID_REMOVAL: _look_tax_id_removal,
    EffectKind.INVOICE: _look_invoice,
    EffectKind.LINES: _look_lines,
    EffectKind.VERIFY: lambda call: [_verify(call)],
    EffectKind.FINALIZE: _look_final,
    EffectKind.SEND: _look_final,
    EffectKind.PROJECT: _look_project,
    EffectKind.TEMPLATE: _look_project,
    EffectKind.DETAILS: lambda call: [_details(call)],
    EffectKind.SECTION: _look_section,
    EffectKind.TASK: _look_task,
}
_BODY: dict[EffectKind, Callable[[Call], Body]] = {
    EffectKind.INVOICE: lambda call: {**call.body["draft"], "customer": call.parent},
    EffectKind.PROJECT: lambda call: with_users(call.body["project"], call.users()),
    EffectKind.TEMPLATE: lambda call: dict(call.body["project"]),
    EffectKind.DETAILS: lambda call: dict(call.body["project"]),
    EffectKind.TASK: _task_body,
}
