"""Which violations of an entry somebody has decided already, so that they wait for nothing but the next run. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from handoff.core.label_decision import LabelDecision
from handoff.core.pack import Pack
from handoff.core.violation import Failure

_FAILURES = frozenset(failure.value for failure in Failure) - {Failure.CORRECTION_CONFLICT.value}
"""What no word about a rule or a field settles."""


class Stands(Protocol):
    """What stands about an entry, as the store keeps it: what people approved, waived and corrected; and labels."""

    @property
    def approved(self) -> Sequence[Any]: ...
    @property
    def waivers(self) -> Sequence[Any]: ...
    @property
    def corrected(self) -> Sequence[Any]: ...
    @property
    def labels(self) -> Sequence[LabelDecision]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """How a violation is decided: what was done, and `by` whom; None where the pack's files say it."""

    how: str
    by: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Parted:
    """An entry's violations: those that still need somebody, and those that somebody has decided."""

    open: tuple[Any, ...]
    settled: tuple[Settled, ...]

    @property
    def all_settled(self) -> bool:
        """Whether the next run alone is waited for; it also judges what could not be judged before."""
        return bool(self.settled) and not self.others()

    def others(self, *rules: str) -> int:
        """How many hold the deal still besides these rules; what could not be judged may turn out to hold nothing."""
        return sum(bool(v.judged) and v.rule not in rules for v in self.open)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """An entry as the gate judged it last (`at`), and what `stands` about it `now`. `source`: of its deal's labels."""

    pack: Pack
    source: str
    at: datetime
    stands: Stands
    now: datetime

    def part(self, violations: Sequence[Any]) -> Parted:
        """Part its violations by what was decided since: what the gate judged after a decision, it judged by it."""
        found = {n: next(self._settled(violation), None) for n, violation in enumerate(violations)}
        return Parted(
            open=tuple(violation for n, violation in enumerate(violations) if found[n] is None),
            settled=tuple(settled for settled in found.values() if settled is not None),
        )

    def _settled(self, violation: Any) -> Iterator[Settled]:
        if violation.rule in _FAILURES or not violation.judged:
            return
        for row in self.stands.approved:
            overtaken = _overtaken(row, self.stands.corrected)
            if row.rule == violation.rule and row.decided_at >= self.at and not overtaken:
                yield Settled(how="approved", by=row.decided_by)
        for row in self.stands.waivers:
            if row.rule == violation.rule and row.at >= self.at and row.until > self.now:
                yield Settled(how="waived", by=row.actor)
        for row in self.stands.corrected:
            if row.field == violation.field and _holds_since(row) >= self.at:
                yield Settled(how="corrected", by=row.actor)
        yield from _label(self.pack, self.source, violation, self.stands.labels)


def still_hold(others: int, what: str = "it") -> str:
    """How many reasons besides one hold a deal, in words."""
    return f"{others} other {'reason still holds' if others == 1 else 'reasons still hold'} {what}"


def _overtaken(approval: Any, corrections: Sequence[Any]) -> bool:
    """Whether something that an approval concerns was corrected after it: then it must be asked for again."""
    about = approval.concerns
    return any(
        row.field in about and about[row.field] != row.value and _holds_since(row) > approval.decided_at
        for row in corrections
    )


def _holds_since(correction: Any) -> datetime:
    """Money holds once a second person has confirmed it."""
    found: datetime = correction.second_at or correction.at
    return found


def _label(pack: Pack, source: str, violation: Any, decisions: Sequence[LabelDecision]) -> Iterator[Settled]:
    """A text that the pack knows by now: by a decision, or by its files."""
    if not (violation.seen and violation.rule.endswith("_is_canonical")) or source not in pack.fields.sources:
        return
    known = pack.label_set_of(source, violation.field)
    if known is None or known.canonical(violation.seen) is None:
        return
    own = (d.actor for d in decisions if d.seen == violation.seen and pack.labels.get(d.label_set) is known)
    yield Settled(how="label decided", by=next(own, None))
