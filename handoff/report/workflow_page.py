"""A pack's workflow for the people in it: steps in plain language, who answers, by when, and what can go wrong."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import takewhile
from typing import Any

from handoff.core.business_time import calendar_of
from handoff.core.ownership import accountable, resolve
from handoff.core.pack import Accountable, Pack, Starts, Step, StepKind
from handoff.core.violation import Failure
from handoff.report.pages import render
from handoff.report.wording import counted, spoken

_DOES = {
    StepKind.INVOICE: "Handoff does it at Stripe",
    StepKind.PROJECT: "Handoff does it in Asana",
    StepKind.WRITE_BACK: "Handoff does it in the CRM",
    StepKind.BY_HAND: "a person does it",
}
_STARTS = {
    Starts.DEAL_CLOSED: "once the deal is won and has passed the check",
    Starts.INVOICE_FINALISED: "once the invoice is out",
    Starts.KICKOFF_DATE_REACHED: "on the day of the kick-off",
}
_OTHERWISE = {
    StepKind.BY_HAND: "once the deal is delivered",
    StepKind.WRITE_BACK: "in every run in which something has changed",
}
"""Steps that do not begin by `starts`."""
_OF_A_SERVICE = (Failure.ATTEMPTS_EXHAUSTED, Failure.SERVICE_DOWN)
_FAILURES = {
    StepKind.INVOICE: (
        Failure.CUSTOMER_MAY_EXIST,
        Failure.BILLING_REFUSED,
        Failure.DRAFT_DIFFERS,
        Failure.AMBIGUOUS_LOOK_UP,
        Failure.CHANGED_AFTER_DELIVERY,
        Failure.REVERSAL_NEEDED,
        *_OF_A_SERVICE,
    ),
    StepKind.PROJECT: (Failure.TRACKER_REFUSED, Failure.AMBIGUOUS_LOOK_UP, *_OF_A_SERVICE),
    StepKind.WRITE_BACK: (Failure.CRM_REFUSED, *_OF_A_SERVICE),
    StepKind.BY_HAND: (),
}
"""Where on the road each failure can occur; those of the check itself are `_OF_THE_CHECK`."""
_OF_THE_CHECK = (Failure.RULE_ERROR, Failure.CORRECTION_CONFLICT, Failure.SERVICE_DOWN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """A role, and who holds it now. With a look-up, `how` says by which field it finds somebody; else `person`."""

    role: str
    title: str
    person: str
    how: str | None = None
    away: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """A rule or failure that can hold a deal at a step; hours of the owner's calendar."""

    code: str
    sentence: str
    kind: str
    answers: Answers
    within_hours: int
    fix: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StepView:
    """One step as its page shows it."""

    id: str
    title: str
    does: str
    answers: Answers
    deal_types: tuple[str, ...]
    starts: str
    limit: str | None
    inputs: tuple[str, ...]
    handed_over_by: tuple[str, ...]
    fallback: str | None
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkflowView:
    """The workflow as a whole. `orders`: for each deal type, the titles of its steps in order."""

    pack: str
    owner: Answers
    orders: tuple[tuple[str, tuple[str, ...]], ...]
    steps: tuple[StepView, ...]

    def document(self) -> dict[str, Any]:
        """The contract of `workflow --json`."""
        return {
            "pack": self.pack,
            "owner": asdict(self.owner),
            "orders": {deal_type: list(titles) for deal_type, titles in self.orders},
            "steps": [asdict(step) for step in self.steps],
        }


def described(pack: Pack, sentences: Mapping[str, str], now: datetime, deal_type: str | None = None) -> WorkflowView:
    """The workflow of a pack, with whoever answers at a moment; `sentences`: rule -> what owners read.

    `deal_type`: only the steps of such deals, as `orders` names them. Raises KeyError for one that has no order.
    """
    orders = _orders(pack)
    steps = pack.workflow.steps if deal_type is None else orders[deal_type]
    return WorkflowView(
        pack=pack.name,
        owner=_answers(pack, pack.workflow.owner_role, now),
        orders=tuple((name, tuple(step.title for step in own.values())) for name, own in orders.items()),
        steps=(_check(pack, sentences, now), *(_step(pack, steps, name, now) for name in steps)),
    )


def page(view: WorkflowView, made: datetime) -> str:
    """The same as a self-contained HTML page."""
    return render("workflow.html", view=view, made=made)


def _check(pack: Pack, sentences: Mapping[str, str], now: datetime) -> StepView:
    """What comes before every step: the deal is judged by all rules."""
    rules = [_problem(pack, rule, sentences.get(rule, spoken(rule)), pack.owners.rules[rule], now)
             for rule in pack.policies.rules]  # fmt: skip
    return StepView(
        id="check",
        title="Check the deal by every rule, and hold it when one is not met",
        does="Handoff does it by itself",
        answers=_answers(pack, pack.policies.owner_role, now),
        deal_types=(),
        starts="as soon as the deal is won",
        limit=None,
        inputs=("The Opportunity with its products, account and contacts",),
        handed_over_by=("The rep",),
        fallback=None,
        problems=(*rules, *(_failure(pack, failure, now) for failure in _OF_THE_CHECK)),
    )


def _step(pack: Pack, steps: Mapping[str, Step], name: str, now: datetime) -> StepView:
    step = steps[name]
    late = [_late(pack, step, now)] if step.limit else []
    return StepView(
        id=name,
        title=step.title,
        does=_DOES[step.does],
        answers=_answers(pack, step.role, now),
        deal_types=step.deal_types,
        starts=_OTHERWISE.get(step.does, _STARTS[step.starts]),
        limit=_limit(pack, step, now),
        inputs=step.inputs,
        handed_over_by=tuple(_handed_over_by(pack, steps, name)),
        fallback=step.fallback,
        problems=(*(_failure(pack, failure, now) for failure in _FAILURES[step.does]), *late),
    )


def _limit(pack: Pack, step: Step, now: datetime) -> str | None:
    if step.limit is None:
        return None
    zone = calendar_of(pack.owners, step.role, resolve(pack.owners, step.role, {}, now).person_id).zone
    task = f", when the task “{step.limit.task}” is completed" if step.limit.task else ""
    return f"within {counted(step.limit.within_hours, 'working hour')} ({zone}){task}"


def _handed_over_by(pack: Pack, steps: Mapping[str, Step], name: str) -> list[str]:
    """The roles of the steps before this one, for the same deals, where the role changes."""
    step, before = steps[name], takewhile(lambda pair: pair[0] != name, steps.items())
    if step.does is StepKind.WRITE_BACK:
        return []
    same = [s for _, s in before if not (s.deal_types and step.deal_types) or set(s.deal_types) & set(step.deal_types)]
    if not same:
        return []
    last = same[-1]
    return [f"{pack.owners.roles[last.role].title}, after “{last.title}”"] if last.role != step.role else []


def _orders(pack: Pack) -> dict[str, dict[str, Step]]:
    """Each deal type, and what else a deal may be -> its steps, in order."""
    workflow = pack.workflow
    named = workflow.deal_types or tuple(dict.fromkeys(t for step in workflow.steps.values() for t in step.deal_types))
    types: Sequence[str | None] = named if workflow.deal_types else (*named, None)
    return {
        deal_type or ("any other deal" if named else "any deal"): {
            name: step for name, step in workflow.steps.items() if not step.deal_types or deal_type in step.deal_types
        }
        for deal_type in types
    }


def _failure(pack: Pack, failure: Failure, now: datetime) -> Problem:
    return _problem(pack, failure.value, failure.sentence, accountable(pack.owners, failure.value), now)


def _late(pack: Pack, step: Step, now: datetime) -> Problem:
    """A step that is late is its own role's, whatever role the failure names."""
    found = accountable(pack.owners, Failure.STEP_LATE.value).model_copy(update={"role": step.role})
    return _problem(pack, Failure.STEP_LATE.value, Failure.STEP_LATE.sentence, found, now)


def _problem(pack: Pack, code: str, sentence: str, answers: Accountable, now: datetime) -> Problem:
    return Problem(
        code=code,
        sentence=sentence,
        kind=answers.kind.value,
        answers=_answers(pack, answers.role, now),
        within_hours=answers.respond_within_hours,
        fix=answers.fix,
    )


def _answers(pack: Pack, role_id: str, now: datetime) -> Answers:
    role, found = pack.owners.roles[role_id], resolve(pack.owners, role_id, {}, now)
    people = pack.owners.people
    away = "; ".join(f"{people[who].name} is {why}" for who, why in found.skipped if who in people) or None
    look_up = role.look_up
    if look_up is None:
        return Answers(role=role_id, title=role.title, person=found.name, away=away)
    named = ", ".join(f"{value}: {people[who].name}" for value, who in look_up.people.items())
    by = f"by the deal's {spoken(look_up.field)}"
    how = f"{by} ({named})" if named else f"{by}, whom the CRM names"
    return Answers(role=role_id, title=role.title, person=found.name, how=how, away=away)
