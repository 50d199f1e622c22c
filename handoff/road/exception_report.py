"""Compose the exception report, of the whole or of one owner, from one look at the store."""

from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from handoff.core.entry import EntryState
from handoff.core.morning import zone_of
from handoff.core.pack import Pack
from handoff.core.period import Period
from handoff.report import queue, since_last
from handoff.report.charts import ageing, pareto
from handoff.report.charts.chart import Chart
from handoff.report.charts.every import Reading, charts
from handoff.report.exception_report import ExceptionReport
from handoff.report.journeys import billing_zone
from handoff.report.open_entries import Balance
from handoff.report.outcomes import kind_of
from handoff.report.queue import QueueEntry
from handoff.report.sentences import rule_sentences
from handoff.report.visible import mine, names_of
from handoff.road.best_decisions import best_decisions
from handoff.road.house import House
from handoff.road.run import OUTCOMES
from handoff.road.whose import whose
from handoff.store import causes, entries, figures, messages, runs
from handoff.store.tables import entry

DAYS = 91
"""What the charts of the whole tell of: thirteen weeks."""
_LOOKED_AT = 20
"""Runs in which one that came to its end is looked for."""


def compose(house: House, owner: str | None = None, *, day: date | None = None, drawn: bool = True) -> ExceptionReport:
    """The report as of now. `owner`: only of this person (id, e-mail or exact name), and nothing of what is others'.

    `day`: it is published, as the report of this day. `drawn` False: without the charts, which a table has no use for.
    Raises UnknownNameError for an owner whom nobody knows.
    """
    now, pack = house.clock.now(), house.pack
    with house.store.read() as tx:
        person, name = whose(tx, pack, owner) if owner is not None else (None, None)
    decisions = best_decisions(house, person)
    names = frozenset(names_of(pack.owners, person)) if person else frozenset()
    with house.store.read() as tx:
        approvals = queue.approvals_waiting(tx)
        return ExceptionReport(
            made=now,
            entries=_entries(tx, pack, person),
            sentences=rule_sentences(),
            approvals={who: n for who, n in approvals.items() if person is None or who in names},
            undelivered=messages.undelivered(tx, now),
            changes=since_last.changes(tx, now, person=person, names=names, day=day),
            decisions=decisions,
            charts=_charts(tx, pack, now, person) if drawn else (),
            charts_of="" if person else f"The last {DAYS // 7} weeks, and what is open now",
            balance=_balance(tx),
            owner=name,
            zone=str(zone_of(pack.owners, person)) if person else "UTC",
            review_url=house.settings.review_url,
            titles=pack.owners.titles,
        )


def _entries(tx: sa.Connection, pack: Pack, person: str | None) -> list[QueueEntry]:
    if person is None:
        return queue.listed(tx)
    rows = entries.listed(tx, entry.c.state == EntryState.OPEN, mine(pack.owners, person))
    known = queue.numbered(tx, [row.id for row in rows])
    return [known[row.id] for row in rows]


def _charts(tx: sa.Connection, pack: Pack, now: datetime, person: str | None) -> list[Chart]:
    """All of them for the whole; for one owner, what is theirs: how long it waits, and what holds it."""
    if person is not None:
        own = mine(pack.owners, person)
        return [
            pareto.chart(pareto.pareto(causes.holding(tx, own), pack)),
            ageing.chart(ageing.ageing(figures.open_entries(tx, own), now)),
        ]
    zone = billing_zone(pack)
    since = (now - timedelta(days=DAYS)).date()
    return charts(Reading(tx=tx, pack=pack, period=Period(zone=zone, since=since), now=now))


def _balance(tx: sa.Connection) -> Balance | None:
    """The last run that came to its end; None before the first."""
    row: Any = next((row for row in runs.latest(tx, _LOOKED_AT) if row.ended_at and row.summary), None)
    if row is None:
        return None
    told = row.summary
    outcomes = {name: int(told.get(name) or 0) for name in OUTCOMES}
    return Balance(
        run_id=row.id,
        kind=kind_of(row.kind),
        ended=row.ended_at,
        pulled=int(told.get("pulled") or sum(outcomes.values())),
        outcomes=outcomes,
        balanced=bool(told.get("balanced", True)),
    )
