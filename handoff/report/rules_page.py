"""The rules of a pack as owners read them: what each says, who answers for it, how often it holds and is waived."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from checks.rules import RULES
from handoff.core.ownership import accountable, resolve
from handoff.core.pack import Pack
from handoff.core.violation import Failure
from handoff.report.wording import spoken
from handoff.store.held_by import Stopped


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleView:
    """One rule or failure. `person`: who answers today when no look-up names another; hours of their calendar."""

    name: str
    theme: str
    sentence: str
    empty: str | None
    needs: tuple[str, ...]
    role: str
    person: str
    looked_up: str | None
    kind: str
    respond_within_hours: int
    escalate_within_hours: int
    reviewers: tuple[str, ...]
    waivers: tuple[str, ...]
    waived_for_days: int | None
    fix: str | None
    stopped: Stopped
    waived: int


def rules_of(pack: Pack, now: datetime, stopped: Mapping[str, Stopped], waived: Mapping[str, int]) -> list[RuleView]:
    """The rules that a pack uses, in its order, then the failures of the road; `stopped` and `waived` count by rule."""
    names = (*pack.policies.rules, *(failure.value for failure in Failure))
    return [_view(pack, name, now, stopped, waived) for name in names]


_ROAD = "on the road"


def _view(pack: Pack, name: str, now: datetime, stopped: Mapping[str, Stopped], waived: Mapping[str, int]) -> RuleView:
    answers, rule = accountable(pack.owners, name), RULES.get(name)
    role = pack.owners.roles[answers.role]
    titles = {key: each.title for key, each in pack.owners.roles.items()}
    return RuleView(
        name=name,
        theme=rule.theme.value if rule else _ROAD,
        sentence=rule.sentence if rule else Failure(name).sentence,
        empty=rule.why_empty if rule else None,
        needs=rule.needs if rule else (),
        role=role.title,
        person=resolve(pack.owners, answers.role, {}, now).name,
        looked_up=f"by the deal's {spoken(role.look_up.field)}" if role.look_up else None,
        kind=answers.kind.value,
        respond_within_hours=answers.respond_within_hours,
        escalate_within_hours=answers.escalate_within_hours or answers.respond_within_hours,
        reviewers=tuple(titles[each] for each in answers.reviewers),
        waivers=tuple(titles[each] for each in answers.waive.roles) if answers.waive else (),
        waived_for_days=answers.waive.days if answers.waive else None,
        fix=answers.fix,
        stopped=stopped.get(name, Stopped()),
        waived=waived.get(name, 0),
    )
