"""How long won deals take to be invoiced and to have their project, and how many pass the gate at once."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Any

import sqlalchemy as sa

from handoff.core.handoff import EffectKind
from handoff.core.pack import Pack
from handoff.core.percentile import nearest_rank
from handoff.core.period import Period, first_moment
from handoff.store import figures

LEGS = ("close_to_invoice", "invoice_to_project", "close_to_project")
_PROJECTS = frozenset({EffectKind.PROJECT.value, EffectKind.TEMPLATE.value})


@dataclass(frozen=True, slots=True, kw_only=True)
class Duration:
    """How long one leg took: deals counted, their percentiles in whole seconds (None without a deal)."""

    deals: int
    p50_s: int | None
    p90_s: int | None
    left_out: int = 0
    """Deals that reached the leg's end, and whose close date cannot be read or lies after it."""

    @classmethod
    def of(cls, seconds: list[int], left_out: int = 0) -> "Duration":
        p50, p90 = nearest_rank(seconds, 50), nearest_rank(seconds, 90)
        return cls(deals=len(seconds), p50_s=p50, p90_s=p90, left_out=left_out)

    def document(self) -> dict[str, Any]:
        return {"deals": self.deals, "p50_s": self.p50_s, "p90_s": self.p90_s, "left_out": self.left_out}


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstPass:
    """Deals that were judged, and those of them that passed the first time."""

    judged: int
    passed: int

    @property
    def share(self) -> float | None:
        """Of one; None when none was judged."""
        return self.passed / self.judged if self.judged else None


def durations(tx: sa.Connection, pack: Pack, period: Period) -> dict[str, Duration]:
    """The three legs, by name. A leg counts in the period in which it ended."""
    seconds: dict[str, list[int]] = {leg: [] for leg in LEGS}
    left_out = dict.fromkeys(LEGS, 0)
    for closed, invoiced, project in _moments(tx, pack):
        if invoiced and project and period.holds(project):
            seconds["invoice_to_project"].append(max(0, _seconds(invoiced, project)))
        for leg, end in (("close_to_invoice", invoiced), ("close_to_project", project)):
            if end is None or not period.holds(end):
                continue
            if closed is None or closed > end:
                left_out[leg] += 1
            else:
                seconds[leg].append(_seconds(closed, end))
    return {leg: Duration.of(seconds[leg], left_out[leg]) for leg in LEGS}


def _seconds(start: datetime, end: datetime) -> int:
    return int((end - start).total_seconds())


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The first verdict on a deal, and the state its entry has now; None for a deal that was never held."""

    at: datetime
    at_once: bool
    entry_state: str | None


def verdicts(tx: sa.Connection, period: Period) -> Iterator[Verdict]:
    """The deals that the gate judged for the first time in the period."""
    for row in figures.first_verdicts(tx):
        at_once = row.passed_seq is not None and (row.opened_seq is None or row.passed_seq < row.opened_seq)
        at = row.passed_at if at_once else row.opened_at
        if at is not None and period.holds(at):
            yield Verdict(at=at, at_once=at_once, entry_state=row.entry_state)


def first_pass(found: Iterable[Verdict]) -> FirstPass:
    """How many deals were judged for the first time, and how many of them passed then."""
    passed = [verdict.at_once for verdict in found]
    return FirstPass(judged=len(passed), passed=sum(passed))


def _moments(tx: sa.Connection, pack: Pack) -> Iterator[tuple[datetime | None, datetime | None, datetime | None]]:
    """Per handoff: the first moment of its close date, when all its invoices were final, when its project stood."""
    days: dict[tuple[str | None, str | None, str | None], datetime | None] = {}
    for _, group in groupby(figures.ends(tx), key=lambda row: row.handoff_id):
        rows = list(group)
        day = (rows[0].closed_on, rows[0].stripe_account, rows[0].currency)
        if day not in days:
            days[day] = _closed(rows[0], pack)
        invoices = [row.first_at for row in rows if row.kind not in _PROJECTS]
        projects = [row.first_at for row in rows if row.kind in _PROJECTS]
        yield days[day], _last(invoices), _last(projects)


def _last(moments: list[datetime | None]) -> datetime | None:
    """The last of them; None while one is still to come, or when there are none."""
    known = [at for at in moments if at is not None]
    return max(known) if known and len(known) == len(moments) else None


def _closed(row: sa.Row[Any], pack: Pack) -> datetime | None:
    try:
        day = date.fromisoformat(row.closed_on or "")
    except ValueError:
        return None
    try:
        return first_moment(day, billing_zone(pack, row.stripe_account, row.currency))
    except OverflowError:  # the first days of the year 1, in a zone east of Greenwich
        return None


def billing_zone(pack: Pack, stripe_account: str | None = None, currency: str | None = None) -> str:
    """The zone of whoever invoices with this Stripe account in this currency; else that of the first entity."""
    entities = list(pack.billing.entities.values())
    own = [e for e in entities if e.stripe_account == stripe_account]
    exact = [e for e in own if currency in e.currencies]
    return next((e.zone for e in (*exact, *own, *entities)), "UTC")
