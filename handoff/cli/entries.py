"""The quarantine from the command line: the list, one entry, the report by owner and cause."""

from datetime import datetime
from typing import TYPE_CHECKING

from handoff.cli import console, opening
from handoff.core.clock import utc_now
from handoff.core.entry import EntryState
from handoff.core.errors import UsageError
from handoff.report import queue
from handoff.report.wording import counted, times, utc

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from handoff.report.open_to_you import OpenToYou

_SHOWN = 200


def show_list(*, rule: str | None, owner: str | None, all_states: bool, as_json: bool) -> None:
    """Entries, first due first."""
    with opening.reading() as tx:
        found = queue.listed(tx, rule=rule, owner=owner, all_states=all_states)
    if as_json:
        console.emit({"entries": [entry.document() for entry in found]})
        return
    if not found:
        chosen = " that fits" if rule or owner else ""
        console.lines(f"No {'' if all_states else 'open '}entry{chosen}.")
        return
    now = utc_now()
    rows = [
        (
            entry.entry,
            entry.account_name or entry.deal_id,
            entry.money or "cannot be read",
            ", ".join(v.rule for v in entry.violations if v.judged),
            entry.owner,
            utc(entry.due) if entry.status is EntryState.OPEN else entry.status.value,
            _marks(entry, now),
        )
        for entry in found[:_SHOWN]
    ]
    console.table(("Entry", "Account", "Amount", "Held by", "Owner", "Due", ""), rows, right=(2,))
    if len(found) > _SHOWN:
        console.lines(f"and {len(found) - _SHOWN:,} more: narrow with --rule or --owner, or take --json")
    console.lines("", f"{counted(len(found), 'entry', 'entries')}. handoff explain ENTRY says why, who and what next.")


def _marks(entry: queue.QueueEntry, now: datetime) -> str:
    """What is special about an open entry."""
    if entry.status is not EntryState.OPEN:
        return ""
    parts = ["past due" if entry.due < now else "", f"escalated {times(entry.level)}" if entry.level else ""]
    return ", ".join(part for part in parts if part)


def show_one(name: str, *, as_json: bool) -> None:
    """One entry. Raises UsageError when there is none of that name."""
    with opening.reading() as tx:
        entry = queue.found(tx, name)
        if entry is None:
            raise UsageError(f"There is no entry {name!r}: `handoff queue list` shows the open ones.")
        yours = desk_of(tx, entry)
    if as_json:
        console.emit({**entry.document(), "desk": yours.document() if yours else None})
        return
    facts = (
        ("Entry", f"{entry.entry}, {entry.status.value}, episode {entry.episode}"),
        ("Deal", f"{entry.deal_id} {entry.deal_name or ''} ({entry.account_name or 'no account'})"),
        ("Amount", entry.money or "cannot be read"),
        ("Owner", f"{entry.owner} <{entry.email}>, {entry.role}"),
        ("Opened", utc(entry.opened)),
        ("Released" if entry.released else "Due", utc(entry.released or entry.due)),
        *(yours.facts() if yours else ()),
    )
    console.table(("", ""), facts)
    console.lines("")
    violations(entry)


def desk_of(tx: "Connection", entry: queue.QueueEntry) -> "OpenToYou | None":
    """What an entry's reader may do with it; None while no pack is set, which says who may do what."""
    pack_folder = opening.settings().pack
    if pack_folder is None:
        return None
    from handoff.quarantine.decision import laid_before  # noqa: PLC0415 - reading a pack takes half a second
    from handoff.quarantine.offers import offers  # noqa: PLC0415
    from handoff.quarantine.readers import standing_of  # noqa: PLC0415
    from handoff.report.open_to_you import open_to  # noqa: PLC0415
    from handoff.road.packs import find_pack  # noqa: PLC0415
    from handoff.store import entries, handoffs, label_decisions, overlays  # noqa: PLC0415
    from handoff.store.events import Author  # noqa: PLC0415
    from mappings.stored_deal import stored_row  # noqa: PLC0415

    pack, actor = find_pack(pack_folder, label_decisions.in_use(tx)), opening.actor()
    row, *_ = entries.listed(tx, entries.called(entry.entry))
    values = stored_row(overlays.as_known(tx, handoffs.by_id(tx, row.handoff_id)), pack).values
    desk = laid_before(tx, pack, row, values, Author(actor=actor, at=utc_now()))
    may = dict.fromkeys(offer.verb for offer in offers(desk))
    return open_to(tx, row, actor, relations=standing_of(desk), may=list(may))


def violations(entry: queue.QueueEntry) -> None:
    """All violations of an entry as a table."""
    rows = [
        (v.rule, v.seen or "(empty)", v.allowed, v.message if v.judged else f"{v.message} (not judged)")
        for v in entry.violations
    ]
    console.table(("Rule", "Seen", "Allowed", "What is wrong"), rows)
