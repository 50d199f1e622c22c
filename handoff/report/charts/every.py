"""All charts, each by its name: read from one consistent view of the store."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from handoff.core.pack import Pack
from handoff.core.period import Period
from handoff.report.answers import Answers, answers
from handoff.report.charts import ageing, attained, flow, pareto, weeks
from handoff.report.charts.chart import Chart
from handoff.report.journeys import verdicts
from handoff.store import causes, figures


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """From what charts are made. `answers`: where somebody has counted them already, as `stats` does."""

    tx: sa.Connection
    pack: Pack
    period: Period
    now: datetime
    answers: Answers | None = None


def _flow(reading: Reading) -> Chart:
    return flow.chart(flow.flow(verdicts(reading.tx, reading.period)))


def _weeks(reading: Reading) -> Chart:
    return weeks.chart(weeks.weeks(verdicts(reading.tx, reading.period), reading.period.zone))


def _causes(reading: Reading) -> Chart:
    return pareto.chart(pareto.pareto(causes.holding(reading.tx), reading.pack))


def _ageing(reading: Reading) -> Chart:
    return ageing.chart(ageing.ageing(figures.open_entries(reading.tx), reading.now))


def _attained(reading: Reading) -> Chart:
    found = reading.answers or answers(reading.tx, reading.pack, reading.period, reading.now)
    return attained.chart(found.attained, found.by_owner, found.names)


_EVERY: Mapping[str, Callable[[Reading], Chart]] = {
    flow.NAME: _flow,
    pareto.NAME: _causes,
    ageing.NAME: _ageing,
    weeks.NAME: _weeks,
    attained.NAME: _attained,
}
NAMES = tuple(_EVERY)


def charts(reading: Reading) -> list[Chart]:
    """Every chart, in the order in which people look at them; what two of them count is read once."""
    found = list(verdicts(reading.tx, reading.period))
    known = {
        flow.NAME: flow.chart(flow.flow(found)),
        weeks.NAME: weeks.chart(weeks.weeks(found, reading.period.zone)),
    }
    return [known.get(name) or make(reading) for name, make in _EVERY.items()]


def chart(reading: Reading, name: str) -> Chart | None:
    """One chart; None when there is none of that name."""
    make = _EVERY.get(name)
    return make(reading) if make else None
