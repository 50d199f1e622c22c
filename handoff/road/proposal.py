"""What a person is told when a deal changes after something of it was sent, and what we propose to do about it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from handoff.core.violation import Failure, Violation
from handoff.ledger.changes import Changes
from handoff.ledger.sent_invoices import InvoiceStatus, SentInvoice
from handoff.quarantine import desk
from mappings.stripe_money import in_words

_DUE = frozenset({InvoiceStatus.OPEN, InvoiceStatus.UNCOLLECTIBLE, InvoiceStatus.UNKNOWN})
_PUT_BACK = "or put the deal back"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What is out of a deal. `planned`: how many invoices it has in all; `project`: its link or gid at the tracker."""

    invoices: Sequence[SentInvoice]
    planned: int
    project: str | None
    touched: bool
    """Whether what changed would change what was sent: what was not, or was refused, follows the deal."""
    ours: bool
    """Whether the customer is ours, so that it says what the CRM says."""

    @property
    def live(self) -> list[SentInvoice]:
        return [i for i in self.invoices if not i.undone]

    @property
    def gone(self) -> list[SentInvoice]:
        """Drafts that somebody deleted at Stripe."""
        return [i for i in self.invoices if i.status is InvoiceStatus.GONE]

    @property
    def unfinished(self) -> bool:
        """Whether an invoice of the deal is still to be finalised."""
        return self.planned > sum(i.status not in (InvoiceStatus.DRAFT, InvoiceStatus.GONE) for i in self.invoices)

    @property
    def due(self) -> bool:
        """Whether an invoice waits to be paid."""
        return any(i.status in _DUE for i in self.live)


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """What to tell. `blocks`: while it stands, nothing more of the deal is sent."""

    violation: Violation
    blocks: bool = True


def propose(changes: Changes, sent: Sent) -> Proposal | None:
    """The one outcome of a change, by what is out; None: nothing that is out is concerned."""
    if not sent.live:
        return _nothing_live(changes, sent)
    if changes.lost:
        return _reversal(changes.lost, sent)
    if changes.unreadable or (changes.money and sent.touched and not _credited(changes, sent)):
        return _changed(_with_totals(changes), _money_steps(changes, sent), sent)
    if changes.paper and sent.touched and (sent.unfinished or sent.due):
        return _changed(", ".join([*changes.paper, *changes.customer]), _paper_steps(sent), sent)
    if changes.customer and sent.due and sent.ours:
        found = _changed(", ".join(changes.customer), _paper_steps(sent), sent)
        return Proposal(violation=found.violation, blocks=False)
    return None


def _nothing_live(changes: Changes, sent: Sent) -> Proposal | None:
    """Every invoice was undone at Stripe, or there never was one."""
    if not sent.invoices:
        return _reversal(changes.lost, sent) if changes.lost and sent.project else None
    taken_back = [i for i in sent.invoices if i.status is not InvoiceStatus.GONE]
    if taken_back and not changes.matter:
        names = ", ".join(i.name for i in taken_back)
        what = f"the deal is as it was invoiced, but invoice {names} was voided or credited at Stripe"
        return _changed(what, ["invoice it again by hand"], sent)
    return None


def _credited(changes: Changes, sent: Sent) -> bool:
    """Whether credit notes have taken off by how much the deal is less, but for a minor unit of rounding."""
    before, after = changes.before, changes.after
    if set(changes.money) != {"total"} or not before or not after or before.currency != after.currency:
        return False
    less, credited = before.minor - after.minor, sum(i.credited for i in sent.live)
    total, untaxed = (
        sum(t or 0 for t in ts) for ts in zip(*((i.total, i.total_excluding_tax) for i in sent.live), strict=True)
    )
    return less > 0 and credited > 0 and (credited + 1) * untaxed >= less * total


def _reversal(why: str, sent: Sent) -> Proposal:
    steps = [_undo(i) for i in sent.live]
    if sent.project:
        steps.append(f"close the project {sent.project}")
    seen = "; ".join([why, *_out(sent)])
    return Proposal(violation=desk.failed(Failure.REVERSAL_NEEDED, seen, _sentence([*steps, _PUT_BACK])))


def _undo(invoice: SentInvoice) -> str:
    match invoice.status:
        case InvoiceStatus.DRAFT:
            return f"delete the draft {invoice.name} at Stripe"
        case InvoiceStatus.PAID:
            return f"credit invoice {invoice.name} in whole, with a refund"
        case InvoiceStatus.UNKNOWN:
            return f"void invoice {invoice.name} by hand, or, if it is paid, credit it in whole with a refund"
        case _:
            return f"void invoice {invoice.name} by hand, or credit it in whole"


def _changed(what: str, steps: list[str], sent: Sent) -> Proposal:
    seen = "; ".join([what, *_out(sent)])
    return Proposal(violation=desk.failed(Failure.CHANGED_AFTER_DELIVERY, seen, _sentence(steps)))


def _with_totals(changes: Changes) -> str:
    if changes.unreadable:
        return "the deal can no longer be read as it was"
    before, after = changes.before, changes.after
    parts = [part for part in changes.money if part not in ("total", "currency")]
    if before and after and before != after:
        old, new = in_words(before.minor, before.currency), in_words(after.minor, after.currency)
        parts.insert(0, f"total {old} -> {new}")
    return ", ".join([*parts, *changes.paper, *changes.customer])


def _money_steps(changes: Changes, sent: Sent) -> list[str]:
    before, after = changes.before, changes.after
    steps = [_redraft(i) for i in sent.live if i.status is InvoiceStatus.DRAFT]
    final = [i for i in sent.live if i.status is not InvoiceStatus.DRAFT]
    if changes.unreadable and final:
        steps.append("decide with finance what to do about invoice " + ", ".join(i.name for i in final))
    if changes.unreadable or not final:
        return [*steps, _PUT_BACK]
    names = " or ".join(i.name for i in final)
    if not before or not after or before.currency != after.currency or before.minor == after.minor:
        again = f"invoice {in_words(after.minor, after.currency)} again by hand" if after else "invoice again by hand"
        return [*steps, *(_credit_whole(i) for i in final), again, _PUT_BACK]
    difference = in_words(abs(after.minor - before.minor), after.currency)
    tax = " before tax" if any(i.total != i.total_excluding_tax for i in final) else ""
    if after.minor > before.minor:
        return [*steps, f"invoice a further {difference}{tax} by hand", _PUT_BACK]
    refund = ", with a refund" if all(i.status is InvoiceStatus.PAID for i in final) else ""
    return [*steps, f"give a credit note over {difference}{tax} on invoice {names}{refund}", _PUT_BACK]


def _credit_whole(invoice: SentInvoice) -> str:
    if invoice.status is InvoiceStatus.PAID:
        return f"credit invoice {invoice.name} in whole, with a refund"
    return f"credit invoice {invoice.name} in whole"


def _paper_steps(sent: Sent) -> list[str]:
    steps = [_redraft(i) for i in sent.live if i.status is InvoiceStatus.DRAFT]
    due = [i.name for i in sent.live if i.status in _DUE]
    if due:
        names = ", ".join(due)
        steps.append(f"void invoice {names} and invoice again by hand, or leave it: once paid, this entry closes")
    return [*steps, _PUT_BACK]


def _redraft(invoice: SentInvoice) -> str:
    return f"delete the draft {invoice.name} at Stripe, and it is drafted anew"


def _out(sent: Sent) -> Iterator[str]:
    """What is out, in words."""
    for i in sent.invoices:
        kind = "draft" if i.status is InvoiceStatus.DRAFT else "invoice"
        total = f" over {in_words(i.total, i.currency)}" if i.total is not None and i.currency else ""
        credited = f", {in_words(i.credited, i.currency)} of it credited" if i.credited else ""
        now = {
            InvoiceStatus.DRAFT: "is at Stripe",
            InvoiceStatus.GONE: "was deleted at Stripe",
            InvoiceStatus.UNKNOWN: "is final (Stripe did not say whether it is paid)",
        }.get(i.status, f"is {i.status}")
        yield f"{kind} {i.name}{total} {now}{credited}"
    if sent.project and not sent.invoices:
        yield f"the project {sent.project} is there"


def _sentence(steps: Sequence[str]) -> str:
    text = "; ".join(steps)
    return f"{text[0].upper()}{text[1:]}."
