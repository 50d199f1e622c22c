"""Write-back: what the rep sees on the Opportunity, as absolute values, sent in collections of 200."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from mappings.salesforce import write_back_row

from connectors.errors import AuthFailed, ConnectorError
from connectors.ports import WriteResult
from handoff.core.entry import EntryState, entry_name
from handoff.core.handoff import EffectKind, EffectState, HandoffState
from handoff.core.keys import fingerprint
from handoff.core.violation import Failure
from handoff.ledger.deliver import stopped_by
from handoff.quarantine import desk
from handoff.road.house import Progress
from handoff.road.run import Run
from handoff.store import effects, entries, handoffs, runs
from handoff.store.effects import PlannedEffect
from handoff.store.runs import WHOLE_LINE
from handoff.store.tables import effect, handoff

_COLLECTION = 200
_SERVICE = "salesforce"
_LABELS = {
    HandoffState.DELIVERED: "Delivered",
    HandoffState.HELD: "Held",
    HandoffState.PASSED: "In progress",
    HandoffState.EXCLUDED: "Excluded",
    HandoffState.PULLED: "In progress",
}
_INVOICE_KINDS = (EffectKind.FINALIZE, EffectKind.SEND, EffectKind.INVOICE)
_PROJECT_KINDS = (EffectKind.PROJECT, EffectKind.TEMPLATE)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Due:
    """A deal whose CRM fields are behind what we know."""

    handoff: sa.Row[Any]
    body: dict[str, Any]
    content: str


def write_back(run: Run) -> None:
    """Bring the CRM's handoff fields up to date; a refusal opens an entry and never undoes delivered."""
    house = run.house
    source_map = house.pack.fields.sources[house.source.name]
    if not source_map.write_back or house.halt.is_set():
        return
    if stopped_by(run.delivery.stops, WHOLE_LINE) or stopped_by(run.delivery.stops, "write_back"):
        return
    if missing := _missing_fields(run, source_map.object, list(source_map.write_back.values())):
        run.warnings.append(
            f"The CRM's {source_map.object} has no {', '.join(missing)}: reps do not see the handoff there. "
            "Create the fields or remove them from `write_back` in fields.yaml."
        )
        return
    due = _behind(run)
    for start in range(0, len(due), _COLLECTION):
        if house.halt.is_set() or run.delivery.breaker.down(_SERVICE):
            return
        _send(run, source_map.object, due[start : start + _COLLECTION])
        house.watch(Progress(stage="write back", done=min(start + _COLLECTION, len(due)), total=len(due)))


def _missing_fields(run: Run, name: str, wanted: Sequence[str]) -> list[str]:
    known = run.house.source.describe(name)
    return [field for field in wanted if field not in known or not known[field].updateable]


def _behind(run: Run) -> list[_Due]:
    """Deals of this run, and any whose earlier write-back did not arrive."""
    house = run.house
    with house.store.read() as tx:
        in_run = {row.deal_id for row in runs.deals_of(tx, run.id)}
        unsent = sa.select(handoff).where(handoff.c.state != HandoffState.PULLED).order_by(handoff.c.id)
        rows = [r for r in tx.execute(unsent) if r.deal_id in in_run or r.written_hash is None]
        rows = [r for r in rows if not (r.state == HandoffState.EXCLUDED and r.written_hash is None)]
        found = entries.of_deals(tx, [r.deal_id for r in rows])
        violations = entries.violations_of(tx, [e.id for e in found.values()])
        links = _links(tx, [r.id for r in rows])
    due = []
    for row in rows:
        entry = found.get(row.deal_id)
        values = _values(row, entry, violations[entry.id] if entry else [], links.get(row.id, {}))
        content = fingerprint(values)
        if content != row.written_hash:
            values["last_run"] = run.started_at.isoformat()
            due.append(_Due(handoff=row, body=write_back_row(row.deal_id, values, house.pack), content=content))
    return due


def _links(tx: sa.Connection, handoff_ids: Sequence[int]) -> dict[int, dict[str, str]]:
    """Per handoff the link (or id) of its first invoice and of its project."""
    found: dict[int, dict[str, str]] = {}
    kinds = (*_INVOICE_KINDS, *_PROJECT_KINDS)
    for part in handoffs.chunks(handoff_ids):
        confirmed = sa.select(effect).where(
            effect.c.handoff_id.in_(part), effect.c.kind.in_(kinds), effect.c.state == EffectState.CONFIRMED
        )
        for row in tx.execute(confirmed.order_by(effect.c.seq.desc())):
            answer = row.answer or {}
            what = "project" if row.kind in _PROJECT_KINDS else "invoice"
            link = answer.get("hosted_invoice_url") or answer.get("link") or row.external_id
            found.setdefault(row.handoff_id, {})[what] = link
    return found


def status_label(state: HandoffState, *, held: bool) -> str:
    """The word the rep reads: where the handoff stands, and whether an entry is open."""
    if not held:
        return _LABELS[state]
    return "Delivered, needs attention" if state is HandoffState.DELIVERED else "Held"


def _values(
    row: sa.Row[Any], entry: sa.Row[Any] | None, violations: Sequence[Any], links: dict[str, str]
) -> dict[str, str | None]:
    held = entry is not None and entry.state == EntryState.OPEN
    values: dict[str, str | None] = {
        "status": status_label(HandoffState(row.state), held=held),
        "reason": row.reason,
        "owner": None,
        "next_step": None,
        "invoice": links.get("invoice"),
        "project": links.get("project"),
    }
    if entry is not None and entry.state == EntryState.OPEN:
        values["reason"] = " ".join(v.message for v in violations)[:255]
        values["owner"] = f"{entry.owner_name} ({entry.role})"
        values["next_step"] = (
            f"{entry.owner_name} answers by {entry.due_at:%Y-%m-%d %H:%M} UTC ({entry_name(entry.id)})"
        )
    elif row.state == HandoffState.PASSED:
        values["next_step"] = "Nothing to do: it goes on by itself."
    return values


def _send(run: Run, name: str, due: Sequence[_Due]) -> None:
    """Intent, one collection, settle (absolute values, so an unknown outcome is simply sent again)."""
    house = run.house
    rows = _intend(run, due)
    try:
        results = house.source.write_back(name, [d.body for d in due])
    except ConnectorError as error:
        run.delivery.breaker.failed(_SERVICE, str(error), at_once=isinstance(error, AuthFailed))
        return
    run.delivery.breaker.worked(_SERVICE)
    _settle(run, due, rows, results)


def _intend(run: Run, due: Sequence[_Due]) -> dict[str, int]:
    """One effect per deal, repeated: its values are absolute, so (alone of all kinds) it may go out again."""
    now = run.house.clock.now()
    scopes = {f"deal:{d.handoff.deal_id}:write_back": d for d in due}
    with run.house.store.write() as tx:
        before = effects.by_scopes(tx, list(scopes))
        new = [
            PlannedEffect(scope=scope, kind=EffectKind.WRITE_BACK, step="write_back", service=_SERVICE, body={})
            for scope in scopes
            if scope not in before
        ]
        effects.plan(tx, new)
        rows = effects.by_scopes(tx, list(scopes))
        again = sa.update(effect).where(effect.c.id == sa.bindparam("b_id"))
        again = again.values(
            state=EffectState.IN_FLIGHT,
            generation=effect.c.generation + 1,
            attempts=effect.c.attempts + 1,
            first_sent_at=now,
            last_sent_at=now,
            fingerprint=sa.bindparam("b_content"),
            row_version=effect.c.row_version + 1,
        )
        tx.execute(again, [{"b_id": rows[scope].id, "b_content": d.content} for scope, d in scopes.items()])
    return {d.handoff.deal_id: rows[scope].id for scope, d in scopes.items()}


def _settle(run: Run, due: Sequence[_Due], ids: dict[str, int], results: Sequence[WriteResult]) -> None:
    refused: list[tuple[_Due, WriteResult]] = []
    with run.house.store.write() as tx:
        for d, result in zip(due, results, strict=True):
            row = sa.update(effect).where(effect.c.id == ids[d.handoff.deal_id])
            if result.error is None:
                done = {"external_id": d.handoff.deal_id, "outcome": "created", "error": None}
                tx.execute(row.values(state=EffectState.CONFIRMED, **done))
                handoffs.note(tx, d.handoff.id, written_hash=d.content)
                run.delivery.tally.add(EffectKind.WRITE_BACK, "created")
            elif result.transient:
                tx.execute(row.values(state=EffectState.PLANNED, error=result.error))
            else:
                tx.execute(row.values(state=EffectState.REFUSED, error=result.error))
                run.delivery.tally.add(EffectKind.WRITE_BACK, "refused")
                refused.append((d, result))
        _open_entries(tx, run, refused)


def _open_entries(tx: sa.Connection, run: Run, refused: Sequence[tuple[_Due, WriteResult]]) -> None:
    """An entry for the CRM's owner, where the deal has none open for a better reason."""
    found = entries.of_deals(tx, [d.handoff.deal_id for d, _ in refused])
    held = []
    for d, result in refused:
        handoffs.note(tx, d.handoff.id, written_hash=d.content)  # told once; a change of content tries again
        entry = found.get(d.handoff.deal_id)
        if entry is None or entry.state != EntryState.OPEN:
            violation = desk.failed(Failure.CRM_REFUSED, result.error, "a row that the CRM accepts")
            held.append(
                desk.HeldDeal(deal_id=d.handoff.deal_id, handoff_id=d.handoff.id, values={}, violations=(violation,))
            )
    desk.hold(tx, run.house.pack, held, run.author())
