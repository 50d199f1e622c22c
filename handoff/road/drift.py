"""Drift: deals that change after something of them was sent. A person decides, and nothing is voided by itself (law 8).

A stage of its own between pull and judge: what is to be compared is read from the store, so that no crash forgets it,
and Stripe is asked outside of any transaction, for the deals concerned alone.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa

from handoff.core.deal import DealRow
from handoff.core.entry import EntryState
from handoff.core.handoff import EffectKind, EffectState, HandoffState
from handoff.core.pack import Pack
from handoff.core.violation import Failure
from handoff.ledger import sent_invoices
from handoff.ledger.changes import Changes, changes_of
from handoff.ledger.customers import is_ours
from handoff.ledger.sent_invoices import known_invoices
from handoff.ledger.steps import BILLING, FINAL
from handoff.quarantine import desk
from handoff.road.house import Progress
from handoff.road.proposal import Proposal, Sent, propose
from handoff.road.run import Run
from handoff.road.settle import settle_decisions
from handoff.store import effects, entries, handoffs, overlays, runs
from handoff.store.effects import Effect
from handoff.store.events import Event, append
from handoff.store.tables import effect, entry, handoff, violation
from mappings.deal_row import before_go_live, trigger_misses
from mappings.stored_deal import stored_row

OURS = frozenset({Failure.CHANGED_AFTER_DELIVERY.value, Failure.REVERSAL_NEEDED.value})
"""The failures that this stage opens, and alone releases."""
_ENDED_BY_DELETION = frozenset({Failure.DRAFT_DIFFERS.value, Failure.BILLING_REFUSED.value})
"""Failures that the deletion of a draft ends too."""
_BATCH = 200
_SENT = (EffectState.IN_FLIGHT, EffectState.UNKNOWN, EffectState.CONFIRMED)
_PROJECT = (EffectKind.PROJECT, EffectKind.TEMPLATE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A deal of which something was sent: what changed of it, and what is out."""

    handoff: sa.Row[Any]
    row: DealRow
    changes: Changes
    sent: Sent
    customer_id: str
    entry: sa.Row[Any] | None = None
    violations: Sequence[Any] = ()
    answered: bool = True
    """Whether Stripe told how its invoices stand, where that matters."""

    @property
    def rules(self) -> set[str]:
        """What its open entry holds it for."""
        return {v.rule for v in self.violations} if self.entry and self.entry.state == EntryState.OPEN else set()

    @property
    def new(self) -> bool:
        """Whether this content of the deal was not compared before."""
        row = self.handoff
        return bool(row.snapshot_id != (row.compared_snapshot_id or row.planned_snapshot_id))

    @property
    def compared(self) -> bool:
        """Whether its changes are only compared with what is out, and no longer carried there."""
        return bool(self.handoff.state == HandoffState.DELIVERED or any(i.final for i in self.sent.invoices))

    @property
    def concerns_stripe(self) -> bool:
        """Whether how the invoices stand at Stripe decides anything. A deal that once had an entry may be put back."""
        once = self.entry is not None and self.handoff.state in (HandoffState.DELIVERED, HandoffState.PULLED)
        held = self.rules & (OURS | _ENDED_BY_DELETION)
        return bool(self.sent.invoices) and (self.changes.matter or once or bool(held))


def compare(run: Run) -> None:
    """Compare what changed with what was sent, and look after the entries that are open for it."""
    house = run.house
    settle_decisions(run)
    with house.store.read() as tx:
        ids = _concerned(tx)
    for start in range(0, len(ids), _BATCH):
        if house.halt.is_set():
            return
        with house.store.read() as tx:
            cases = _cases(tx, house.pack, ids[start : start + _BATCH])
        with ThreadPoolExecutor(max_workers=house.settings.threads, thread_name_prefix="ask") as pool:
            told = list(pool.map(lambda case: _asked(run, case), cases))
        with house.store.write() as tx:
            entries.lock(tx, [case.handoff.deal_id for case in told])
            for case in told:
                _conclude(tx, run, case)
        house.watch(Progress(stage="compare", done=start + len(cases), total=len(ids)))


def _concerned(tx: sa.Connection) -> list[int]:
    """Delivered deals with a snapshot that was not compared; deals at the gate; deals with an entry of ours."""
    compared = sa.func.coalesce(handoff.c.compared_snapshot_id, handoff.c.planned_snapshot_id)
    sent = sa.exists().where(effect.c.handoff_id == handoff.c.id, effect.c.state.in_(_SENT))
    at_gate = (handoff.c.state == HandoffState.PULLED, handoff.c.planned_snapshot_id.is_not(None), sent)
    rules = sa.select(violation.c.entry_id).where(violation.c.current, violation.c.rule.in_(OURS | _ENDED_BY_DELETION))
    held = sa.select(entry.c.handoff_id).where(entry.c.state == EntryState.OPEN, entry.c.id.in_(rules))
    standing = handoff.c.state.in_([HandoffState.HELD, HandoffState.PASSED, HandoffState.DELIVERED])
    wanted = (  # one query each: together in an OR each is asked of every deal there ever was
        (handoff.c.state == HandoffState.DELIVERED, handoff.c.snapshot_id != compared),
        at_gate,
        (handoff.c.id.in_(held), standing, handoff.c.planned_snapshot_id.is_not(None), sent),
    )
    return sorted({row.id for where in wanted for row in tx.execute(sa.select(handoff.c.id).where(*where))})


def _cases(tx: sa.Connection, pack: Pack, ids: Sequence[int]) -> list[Case]:
    """These handoffs with what changed since they were planned, what is out, and their entries."""
    rows = handoffs.with_content(tx, handoff.c.id.in_(ids))
    found = entries.of_deals(tx, [row.deal_id for row in rows])
    violations = entries.violations_of(tx, [e.id for e in found.values()])
    known = zip(rows, overlays.all_known(tx, rows), strict=True)
    cases = [case_of(tx, pack, row, stored_row(stored, pack)) for row, stored in known]
    return [
        replace(case, entry=own, violations=violations[own.id]) if (own := found.get(case.handoff.deal_id)) else case
        for case in cases
    ]


def case_of(tx: sa.Connection, pack: Pack, row: sa.Row[Any], new: DealRow) -> Case:
    """One handoff, with a deal as it is now."""
    then = stored_row(overlays.as_planned(tx, row), pack)
    own = effects.of_handoff(tx, row.id)
    customer = effects.by_scopes(tx, [row.customer_scope]).get(row.customer_scope)
    changes = changes_of(then, new, pack, row.billing_key, _lost(row, new, pack))
    invoices = known_invoices(own)
    return Case(
        handoff=row,
        row=new,
        changes=changes,
        sent=Sent(
            invoices=invoices,
            planned=sum(e.kind in FINAL for e in own),
            project=_project(own),
            touched=changes.moved
            or any(e.scope in changes.scopes for e in own if e.kind in BILLING and e.state in _SENT),
            ours=customer is not None and is_ours(customer),
        ),
        customer_id=str(customer.external_id) if customer else "",
    )


def _lost(row: sa.Row[Any], new: DealRow, pack: Pack) -> str | None:
    """Why a deal is not for us any more. When it closed is no matter once it is delivered."""
    if miss := trigger_misses(new, pack):
        return miss
    early = row.state != HandoffState.DELIVERED and before_go_live(new, pack)
    return f"closed before go-live ({pack.trigger.go_live})" if early else None


def _project(own: Sequence[Effect]) -> str | None:
    made = next((e for e in own if e.kind in _PROJECT and e.state in _SENT), None)
    return ((made.answer or {}).get("link") or made.external_id or "that may be at the tracker") if made else None


def _asked(run: Run, case: Case) -> Case:
    """The case with its invoices as Stripe has them now; as the ledger knows them when it does not answer."""
    if not case.concerns_stripe:
        return case
    found = sent_invoices.ask(run.delivery, case.handoff.stripe_account, case.customer_id, case.sent.invoices)
    if found is None:
        return replace(case, answered=False)
    return replace(case, sent=replace(case.sent, invoices=found))


def _conclude(tx: sa.Connection, run: Run, case: Case) -> None:
    """The one outcome of a case, and that its snapshot was compared, in one transaction."""
    if handoffs.moved_on(tx, [case.handoff]):  # a person decided on it while Stripe was asked
        runs.conclude_silent(tx, run.id, [(case.handoff.deal_id, "unchanged", "a person decided on it meanwhile")])
        return
    for draft in case.sent.gone:
        sent_invoices.plan_anew(tx, run.delivery, draft)
    sent_invoices.tell_void(tx, run.delivery, case.sent.invoices)
    found = propose(case.changes, case.sent)
    if found is None:
        _let_go(tx, run, case)
    else:
        _hold(tx, run, case, found)
    if case.new and case.answered and case.compared:
        handoffs.note(tx, case.handoff.id, compared_snapshot_id=case.handoff.snapshot_id)


def _let_go(tx: sa.Connection, run: Run, case: Case) -> None:
    """Nothing that is out is concerned: entries of ours end, and a deal that was held for it is judged anew."""
    row, state = case.handoff, HandoffState(case.handoff.state)
    ends = case.rules & OURS or (case.sent.gone and case.rules)
    if ends:
        desk.release(tx, [row.deal_id], _why(case), run.author())
        if state is HandoffState.HELD:
            handoffs.move(tx, row.id, HandoffState.PULLED, run.house.clock.now(), restart_clock=False)
    if case.new and case.compared and case.changes.fields:
        new = {"fields": list(case.changes.fields)}
        why = "changed after it was invoiced, which is no matter for what is out"
        append(tx, run.author(), [Event(subject=f"deal:{row.deal_id}", what="noted", new=new, why=why)])
    if state is HandoffState.DELIVERED and (case.new or ends):
        runs.enrol(tx, run.id, [row.deal_id])
        runs.conclude(tx, run.id, [(row.deal_id, "unchanged", "changed, but nothing that is out is concerned")])


def _why(case: Case) -> str:
    """Why an entry ends."""
    if case.sent.gone:
        return f"the draft {', '.join(i.name for i in case.sent.gone)} was deleted at Stripe"
    if not case.changes.matter:
        return "the deal is again as it was invoiced"
    if not case.sent.live:
        return "its invoices were voided or credited at Stripe"
    return "its invoices are paid, or credited by as much as it is less"


def _hold(tx: sa.Connection, run: Run, case: Case, found: Proposal) -> None:
    """Open its entry, or judge it again; what was told before and stands is not told again."""
    row, state, now = case.handoff, HandoffState(case.handoff.state), run.house.clock.now()
    told = [(v.rule, v.seen) for v in case.violations] if case.rules else []
    stands = told == [(found.violation.rule, found.violation.seen)]
    if state in (HandoffState.PULLED, HandoffState.PASSED) and found.blocks:
        handoffs.move(tx, row.id, HandoffState.HELD, now, reason=found.violation.rule)
    elif state is HandoffState.HELD and not found.blocks:
        handoffs.move(tx, row.id, HandoffState.PULLED, now, restart_clock=False)
    elif stands and _pack_of(case) == run.house.pack.fingerprint:
        if case.new and case.compared:
            runs.conclude(tx, run.id, [(row.deal_id, "held", found.violation.rule)])  # where this run pulled it
        return
    deal = desk.HeldDeal(deal_id=row.deal_id, handoff_id=row.id, values=case.row.values, violations=(found.violation,))
    desk.hold(tx, run.house.pack, [deal], run.author())
    run.held_by_rule[found.violation.rule] += 1
    if found.blocks or state is HandoffState.DELIVERED:
        runs.enrol(tx, run.id, [row.deal_id])
        runs.conclude(tx, run.id, [(row.deal_id, "held", found.violation.rule)])


def _pack_of(case: Case) -> str | None:
    return case.entry.pack_fingerprint if case.entry else None
