"""Write-back: what the rep sees on the Opportunity, as absolute values, sent in collections of 200."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa

from connectors.errors import ConnectorError
from connectors.ports import WriteResult
from handoff.core.handoff import EffectKind, EffectState, HandoffState
from handoff.core.keys import fingerprint
from handoff.core.violation import Failure
from handoff.ledger.deliver import stopped_by
from handoff.quarantine import desk
from handoff.report.sentences import rule_sentences
from handoff.report.why import Words
from handoff.road.corrected_fields import Corrected, columns, pending, tell
from handoff.road.crm_view import REFUSED, Told, holds, links_of, untold, values_of
from handoff.road.house import Progress
from handoff.road.run import Run
from handoff.store import effects, entries, handoffs, overlays, runs, situations
from handoff.store.effects import PlannedEffect
from handoff.store.runs import WHOLE_LINE
from handoff.store.tables import effect
from mappings.salesforce import write_back_row
from mappings.stored_deal import stored_row

_COLLECTION = 200
_SERVICE = "salesforce"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Due:
    """A deal whose CRM fields are behind what we know."""

    told: Told
    body: dict[str, Any]
    content: str
    corrected: tuple[Corrected, ...] = ()
    """Corrected values that go to the deal's own fields, with it."""


def write_back(run: Run) -> None:
    """Bring the CRM's handoff fields up to date; a refusal opens an entry and never undoes delivered."""
    house = run.house
    source_map = house.pack.fields.sources[house.source.name]
    if not source_map.write_back or house.halt.is_set() or run.delivery.breaker.down(_SERVICE):
        return
    if stopped_by(run.delivery.stops, WHOLE_LINE) or stopped_by(run.delivery.stops, "write_back"):
        return
    missing = _missing_fields(run, source_map.object, list(source_map.write_back.values()))
    shown = [value for value, field in source_map.write_back.items() if field not in missing]
    if missing:
        run.warnings.append(
            f"The CRM's {source_map.object} has no {', '.join(missing)}: reps do not see the handoff there. "
            "Create the fields or remove them from `write_back` in fields.yaml."
        )
    if not shown:
        return
    due = _behind(run, shown)
    for start in range(0, len(due), _COLLECTION):
        if house.halt.is_set() or run.delivery.breaker.down(_SERVICE):
            return
        _send(run, source_map.object, due[start : start + _COLLECTION])
        house.watch(Progress(stage="write back", done=min(start + _COLLECTION, len(due)), total=len(due)))


def _missing_fields(run: Run, name: str, wanted: Sequence[str]) -> list[str]:
    known = run.house.source.describe(name)
    return [field for field in wanted if field not in known or not known[field].updateable]


def _behind(run: Run, shown: Collection[str]) -> list[_Due]:
    """Deals of this run, and any that moved on since the CRM was last told. `shown`: the values it has fields for."""
    house = run.house
    with house.store.read() as tx:
        in_run = {row.deal_id for row in runs.deals_of(tx, run.id)}
        rows = untold(tx, in_run)
        found = entries.of_deals(tx, [r.deal_id for r in rows])
        violations = entries.violations_of(tx, [e.id for e in found.values()])
        links = links_of(tx, [r.id for r in rows])
        standing = situations.of_entries(tx, list(found.values()), run.started_at)
        every = [Told.of(row, found.get(row.deal_id), violations, standing) for row in rows]
        gone = {told.deal_id for told in every if told.may_be_gone and _is_deleted(tx, run, told)}
        corrected = pending(tx, house, [told.deal_id for told in every])
    words = Words(pack=house.pack, source=house.source.name, sentences=rule_sentences())
    due = []
    for told in every:
        row = told.handoff
        url = house.settings.review_url
        every_value = values_of(told, links.get(row.id, {}), words, run.started_at, review_url=url)
        values = {name: value for name, value in every_value.items() if name in shown}
        content = fingerprint(values)
        own = corrected.get(told.deal_id, ())
        if (own or content != row.written_hash) and told.deal_id not in gone:
            values |= {"last_run": run.started_at.isoformat()} if "last_run" in shown else {}
            body = write_back_row(row.deal_id, values, house.pack)
            due.append(_Due(told=told, body=body, content=content, corrected=own))
    return due


def _is_deleted(tx: sa.Connection, run: Run, told: Told) -> bool:
    """Whether the CRM has deleted the deal: then there is nothing to write on."""
    return stored_row(overlays.as_known(tx, told.handoff), run.house.pack).get("deleted") == "true"


def _send(run: Run, name: str, due: Sequence[_Due]) -> None:
    """Intent, one collection, settle (absolute values, so an unknown outcome is simply sent again)."""
    house = run.house
    rows = _intend(run, due)
    try:
        results = house.source.write_back(name, [d.body | columns(d.corrected) for d in due])
    except ConnectorError as error:
        run.delivery.breaker.failed(_SERVICE, str(error), at_once=True)
        return
    without = _settle(run, due, rows, results)
    if without:  # what the CRM does not take of a correction must not keep the rep from reading the rest
        _send(run, name, without)
    late = [result.error or "" for result in results if result.transient]
    if late:
        why = f"{len(late)} Opportunities were not written, the next run tries again: {late[0]}"
        run.delivery.breaker.failed(_SERVICE, why, at_once=len(late) == len(due))
    else:
        run.delivery.breaker.worked(_SERVICE)


def _intend(run: Run, due: Sequence[_Due]) -> dict[str, int]:
    """One effect per deal, repeated: its values are absolute, so (alone of all kinds) it may go out again."""
    now = run.house.clock.now()
    scopes = {d.told.scope: d for d in due}
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
    return {d.told.deal_id: rows[scope].id for scope, d in scopes.items()}


def _settle(run: Run, due: Sequence[_Due], ids: dict[str, int], results: Sequence[WriteResult]) -> list[_Due]:
    """Write the answers down; returns what is to be sent once more, without the corrections that were refused."""
    without: list[_Due] = []
    refused: list[tuple[_Due, WriteResult]] = []
    arrived: list[str] = []
    with run.house.store.write() as tx:
        entries.lock(tx, [d.told.deal_id for d in due])
        for d, result in zip(due, results, strict=True):
            row = sa.update(effect).where(effect.c.id == ids[d.told.deal_id])
            if result.error is None:
                tell(tx, run.author(), d.told.entry, d.corrected)
                done = {"external_id": d.told.deal_id, "outcome": "created", "error": None}
                tx.execute(row.values(state=EffectState.CONFIRMED, **done))
                handoffs.note(tx, d.told.handoff.id, written_hash=d.content)
                run.delivery.tally.add(EffectKind.WRITE_BACK, "created")
                if not holds(d.told.entry, d.told.violations):
                    arrived.append(d.told.deal_id)
            elif result.transient or d.corrected:
                tx.execute(row.values(state=EffectState.PLANNED, error=result.error))
                if not result.transient:
                    tell(tx, run.author(), d.told.entry, d.corrected, refused=result.error)
                    without.append(replace(d, corrected=()))
            else:
                tx.execute(row.values(state=EffectState.REFUSED, error=result.error))
                handoffs.note(tx, d.told.handoff.id, written_hash=REFUSED)
                run.delivery.tally.add(EffectKind.WRITE_BACK, "refused")
                refused.append((d, result))
        desk.release(tx, arrived, "the CRM accepts it", run.author())
        _open_entries(tx, run, refused)
    return without


def _open_entries(tx: sa.Connection, run: Run, refused: Sequence[tuple[_Due, WriteResult]]) -> None:
    """An entry for the CRM's owner, where the deal has none open for a better reason."""
    pack, held = run.house.pack, []
    for d, result in refused:
        if holds(d.told.entry, d.told.violations) or d.told.handoff.state == HandoffState.REJECTED:
            continue
        values = stored_row(overlays.as_known(tx, d.told.handoff), pack).values
        violations = (desk.failed(Failure.CRM_REFUSED, result.error, "a row that the CRM accepts"),)
        handoff_id = d.told.handoff.id
        held.append(desk.HeldDeal(deal_id=d.told.deal_id, handoff_id=handoff_id, values=values, violations=violations))
    desk.hold(tx, pack, held, run.author())
