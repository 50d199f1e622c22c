"""All charts, each by its name: read from one consistent view of the store."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import sqlalchemy as sa

from handoff.core.pack import Pack
from handoff.core.period import Period
from handoff.report.answers import Answers, answers
from handoff.report.charts import ageing, attained, flow, pareto, weeks
from handoff.report.charts.chart import Chart
from handoff.report.journeys import Verdict, verdicts
from handoff.store import causes, figures


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """From what charts are made. `answers`, `judged`: where somebody has read them already, as for `stats`.

    `readable`: the entries that whoever looks may read, None for all; totals are of all entries, texts only of these.
    """

    tx: sa.Connection
    pack: Pack
    period: Period
    now: datetime
    answers: Answers | None = None
    judged: Sequence[Verdict] | None = None
    readable: sa.ColumnElement[bool] | None = None

    def verdicts(self) -> Iterable[Verdict]:
        """The first verdicts of the period."""
        return verdicts(self.tx, self.period) if self.judged is None else self.judged


def _flow(reading: Reading) -> Chart:
    return flow.chart(flow.flow(reading.verdicts()))


def _weeks(reading: Reading) -> Chart:
    return weeks.chart(weeks.weeks(reading.verdicts(), reading.period.zone))


def _causes(reading: Reading) -> Chart:
    may_read = None if reading.readable is None else causes.open_numbers(reading.tx, reading.readable)
    return pareto.chart(pareto.pareto(causes.holding(reading.tx), reading.pack, may_read))


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
    once = replace(reading, judged=list(reading.verdicts()))
    return [make(once) for make in _EVERY.values()]


def chart(reading: Reading, name: str) -> Chart | None:
    """One chart; None when there is none of that name."""
    make = _EVERY.get(name)
    return make(reading) if make else None
