"""Stop and start the line, and adopt customers: a person's word, with who and why, in the audit."""

import csv
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa

from handoff.core.entry import EntryState
from handoff.core.errors import UsageError
from handoff.core.handoff import HandoffState
from handoff.core.ownership import holders
from handoff.core.violation import Failure
from handoff.road.house import House
from handoff.road.line_notices import tell_of_line
from handoff.store import entries, handoffs, runs
from handoff.store.events import Author, Event, append
from handoff.store.tables import entry, handoff

_COLUMNS = ("account_id", "customer_id")


def stop(house: House, step: str | None, why: str) -> None:
    """Stop a workflow step, or the whole line. While stopped nothing is sent, and every run says so."""
    _authorised(house, step)
    if not why.strip():
        raise UsageError("Say why the line is stopped: --why '…'. Whoever reads the next run will ask.")
    with house.store.write() as tx:
        runs.stop(tx, step or runs.WHOLE_LINE, house.actor, house.clock.now(), why)
        append(tx, _author(house), [Event(subject=f"line:{step or runs.WHOLE_LINE}", what="stopped", why=why)])
        tell_of_line(tx, house, "line_stopped", step, why)


def start(house: House, step: str | None, why: str) -> bool:
    """Let a step, or the whole line, go on; False when it was not stopped."""
    _authorised(house, step)
    if not why.strip():
        raise UsageError("Say why the line may go on: --why '…'.")
    with house.store.write() as tx:
        was_stopped = runs.unstop(tx, step or runs.WHOLE_LINE)
        if was_stopped:
            append(tx, _author(house), [Event(subject=f"line:{step or runs.WHOLE_LINE}", what="started", why=why)])
            tell_of_line(tx, house, "line_started", step, why)
    return was_stopped


def adopt_customers(house: House, file: Path, why: str) -> int:
    """Take a CSV's word on which Stripe customer is which account; deals held for that doubt are judged again.

    Columns: account_id, customer_id and, for packs with several Stripe accounts, stripe_account.
    """
    rows = _read(file)
    now = house.clock.now()
    accounts = {entity.stripe_account for entity in house.pack.billing.entities.values()}
    adoptions = []
    for number, row in rows:
        account = row.get("stripe_account") or "default"
        if account not in accounts:
            known = ", ".join(sorted(accounts))
            raise UsageError(f"{file}:{number}: stripe_account {account!r} is not in billing.yaml (there: {known}).")
        if not row["customer_id"].startswith("cus_"):
            raise UsageError(f"{file}:{number}: {row['customer_id']!r} is no Stripe customer id (cus_…).")
        common = {"account_id": row["account_id"], "customer_id": row["customer_id"], "stripe_account": account}
        adoptions.append({**common, "actor": house.actor, "at": now, "why": why})
    with house.store.write() as tx:
        runs.adopt(tx, adoptions)
        events = [
            Event(subject=f"account:{a['account_id']}", what="customer_adopted", new=a["customer_id"], why=why)
            for a in adoptions
        ]
        append(tx, _author(house), events)
        for part in handoffs.chunks([a["account_id"] for a in adoptions]):
            _judge_again(tx, part, now)
    return len(adoptions)


def _judge_again(tx: sa.Connection, account_ids: Sequence[str], now: datetime) -> None:
    """Deals that wait for their customer, in doubt or because Stripe refused it, go back to the gate."""
    waiting = (
        entry.c.state == EntryState.OPEN,
        sa.or_(entries.with_rule(Failure.CUSTOMER_MAY_EXIST), entries.with_rule(Failure.BILLING_REFUSED)),
        handoff.c.account_id.in_(account_ids),
        handoff.c.state == HandoffState.HELD,
    )
    for held in entries.listed(tx, *waiting):
        handoffs.move(tx, held.handoff_id, HandoffState.PULLED, now, restart_clock=False)


def _read(file: Path) -> Sequence[tuple[int, dict[str, str]]]:
    try:
        text = file.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise UsageError(f"{file} is not UTF-8: save it as CSV UTF-8.") from None
    reader = csv.DictReader(text.splitlines())
    missing = [name for name in _COLUMNS if name not in (reader.fieldnames or [])]
    if missing:
        there = ", ".join(reader.fieldnames or []) or "none"
        raise UsageError(f"{file}: column {', '.join(missing)} is missing (there: {there}).")
    rows = [(n, {k: (v or "").strip() for k, v in row.items() if k}) for n, row in enumerate(reader, start=2)]
    for number, row in rows:
        if not row["account_id"] or not row["customer_id"]:
            raise UsageError(f"{file}:{number}: account_id and customer_id must both be filled.")
    return rows


def _authorised(house: House, step: str | None) -> None:
    """Only the role that trigger.yaml names may stop or start the line."""
    if step is not None and step not in {*house.pack.workflow.steps, "customer"}:
        known = ", ".join(["customer", *house.pack.workflow.steps])
        raise UsageError(f"{step!r} is no step of workflow.yaml (there: {known}).")
    role = house.pack.trigger.stop_role
    allowed = holders(house.pack.owners, role)
    if house.actor not in allowed:
        raise UsageError(
            f"{house.actor!r} may not stop or start the line: trigger.yaml gives that to {role} "
            f"({', '.join(sorted(allowed))}). Say who you are with --as."
        )


def _author(house: House) -> Author:
    return Author(actor=house.actor, at=house.clock.now())
