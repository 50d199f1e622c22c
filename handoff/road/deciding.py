"""Decisions that change the gate's verdict, composed: what somebody looked at, what it would come to, what is written.

`look` first, then decide on what was seen: the slower of two gets a ConflictError, and nothing of theirs is written.
"""

# Longer than 250 lines: the decisions of the gate stand side by side, with the one way in which each is foreseen.

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeVar

import sqlalchemy as sa

from handoff.core.deal import DealRow
from handoff.core.entry import EntryKind, entry_name
from handoff.core.errors import UsageError
from handoff.core.handoff import AT_THE_DESK, HandoffState
from handoff.core.ownership import Level, accountable
from handoff.core.pack import Pack
from handoff.core.violation import Violation
from handoff.ledger import steps
from handoff.quarantine import approvals, corrections, waivers
from handoff.quarantine.decision import ConflictError, Desk, back_to_the_gate, reason, take_up
from handoff.report.wording import spoken
from handoff.road.house import House
from handoff.road.rerun import Selection, select
from handoff.road.verdict import UNPLANNABLE, AtGate, Verdict, others_of, payload_of, unplannable, verdicts
from handoff.store import handoffs, lifting, overlays
from handoff.store.events import Author
from handoff.store.lifting import Decisions
from mappings.corrections import checked
from mappings.deal_row import before_go_live, to_row, trigger_misses
from mappings.stored_deal import stored_row

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """An entry as somebody saw it: `row` is the deal under its corrections, `crm` as the CRM says."""

    entry: sa.Row[Any]
    handoff: sa.Row[Any]
    row: DealRow
    crm: DealRow
    source: str
    decisions: Decisions

    @property
    def name(self) -> str:
        return entry_name(self.entry.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Foreseen:
    """What the gate says of a deal after a decision. `waits`: for whom, before it can pass at all."""

    verdict: Verdict
    excluded: str | None = None
    waits: str | None = None

    @property
    def would_pass(self) -> bool:
        return self.verdict.passes and self.excluded is None


def look(house: House, name: str) -> Look:
    """An entry (E-000123, or its deal's id) for a decision. Raises UsageError when there is none."""
    with house.store.read() as tx:
        entry = select(tx, house.pack, Selection(entries=(name,)))[0]
        return _look(tx, house, entry)


def _look(tx: sa.Connection, house: House, entry: sa.Row[Any]) -> Look:
    handoff = handoffs.by_id(tx, entry.handoff_id)
    stored = overlays.as_known(tx, handoff)
    return Look(
        entry=entry,
        handoff=handoff,
        row=stored_row(stored, house.pack),
        crm=to_row(stored.content, house.pack, stored.source),
        source=stored.source,
        decisions=lifting.of_deals(tx, [entry.deal_id])[entry.deal_id],
    )


def correct(
    house: House,
    seen: Look,
    texts: Mapping[str, str],
    why: str,
    *,
    dry_run: bool = False,
    version: int | None = None,
) -> Foreseen:
    """Correct fields of a deal, and say what the gate makes of it.

    Raises UsageError for what a field cannot hold, and for a value for which its own rule would hold the deal again.

    `version`, here and below: the entry's as its decider read it, where that was told; else as it was a moment ago.
    """
    if not texts:
        raise UsageError("Say what is corrected: --set field=value.")
    values = {field: checked(house.pack, field, text) for field, text in texts.items()}
    why = reason(why)
    foreseen = _foresee(house, _corrected(house, seen, values))
    allowed = house.pack.policies.desk.corrections
    seconds = sorted({allowed[f].second or "a second person" for f in values if allowed[f].money})
    foreseen = replace(foreseen, waits=", ".join(seconds) or None)

    def lay(desk: Desk) -> None:
        corrections.correct(desk, values, seen.crm, seen.source, why)
        _refuse_failing(house.pack, values, foreseen.verdict.violations)  # takes back what was just laid

    _decide(house, seen, lay, dry_run=dry_run, version=version)
    return foreseen


def confirm(
    house: House, seen: Look, why: str, *, version: int | None = None
) -> tuple[dict[str, str | None], Foreseen]:
    """A second person's word on corrected money: what is laid now, and what the gate makes of it."""
    found = _decide(house, seen, lambda desk: corrections.confirm(desk, reason(why)), version=version)
    return found, _foresee(house, look(house, seen.name))


def withdraw(house: House, seen: Look, field: str, why: str, *, version: int | None = None) -> Foreseen:
    """Take a correction back."""
    _decide(house, seen, lambda desk: corrections.withdraw(desk, field, seen.crm, reason(why)), version=version)
    return _foresee(house, look(house, seen.name))


def waive(
    house: House, seen: Look, rule: str, days: int, why: str, *, version: int | None = None
) -> tuple[datetime, Foreseen]:
    """Waive a rule for one deal: until when, and what the gate makes of it."""
    until = _decide(house, seen, lambda desk: waivers.waive(desk, rule, days, reason(why)), version=version)
    return until, _foresee(house, look(house, seen.name))


def request_approval(house: House, seen: Look, rule: str, why: str, *, version: int | None = None) -> Level:
    """Ask for an approval of exactly what would be written now; returns who is asked. Nothing is sent by it."""
    payload = _payload(house, seen)

    def put(desk: Desk) -> Level:
        return approvals.request(desk, rule, payload, seen.row, reason(why))

    return _decide(house, seen, put, to_the_gate=False, version=version)


def approve(
    house: House, seen: Look, rule: str, why: str, *, version: int | None = None, payload: str | None = None
) -> Foreseen:
    """Say yes to exactly what would be written now. `payload`: the hash of what the approver read, where it was told.

    Raises ConflictError when that is no longer what would be written.
    """
    now = _payload(house, seen)
    if payload is not None and payload != now:
        raise ConflictError(
            f"What would be written for {seen.name} changed while you looked at it. Nothing of yours was written; "
            f"look again: handoff queue show {seen.name}"
        )

    def decide(desk: Desk) -> None:
        approvals.decide(desk, rule, now, seen.row, reason(why), yes=True)

    _decide(house, seen, decide, version=version)
    return _foresee(house, look(house, seen.name))


def decline(house: House, seen: Look, rule: str, why: str, *, version: int | None = None) -> None:
    """Say no: the deal stays held, and whoever asked is told."""

    def decide(desk: Desk) -> None:
        approvals.decide(desk, rule, "", seen.row, reason(why), yes=False)

    _decide(house, seen, decide, to_the_gate=False, version=version)


def _decide(
    house: House,
    seen: Look,
    decision: Callable[[Desk], T],
    *,
    to_the_gate: bool = True,
    dry_run: bool = False,
    version: int | None = None,
) -> T:
    """One transaction: the decision, its event and its notices, and the deal back at the gate for the next run."""
    # What is written in a view alone is lost: so a dry run says no more and no less than the decision would.
    with house.store.read() if dry_run else house.store.write() as tx:
        author = Author(actor=house.actor, at=house.clock.now())
        desk = take_up(tx, house.pack, seen.entry, seen.row.values, author, version=version)
        _still(tx, seen)
        done = decision(desk)
        if to_the_gate:
            back_to_the_gate(desk)
        return done


def _still(tx: sa.Connection, seen: Look) -> None:
    """The deal must be at the desk, and as it was looked at: a new snapshot may say something else."""
    now = handoffs.by_id(tx, seen.handoff.id)
    if now.state not in AT_THE_DESK:
        doing = {
            HandoffState.PASSED: "is on its way: wait until the run has ended",
            HandoffState.DELIVERED: "is delivered: what was sent is put right in the CRM and by hand",
        }.get(HandoffState(now.state), f"is {now.state}")
        raise UsageError(f"The deal of {seen.name} {doing}. Only a held deal is decided on here.")
    if now.snapshot_id != seen.handoff.snapshot_id:
        raise ConflictError(
            f"The deal of {seen.name} changed in the CRM while you looked at it. Nothing of yours was written; "
            f"look again: handoff queue show {seen.name}"
        )


def _corrected(house: House, seen: Look, values: Mapping[str, str | None]) -> Look:
    """What was looked at, as if these values were laid and confirmed."""
    laid = {**overlays.laid(seen.decisions.corrections), **values}
    with house.store.read() as tx:
        content = handoffs.content_of(tx, seen.handoff.snapshot_id).content
    others = [row for row in seen.decisions.corrections if row.field not in values]
    decisions = replace(seen.decisions, corrections=others)
    return replace(seen, row=to_row(content, house.pack, seen.source, laid), decisions=decisions)


def _refuse_failing(pack: Pack, values: Mapping[str, str | None], found: Sequence[Violation]) -> None:
    """A value that puts nothing right must not reach the CRM; where somebody may approve it, they are asked."""
    for violation in found:
        approvable = accountable(pack.owners, violation.rule).kind is EntryKind.APPROVAL
        if violation.field in values and violation.judged and not approvable:
            field, value = spoken(violation.field), values[violation.field]
            said = f"The {field} {value!r}" if value else f"An empty {field}"
            raise UsageError(f"{said} would not pass the gate; allowed is {violation.allowed}.")


def _foresee(house: House, seen: Look) -> Foreseen:
    """What the gate says of what was looked at: pure, from the store alone."""
    if miss := trigger_misses(seen.row, house.pack):
        return Foreseen(verdict=Verdict(violations=()), excluded=miss)
    if before_go_live(seen.row, house.pack):
        return Foreseen(verdict=Verdict(violations=()), excluded=f"closed before {house.pack.trigger.go_live}")
    with house.store.read() as tx:
        others = others_of(tx, [seen.row])
    key = seen.handoff.billing_key
    deal = AtGate(row=seen.row, source=seen.source, billing_key=key, decisions=seen.decisions)
    (verdict,) = verdicts(house, [deal], others)
    if verdict.passes:
        try:
            steps.plan(seen.row, house.pack, key, house.team)
        except UNPLANNABLE as error:
            verdict = Verdict(violations=(unplannable(error),))
    return Foreseen(verdict=verdict)


def _payload(house: House, seen: Look) -> str:
    """The hash of what would be written; UsageError saying what is missing when nobody can say that yet."""
    try:
        return payload_of(house, seen.row, seen.handoff.billing_key)
    except UNPLANNABLE as error:
        raise UsageError(
            f"Nobody can say yet what would be written for {seen.name} ({error}): correct that first, "
            "then ask for the approval."
        ) from None
