"""The exception report: what is held, whose it is, what would release most, what changed since the last one."""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from handoff.report import open_entries, since_last
from handoff.report.best_decision import BestDecision
from handoff.report.charts.chart import Chart
from handoff.report.charts.look import Look, Scheme, Size
from handoff.report.moments import local
from handoff.report.open_entries import Background, Balance
from handoff.report.queue import QueueEntry
from handoff.report.since_last import Changes


@dataclass(frozen=True, slots=True, kw_only=True)
class ExceptionReport:
    """A report before it is a page, a table or a document. `owner`: whose it is, by name; None: the whole.

    `approvals`: person -> approvals that wait for them; `undelivered`: critical messages that reached nobody; `zone`:
    in which its reader reads times; `review_url`: where entries are opened, if there is such a place; `titles`: role
    -> what people call it.
    """

    made: datetime
    entries: Sequence[QueueEntry]
    sentences: Mapping[str, str]
    approvals: Mapping[str, int]
    undelivered: int
    changes: Changes
    decisions: Sequence[BestDecision]
    charts: Sequence[Chart]
    balance: Balance | None
    owner: str | None = None
    charts_of: str = ""
    zone: str = "UTC"
    review_url: str | None = None
    titles: Mapping[str, str] = field(default_factory=dict)

    def page(self) -> str:
        """As one HTML file that needs nothing else."""
        background = Background(
            owner=self.owner,
            balance=self.balance,
            changes=self.changes,
            change_rows=tuple(since_last.rows(self.changes)),
            decisions=self.decisions,
            charts=[(chart, drawn(chart)) for chart in self.charts],
            charts_of=self.charts_of,
            review_url=self.review_url.rstrip("/") if self.review_url else None,
            at=lambda moment: local(moment, self.zone),
        )
        return open_entries.page(
            self.entries,
            self.sentences,
            self.made,
            approvals=self.approvals,
            undelivered=self.undelivered,
            background=background,
            titles=self.titles,
        )

    def document(self) -> dict[str, Any]:
        """For programs."""
        return {
            **open_entries.document(self.entries, self.sentences, self.made, self.approvals),
            "undelivered": self.undelivered,
            "owner": self.owner,
            "run": self.balance.document() if self.balance else None,
            "since_last": self.changes.document(),
            "decisions": [decision.document() for decision in self.decisions],
            "charts": {chart.name: chart.document() for chart in self.charts},
        }


def drawn(chart: Chart) -> Mapping[str, str]:
    """A chart's pictures as addresses that hold them: `wide_light` and so on; none where nothing is to draw."""
    if chart.picture is None:
        return {}
    looks = [Look(scheme=scheme, size=size) for size in Size for scheme in Scheme]
    return {f"{look.size}_{look.scheme}": _address(chart.svg(look)) for look in looks}


def _address(svg: str) -> str:
    return f"data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()}"
