"""`handoff stats`: how well won deals are handed off, in figures. docs/figures.md defines each, with an example."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from handoff.core.pack import Pack
from handoff.core.period import Period
from handoff.report import decided, journeys
from handoff.report.answers import Answers, Attained, Blocked, answers
from handoff.report.decided import Asked, Corrected, Escalated, Waived
from handoff.report.journeys import Duration, FirstPass, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Stats:
    """Every figure, of one reading of the store."""

    made: datetime
    period: Period
    durations: Mapping[str, Duration]
    first_pass: FirstPass
    answers: Answers
    waived: Sequence[Waived]
    approvals: Asked
    corrections: Corrected
    escalations: Escalated

    @property
    def owners(self) -> list[tuple[str, str, Blocked]]:
        """Person, name and what is open with them, the most entries first."""
        found = [(person, name, blocked) for (person, name), blocked in self.answers.owners.items()]
        return sorted(found, key=lambda o: (-o[2].entries, o[1]))

    @property
    def causes(self) -> list[tuple[str, str, Blocked]]:
        """Rule, value and what it holds: the most money first, in the currency that most open entries have."""
        priced = self.answers.total.priced
        main = max(sorted(priced), key=lambda c: priced[c], default="")
        found = [(rule, seen, blocked) for (rule, seen), blocked in self.answers.causes.items()]
        return sorted(found, key=lambda c: (-c[2].amount[main], -c[2].entries, c[0], c[1]))

    def attained(self, by: Mapping[str, Attained]) -> list[tuple[str, Attained]]:
        """The least attained first."""
        return sorted(by.items(), key=lambda a: (a[1].share or 0.0, -a[1].missed, a[0]))

    def document(self) -> dict[str, Any]:
        """The contract of `stats --json`: times in seconds, shares of one, money in minor units; null: no data yet."""
        found = self.answers
        return {
            "made": self.made.isoformat(),
            "since": self.period.since.isoformat() if self.period.since else None,
            "until": self.period.until.isoformat() if self.period.until else None,
            "zone": self.period.zone,
            "durations": {leg: duration.document() for leg, duration in self.durations.items()},
            "first_pass": {
                "judged": self.first_pass.judged,
                "passed": self.first_pass.passed,
                "share": _rounded(self.first_pass.share),
            },
            "blocked": {
                **found.total.document(),
                "owners": [{"person": p, "owner": name, **b.document()} for p, name, b in self.owners],
                "causes": [{"rule": rule, "seen": seen, **b.document()} for rule, seen, b in self.causes],
            },
            "rework": {**rework(found.episodes), "by_episodes": {str(n): c for n, c in sorted(found.episodes.items())}},
            "response_time": {
                **_attained(found.attained),
                "owners": [
                    {"person": person, "owner": found.names.get(person, person), **_attained(own)}
                    for person, own in self.attained(found.by_owner)
                ],
                "rules": [{"rule": rule, **_attained(own)} for rule, own in self.attained(found.by_rule)],
            },
            **decided.documents(self.waived, self.approvals, self.corrections),
            "escalations": {
                "times": self.escalations.times,
                "entries": self.escalations.entries,
                "open_by_level": {str(level): count for level, count in sorted(found.levels.items())},
            },
        }


def stats(
    tx: sa.Connection, pack: Pack, period: Period, now: datetime, judged: Iterable[Verdict] | None = None
) -> Stats:
    """Count everything in one consistent view of the store. `judged`: the first verdicts of the period, if known."""
    return Stats(
        made=now,
        period=period,
        durations=journeys.durations(tx, pack, period),
        first_pass=journeys.first_pass(journeys.verdicts(tx, period) if judged is None else judged),
        answers=answers(tx, pack, period, now),
        waived=decided.waived(tx, period),
        approvals=decided.asked(tx, period, now),
        corrections=decided.corrected(tx, pack, period),
        escalations=decided.escalated(tx, period),
    )


def rework(episodes: Counter[int]) -> dict[str, Any]:
    """Entries, their episodes, those that came back (more than one episode), and episodes per entry."""
    entries = episodes.total()
    every = sum(number * count for number, count in episodes.items())
    back = sum(count for number, count in episodes.items() if number > 1)
    per_entry = _rounded(every / entries) if entries else None
    return {"entries": entries, "episodes": every, "came_back": back, "episodes_per_entry": per_entry}


def _attained(found: Attained) -> dict[str, Any]:
    return {"met": found.met, "missed": found.missed, "share": _rounded(found.share)}


def _rounded(share: float | None) -> float | None:
    return None if share is None else round(share, 4)
