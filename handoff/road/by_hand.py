"""Done by hand: what a person says is there is looked for at the services, then taken into the ledger."""

from dataclasses import dataclass

import sqlalchemy as sa

from connectors.errors import ConnectorError
from handoff.core.authority import Action
from handoff.core.errors import UsageError
from handoff.core.handoff import HandoffState
from handoff.ledger import by_hand as ledger
from handoff.quarantine import by_hand as claims
from handoff.quarantine import decision, desk
from handoff.quarantine.by_hand import Claim
from handoff.quarantine.decision import ConflictError
from handoff.road.at_the_desk import Seen, at_the_desk, seen
from handoff.road.house import House
from handoff.road.run import Run
from handoff.store import handoffs, questions, runs
from handoff.store.events import Author
from mappings.deal_row import trigger_misses

_OF_WHAT_IS_NAMED = frozenset({400, 403})
"""Answers that are about an id somebody named, and no outage: no id, or an object that we may not see."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of a claim. `waits`: why it could not be looked at now, so that the next run does."""

    entry: str
    invoices: tuple[str, ...]
    project: str | None
    accepted: tuple[str, ...] = ()
    """Differences that were accepted."""
    waits: str | None = None


def done_by_hand(house: House, name: str, named: Claim, why: str, *, version: int | None = None) -> Outcome:
    """Say that a deal was done by hand, look at once, and take it over.

    Raises UsageError when what is named is not there, is another deal's, or differs and that was not accepted: then
    nothing was written. When a service does not answer the claim stands, and the next run looks.
    """
    claims.check_names(named.invoices, named.project)
    with at_the_desk(house, name, Action.DONE_BY_HAND, version=version) as looked:
        decision.authorise(looked, Action.DONE_BY_HAND)
        decision.reason(why)
        claims.claimable(looked)
        entry_version = looked.row.row_version
    with house.store.read() as tx:
        before = seen(tx, house, name)
    try:
        found = _look(house, before, named)
    except ConnectorError as error:
        with at_the_desk(house, name, Action.DONE_BY_HAND, version=entry_version) as now:
            claims.claim(now, named, why)
        return Outcome(entry=looked.name, invoices=named.invoices, project=named.project, waits=str(error))
    if problems := found.wrong:
        raise UsageError(f"{looked.name} is not taken over: {'; '.join(problems)}. Nothing was written.")
    if found.differs and not named.accept_differences:
        raise UsageError(
            f"{looked.name} is not what was made: {'; '.join(found.differs)}. Nothing was written; if that is right, "
            "say so: --accept-differences."
        )
    with at_the_desk(house, name, Action.DONE_BY_HAND, version=entry_version) as now:
        row = handoffs.by_id(now.tx, now.row.handoff_id)
        if row.row_version != before.handoff.row_version:
            raise ConflictError(f"A run has taken {now.name} on while you looked. Nothing was written; look again.")
        claims.claim(now, named, why)
        _adopt(now.tx, house, seen(now.tx, house, name), found, author=now.author, why=why)
    return Outcome(
        entry=looked.name,
        invoices=tuple(str(body["id"]) for body in found.invoices),
        project=str(found.project["gid"]) if found.project else None,
        accepted=tuple(found.differs),
    )


def settle_claims(run: Run) -> None:
    """Look at what people said is done by hand, and take it over. Raises ConnectorError when a service is away."""
    house = run.house
    with house.store.read() as tx:
        claimed = [seen(tx, house, row.deal_id) for row in handoffs.in_state(tx, HandoffState.CLAIMED)]
        named = {s.entry.id: claims.claim_of(tx, s.entry.id) for s in claimed}
    for before in claimed:
        claim = named[before.entry.id]
        if claim is None or house.halt.is_set():
            continue
        found = _look(house, before, claim)
        with house.store.write() as tx:
            _settle(tx, run, before, claim, found)


def _settle(tx: sa.Connection, run: Run, before: Seen, claim: Claim, found: ledger.Found) -> None:
    row = handoffs.by_id(tx, before.handoff.id)
    if row.row_version != before.handoff.row_version:
        return  # a person took it back, or named something else
    deal_id, house = row.deal_id, run.house
    # Asked once more in this transaction: another deal may have been given the same invoice since.
    elsewhere = ledger.taken(tx, row.id, ledger.Named(invoices=claim.invoices, project=claim.project))
    wrong = [*found.wrong, *(text for text in elsewhere if text not in found.wrong)]
    problems = [*wrong, *([] if claim.accept_differences else found.differs)]
    now = seen(tx, house, deal_id)
    if problems:
        taken_up = decision.take_up(tx, house.pack, now.entry, now.deal.values, run.author())
        runs.enrol(tx, run.id, [deal_id])
        runs.conclude(tx, run.id, [(deal_id, "held", "what was done by hand does not fit")])
        claims.refuse(taken_up, "; ".join(problems))
        return
    _adopt(tx, house, now, found, author=run.author(), why=f"{claim.actor}: {claim.why}")
    runs.enrol(tx, run.id, [deal_id])
    runs.conclude(tx, run.id, [(deal_id, "delivered", "done by hand")])


def _look(house: House, at: Seen, named: Claim) -> ledger.Found:
    """Ask the services, outside of any transaction; what the ledger has for another deal is wrong, too."""
    what = ledger.Named(invoices=named.invoices, project=named.project)
    with house.store.read() as tx:
        deal = ledger.deal_of(tx, house.pack, at.handoff, at.deal, house.team)
        elsewhere = ledger.taken(tx, at.handoff.id, what)
    try:
        found = ledger.look(deal, what, house.billing, house.tracker)
    except ConnectorError as error:
        if error.status not in _OF_WHAT_IS_NAMED:
            raise
        found = ledger.Found(wrong=[str(error)])
    except (ValueError, LookupError, ArithmeticError, TypeError) as error:  # one claim never stops a run
        found = ledger.Found(wrong=[f"the answer about it cannot be read ({type(error).__name__})"])
    found.wrong += elsewhere
    if miss := trigger_misses(at.deal, house.pack):
        found.differs.append(f"the deal is none for us any more ({miss}), and something of it is out")
    return found


def _adopt(tx: sa.Connection, house: House, at: Seen, found: ledger.Found, *, author: Author, why: str) -> None:
    """Into the ledger, in one transaction with the release of its entry."""
    project = str(found.project["gid"]) if found.project else None
    what = ledger.Named(invoices=tuple(str(body["id"]) for body in found.invoices), project=project)
    if elsewhere := ledger.taken(tx, at.handoff.id, what):  # somebody was faster
        raise ConflictError(f"{'; '.join(elsewhere)}. Nothing was written.")
    deal = ledger.deal_of(tx, house.pack, at.handoff, at.deal, house.team)
    ledger.adopt(tx, author, deal, found, why)
    questions.close(tx, at.entry.id, author.at)
    desk.release(tx, [at.handoff.deal_id], f"done by hand: {why}", author)
