"""Re-run: take held deals by entry, rule, owner or all down the same road again, from live or stored CRM data."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import sqlalchemy as sa

from handoff.core.entry import EntryState, entry_name
from handoff.core.errors import UnknownNameError, UsageError
from handoff.core.handoff import HandoffState
from handoff.core.pack import Pack
from handoff.report.visible import mine
from handoff.road.by_hand import settle_claims
from handoff.road.carry import carry
from handoff.road.drift import compare
from handoff.road.house import House
from handoff.road.judge import judge
from handoff.road.pull import pull_deals
from handoff.road.received import receive
from handoff.road.run import Run, RunSummary, begin, finish
from handoff.road.services import bind_billing, bind_org, probe
from handoff.road.sync import guarded
from handoff.road.whose import whose
from handoff.road.write_back import write_back
from handoff.store import entries, handoffs, runs
from handoff.store.lock import run_lock
from handoff.store.tables import entry


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Which entries: by name (E-000123) or deal id, by rule, by owner (person, name or e-mail), or all open ones.

    `numbers`: the entries of a cause, as they were found.
    """

    entries: tuple[str, ...] = ()
    rule: str | None = None
    owner: str | None = None
    everything: bool = False
    numbers: tuple[int, ...] = ()


def rerun(house: House, selection: Selection, *, stored: bool = False, wait_seconds: float = 600) -> RunSummary:
    """Judge and carry the selected entries again; waits for a running sync. `stored`: without reading the CRM."""
    with house.store.read() as tx:
        select(tx, house.pack, selection)  # what is not there is said before the wait
    with run_lock(house.settings.home, wait_seconds=wait_seconds):
        house.open_ports()
        bind_billing(house)
        with house.store.read() as tx:
            chosen = select(tx, house.pack, selection)
        run = begin(house, "rerun")
        guarded(run, probe)
        guarded(run, bind_org)
        if stored:
            _take_back(run, chosen, {row.deal_id for row in chosen})
        else:
            guarded(run, partial(_read_anew, chosen=chosen))
        for stage in (settle_claims, compare, judge, carry, write_back, receive):
            guarded(run, stage)
        _differences(run, chosen)
        return finish(run)


def select(tx: sa.Connection, pack: Pack, selection: Selection) -> list[sa.Row[Any]]:
    """The entries of a selection. Entries named one by one may be in any state; the rest are the open ones.

    Raises UnknownNameError for an entry that is not there, and for an owner whom nobody knows.
    """
    if selection.entries:
        return [_named(tx, name) for name in selection.entries]
    if selection.numbers:
        return [row for part in handoffs.chunks(selection.numbers) for row in entries.listed(tx, entry.c.id.in_(part))]
    where = [entry.c.state == EntryState.OPEN]
    if selection.rule:
        where.append(entries.with_rule(selection.rule))
    if selection.owner:
        person, _ = whose(tx, pack, selection.owner)
        where.append(mine(pack.owners, person))
    if not (selection.rule or selection.owner or selection.everything):
        raise UsageError("Say which entries: names such as E-000123, --rule, --owner or --all.")
    return entries.listed(tx, *where)


def _named(tx: sa.Connection, name: str) -> sa.Row[Any]:
    found = entries.listed(tx, entries.called(name))
    if not found:
        raise UnknownNameError(f"There is no entry {name}: `handoff queue list` shows the open ones.")
    return found[0]


def _read_anew(run: Run, chosen: Sequence[sa.Row[Any]]) -> None:
    """Judge the deals as they are in the CRM now; without its answer none is judged as it was long ago."""
    read: set[str] | None = None
    try:
        read = pull_deals(run, [row.deal_id for row in chosen])
    finally:
        _take_back(run, chosen, read)


def _take_back(run: Run, chosen: Sequence[sa.Row[Any]], read: set[str] | None) -> None:
    """Held deals go back to the gate; for others there is nothing to do, and the run says so.

    `read`: the deals of which we have the content to judge; None when the CRM did not answer.
    """
    house = run.house
    told: list[tuple[str, str, str | None]] = []
    with house.store.write() as tx:
        runs.enrol(tx, run.id, [row.deal_id for row in chosen])
        for row in chosen:
            now = handoffs.by_id(tx, row.handoff_id)
            if now.state == HandoffState.DELIVERED:
                told.append((row.deal_id, "unchanged", "delivered before; nothing is sent again"))
            elif now.state == HandoffState.EXCLUDED:
                told.append((row.deal_id, "excluded", now.reason))
            elif now.state == HandoffState.REJECTED:
                told.append((row.deal_id, "unchanged", f"rejected: {now.reason}"))
            elif now.state == HandoffState.CLAIMED:
                told.append((row.deal_id, "unchanged", now.reason))
            elif read is None:
                told.append((row.deal_id, "unchanged", "the CRM did not answer, so it was not judged again"))
            elif row.deal_id not in read:
                told.append((row.deal_id, "unchanged", "the CRM no longer has it, so it was not judged again"))
            elif now.state == HandoffState.HELD:
                handoffs.move(tx, now.id, HandoffState.PULLED, house.clock.now(), restart_clock=False)
        runs.conclude_silent(tx, run.id, told)


def _differences(run: Run, chosen: Sequence[sa.Row[Any]]) -> None:
    """What the re-run changed, entry by entry."""
    with run.house.store.read() as tx:
        for before in chosen:
            after = entries.listed(tx, entry.c.id == before.id)[0]
            run.changes.append(
                {
                    "entry": entry_name(before.id),
                    "deal_id": before.deal_id,
                    "before": f"{before.handoff_state}, entry {before.state}",
                    "after": f"{after.handoff_state}, entry {after.state}",
                }
            )
