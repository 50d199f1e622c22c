"""Done by hand: look whether what a person made for a deal is there and fits, and take it into the ledger."""

# Longer than 250 lines: what is looked at and what is adopted stand side by side, and one without the other
# would let the automation make a second one.

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from connectors.ports import Billing, Body, Tracker
from handoff.core.deal import DealRow
from handoff.core.handoff import EffectKind, EffectState, HandoffState
from handoff.core.keys import marker
from handoff.core.money import MoneyError
from handoff.core.pack import Pack, StepKind
from handoff.ledger.steps import ASANA, FINAL, Plan, applies, plan, stripe
from handoff.store import effects, handoffs, overlays
from handoff.store.effects import Effect, PlannedEffect
from handoff.store.events import Author, Event, append
from handoff.store.tables import effect, handoff
from mappings.stripe_money import exact, in_words, minor_units

BY_HAND = "by_hand"
"""The outcome of an effect that a person brought about."""
ROOTS = (EffectKind.PROJECT, EffectKind.TEMPLATE)
_UNREADABLE = (ValueError, KeyError, ArithmeticError)
_MARK = re.compile(r"\[(HO-[0-9a-f]{12})\]")
_FACTS = ("number", "status", "total_excluding_tax", "total", "currency", "hosted_invoice_url", "livemode")
_IN_DOUBT = (EffectState.IN_FLIGHT, EffectState.UNKNOWN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """What a person says is there: the invoices in the order of the instalments, and the project."""

    invoices: tuple[str, ...]
    project: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Deal:
    """A deal that was done by hand, as the ledger knows it. `plan`: None when it cannot be planned."""

    handoff: sa.Row[Any]
    row: DealRow
    pack: Pack
    plan: Plan | None
    own: tuple[Effect, ...]
    customer_id: str | None
    """The account's customer, where we know it."""

    @property
    def key(self) -> str:
        return str(self.handoff.billing_key)

    @property
    def accounts(self) -> list[str]:
        """The Stripe accounts in which its invoices may be, the likeliest first."""
        first = [self.plan.stripe_account] if self.plan else []
        return list(dict.fromkeys([*first, *(e.stripe_account for e in self.pack.billing.entities.values())]))

    def needs(self, does: StepKind) -> bool:
        """Whether a step of the workflow that does this is for the deal; for one that cannot be planned, any such."""
        steps = [s for s in self.pack.workflow.steps.values() if s.does is does]
        return any(applies(s, self.row) for s in steps) if self.plan else bool(steps)


@dataclass(slots=True, kw_only=True)
class Found:
    """What is there. `wrong`: why it cannot be taken over; `differs`: what a person must accept."""

    account: str = ""
    invoices: list[Body] = field(default_factory=list)
    project: Body | None = None
    wrong: list[str] = field(default_factory=list)
    differs: list[str] = field(default_factory=list)
    gone: set[str] = field(default_factory=set)
    """External ids of ours that are not there any more: a person deleted or voided them."""


def deal_of(tx: sa.Connection, pack: Pack, row: sa.Row[Any], deal: DealRow, team: str) -> Deal:
    """What the ledger knows of a handoff, and what it would have sent."""
    try:
        wanted = plan(deal, pack, row.billing_key, team)
    except _UNREADABLE:
        wanted = None
    scope = wanted.customer.scope if wanted else row.customer_scope
    customer = effects.by_scopes(tx, [scope]).get(scope) if scope else None
    known = customer.external_id if customer and customer.state == EffectState.CONFIRMED else None
    own = tuple(effects.of_handoff(tx, row.id))
    return Deal(handoff=row, row=deal, pack=pack, plan=wanted, own=own, customer_id=known)


def taken(tx: sa.Connection, handoff_id: int, named: Named) -> list[str]:
    """Which of these belong to another deal of the ledger, in words."""
    kinds = (EffectKind.INVOICE, *ROOTS)
    ids = [*named.invoices, *([named.project] if named.project else [])]
    found = sa.select(effect.c.external_id, handoff.c.deal_id).join(handoff, handoff.c.id == effect.c.handoff_id)
    other = found.where(effect.c.kind.in_(kinds), effect.c.external_id.in_(ids), effect.c.handoff_id != handoff_id)
    return [f"{row.external_id} is the ledger's for deal {row.deal_id}" for row in tx.execute(other)]


def look(deal: Deal, named: Named, billing: Callable[[str], Billing], tracker: Tracker) -> Found:
    """Ask the services (reads alone) for what a person named. Raises ConnectorError when one does not answer."""
    found = Found()
    if len(set(named.invoices)) < len(named.invoices):
        found.wrong.append("one invoice is named twice")
    for invoice_id in dict.fromkeys(named.invoices):
        _look_invoice(deal, invoice_id, billing, found)
    _look_ours(deal, named, billing, found)
    if not (found.invoices or named.invoices) and deal.needs(StepKind.INVOICE):
        found.wrong.append("no invoice is named, and none of ours is final: --invoice in_…")
    if not found.wrong:
        found.differs += _invoice_differences(deal, found, billing)
    _look_project(deal, named, tracker, found)
    return found


def _look_invoice(deal: Deal, invoice_id: str, billing: Callable[[str], Billing], found: Found) -> None:
    for account in deal.accounts:
        body = billing(account).invoice(invoice_id)
        if body is not None:
            break
    else:
        found.wrong.append(f"Stripe has no invoice {invoice_id}")
        return
    told = body.get("metadata") or {}
    if body["status"] in ("draft", "void"):
        found.wrong.append(f"invoice {invoice_id} is {body['status']}: only one that is out counts as done")
    elif _marked_for_another(deal, told):
        found.wrong.append(f"invoice {invoice_id} carries the mark of deal {told.get('handoff_deal', 'unknown')}")
    elif found.invoices and account != found.account:
        found.wrong.append(f"invoice {invoice_id} is at another Stripe account than the one before it")
    else:
        found.account = account
        found.invoices.append(body)


def _marked_for_another(deal: Deal, metadata: Mapping[str, str]) -> bool:
    own = {"handoff_deal": deal.row.deal_id, "handoff_key": deal.key}
    return any(metadata.get(name, value) != value for name, value in own.items())


def _look_ours(deal: Deal, named: Named, billing: Callable[[str], Billing], found: Found) -> None:
    """What we sent of invoices ourselves: final ones count, drafts must be named or gone."""
    ours = [e for e in deal.own if e.kind == EffectKind.INVOICE and e.state == EffectState.CONFIRMED]
    final = {e.body.get("invoice") for e in deal.own if e.kind in FINAL and e.state == EffectState.CONFIRMED}
    for made in ours:
        number = int(made.scope.rsplit(":", 1)[1])
        if made.external_id in named.invoices or made.external_id is None:
            continue
        account = deal.handoff.stripe_account or deal.accounts[0]
        body = billing(account).invoice(made.external_id)
        if body is None or body["status"] == "void":
            found.gone.add(made.external_id)
        elif number in final:
            found.account = found.account or account
            found.invoices.insert(min(number - 1, len(found.invoices)), body)
        else:
            found.wrong.append(
                f"our own draft {made.external_id} is still at Stripe: delete it, or finalise it there and name it"
            )
    doubtful = [e for e in deal.own if e.kind in (EffectKind.INVOICE, *ROOTS) and e.state in _IN_DOUBT]
    found.differs += [
        f"our own {e.kind} was sent and no reply came: look whether it is at the service, besides yours"
        for e in doubtful
    ]


def _invoice_differences(deal: Deal, found: Found, billing: Callable[[str], Billing]) -> Iterator[str]:
    expected = _expected(deal)
    if expected and len(expected) != len(found.invoices):
        yield f"the deal is {len(expected)} invoices, {len(found.invoices)} are there"
    elif expected:
        for body, (total, currency) in zip(found.invoices, expected, strict=True):
            if (body["total_excluding_tax"], body["currency"].upper()) != (total, currency):
                seen = in_words(body["total_excluding_tax"], body["currency"].upper())
                yield f"invoice {body['id']}: {seen} excluding tax at Stripe, {in_words(total, currency)} in the deal"
    elif found.invoices:
        yield from _against_amount(deal, found.invoices)
    for customer in dict.fromkeys(str(body["customer"]) for body in found.invoices):
        yield from _of_another(deal, customer, billing(found.account))


def _expected(deal: Deal) -> list[tuple[int, str]]:
    """What each instalment comes to, excluding tax."""
    bodies = [e.body["expected"] for e in deal.plan.effects if e.kind == EffectKind.VERIFY] if deal.plan else []
    return [(e["total_excluding_tax"], e["currency"].upper()) for e in bodies]


def _against_amount(deal: Deal, invoices: Sequence[Body]) -> Iterator[str]:
    """For a deal that cannot be planned: its amount, where that can be read."""
    currency = (deal.row.get("currency") or "").upper()
    total = sum(body["total_excluding_tax"] for body in invoices)
    seen = ", ".join(sorted({in_words(total, body["currency"].upper()) for body in invoices}))
    try:
        amount = minor_units(exact(deal.row.get("amount"), "the amount"), currency)
    except MoneyError as error:
        yield f"{seen} excluding tax at Stripe, and what the deal comes to cannot be read: {error}"
        return
    if total != amount or {body["currency"].upper() for body in invoices} != {currency}:
        yield f"{seen} excluding tax at Stripe, {in_words(amount, currency)} in the deal"


def _of_another(deal: Deal, customer_id: str, billing: Billing) -> Iterator[str]:
    """Whether an invoice went to somebody else: by the account's customer, else by name and e-mail."""
    if deal.customer_id:
        if customer_id != deal.customer_id:
            yield f"customer {customer_id} at Stripe, {deal.customer_id} is the account's"
        return
    body = billing.customer(customer_id) or {}
    ours = {_plain(deal.row.get(name)) for name in ("legal_name", "account_name", "billing_email")} - {""}
    if not ours & {_plain(body.get("name")), _plain(body.get("email"))}:
        whose = f"{body.get('name') or 'no name'}, {body.get('email') or 'no e-mail'}"
        yield f"customer {customer_id} ({whose}) has neither the name nor the e-mail of the deal's"


def _plain(text: Any) -> str:
    return " ".join(str(text or "").split()).lower()


def _look_project(deal: Deal, named: Named, tracker: Tracker, found: Found) -> None:
    ours = next((e for e in deal.own if e.kind in ROOTS and e.state == EffectState.CONFIRMED), None)
    gid = named.project or (ours.external_id if ours else None)
    if gid is None:
        if deal.needs(StepKind.PROJECT):
            found.wrong.append("no project is named, and there is none of ours: --project GID")
        return
    body = tracker.project(gid)
    if body is None:
        found.wrong.append(f"Asana has no project {gid}")
        return
    if ours and ours.external_id != gid:
        if tracker.project(str(ours.external_id)) is not None:
            found.wrong.append(f"our own project {ours.external_id} is at Asana: name it, or delete it there")
        found.gone.add(str(ours.external_id))
    mark = _MARK.search(body.get("name") or "")
    if mark and mark[1] != marker(deal.key):
        found.wrong.append(f"project {gid} carries the mark {mark[1]} of another deal")
    if body.get("archived"):
        found.differs.append(f"project {gid} is archived")
    found.project = body


def adopt(tx: sa.Connection, author: Author, deal: Deal, found: Found, why: str) -> None:
    """Take what is there into the ledger: its effects confirmed, what was not sent dropped, the handoff delivered.

    The deal as it is now is what later changes are compared with.
    """
    ledger = _Ledger(tx=tx, author=author, deal=deal, why=why)
    for row in [e for e in deal.own if e.external_id in found.gone or _group_gone(deal.own, e, found.gone)]:
        ledger.plan_anew(row)
    for n, body in enumerate(found.invoices, start=1):
        facts = {name: body.get(name) for name in _FACTS}
        place = {"service": stripe(found.account), "step": _step(deal, StepKind.INVOICE)}
        ledger.confirm(n, (EffectKind.INVOICE,), str(body["id"]), facts, **place)
        # Its lines, too: what changes of them later concerns what is out.
        ledger.confirm(n, (EffectKind.LINES,), str(body["id"]), facts, **place)
        ledger.confirm(n, FINAL, str(body["id"]), facts, **place)
    if found.project:
        facts = {"link": found.project.get("permalink_url")}
        place = {"service": ASANA, "step": _step(deal, StepKind.PROJECT)}
        ledger.confirm(None, ROOTS, str(found.project["gid"]), facts, **place)
    ledger.close(str((found.project or {}).get("gid") or found.invoices[0]["id"]))
    laid = dict(overlays.as_known(tx, deal.handoff).overlay)
    now: dict[str, Any] = {
        "planned_snapshot_id": deal.handoff.snapshot_id,
        "planned_overlay": laid or None,
        "stripe_account": found.account or None,
    }
    if any(e.kind in FINAL and e.state == EffectState.CONFIRMED and e.outcome != BY_HAND for e in deal.own):
        now = {}  # an invoice of ours is final: what it was made of stays what changes are compared with
    elif deal.plan:
        now |= {"customer_scope": deal.plan.customer.scope, "stripe_account": found.account or deal.plan.stripe_account}
    handoffs.move(
        tx,
        deal.handoff.id,
        HandoffState.DELIVERED,
        author.at,
        reason=None,
        next_at=None,
        **now,
        **handoffs.unshown(deal.handoff),
    )
    subject = f"deal:{deal.handoff.deal_id}"
    append(tx, author, [Event(subject=subject, what="delivered", old=HandoffState.CLAIMED, new="delivered", why=why)])


def _group_gone(own: Iterable[Effect], row: Effect, gone: set[str]) -> bool:
    """Whether an effect hangs on an invoice or a project of ours that a person deleted."""
    if row.state == EffectState.PLANNED:
        return False
    kinds = ROOTS if row.service == ASANA else (EffectKind.INVOICE,)
    n = row.scope.rsplit(":", 1)[1]
    roots = [e for e in own if e.kind in kinds and (row.service == ASANA or e.scope.rsplit(":", 1)[1] == n)]
    return any(root.external_id in gone for root in roots)


def _step(deal: Deal, does: StepKind) -> str:
    """The workflow step that an effect belongs to."""
    named = [(name, step) for name, step in deal.pack.workflow.steps.items() if step.does is does]
    return next((name for name, step in named if applies(step, deal.row)), named[0][0] if named else BY_HAND)


@dataclass(slots=True, kw_only=True)
class _Ledger:
    """The rows of one handoff, while what was done by hand is written into them."""

    tx: sa.Connection
    author: Author
    deal: Deal
    why: str

    def _rows(self) -> Mapping[str, Effect]:
        return {e.scope: e for e in effects.of_handoff(self.tx, self.deal.handoff.id)}

    def _tell(self, row: Effect, what: str, new: Mapping[str, Any]) -> None:
        event = Event(subject=f"effect:{row.scope}", what=what, old=row.state, new=dict(new), why=self.why)
        append(self.tx, self.author, [event])

    def plan_anew(self, row: Effect) -> None:
        """A person deleted what this effect made: its row no longer says that it is there."""
        now = self._rows()[row.scope]
        anew = effects.plan_anew(self.tx, now, now.body)
        self._tell(now, "planned_anew", {"generation": anew.generation, "was": now.external_id})

    def confirm(
        self, n: int | None, kinds: Sequence[EffectKind], external_id: str, facts: Body, *, service: str, step: str
    ) -> None:
        """The effect of one of these kinds (for instalment n) is what the person made; planned first where it lacks."""
        stem, rows = f"bk:{self.deal.key}", self._rows()
        scopes = [f"{stem}:{kind}:{n}" for kind in kinds] if n else [f"{stem}:project"]
        row = next((rows[scope] for scope in scopes if scope in rows), None)
        if row is None:
            seq = max((e.seq for e in rows.values()), default=-1) + 1
            body = {"by_hand": True, **({"invoice": n} if n else {})}
            planned = PlannedEffect(
                scope=scopes[0],
                kind=kinds[0],
                step=step,
                service=service,
                body=body,
                seq=seq,
                handoff_id=self.deal.handoff.id,
            )
            effects.plan(self.tx, [planned])
            row = self._rows()[scopes[0]]
        if row.state == EffectState.CONFIRMED and (row.external_id == external_id or row.kind == EffectKind.LINES):
            return  # we made it ourselves
        self._confirm(row, external_id, facts)

    def _confirm(self, row: Effect, external_id: str, facts: Body) -> None:
        if row.state == EffectState.REFUSED:
            row = effects.change(self.tx, row, EffectState.PLANNED)
        done = {"external_id": external_id, "outcome": BY_HAND}
        effects.change(self.tx, row, EffectState.CONFIRMED, **done, answer=facts, error=None)
        self._tell(row, "confirmed", done)

    def close(self, root: str) -> None:
        """Drop what was not sent; what has no reply is settled with what the person made, and nobody asks again."""
        rows = [e for e in self._rows().values() if e.state != EffectState.CONFIRMED]
        for row in rows:
            if row.state in _IN_DOUBT:
                self._confirm(row, root, {})
            else:
                self._tell(row, "dropped", {"generation": row.generation})
        effects.drop_unsent(self.tx, [e.id for e in rows])
