"""A deal as what Asana is asked for: a project from a template, or one with sections and tasks of our own."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from handoff.core.deal import DealRow
from handoff.core.keys import marker
from handoff.core.ownership import Assignment, resolve
from handoff.core.pack import Pack, ProjectTask, StepKind
from handoff.core.pack.project import ProjectKind
from mappings.texts import filled

Body = dict[str, Any]

_NAME = 200
"""Longer names are cut before the marker, which must stay whole."""
_NOON = time(12)
_FOR_GOOD = datetime(9999, 12, 30, 12, tzinfo=UTC)
"""A day on which everybody's absences are over, and those who leave have left."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskPlan:
    """A task, without the project it goes into; `section` by name, None: the project's first."""

    body: Body
    section: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectBodies:
    """A project: `body` creates it, or instantiates `template`, whose project then takes `details`."""

    team: str
    body: Body
    template: str | None
    details: Body
    sections: tuple[str, ...]
    tasks: tuple[TaskPlan, ...]


def project_plan(row: DealRow, pack: Pack, billing_key: str, team: str) -> ProjectBodies:
    """The project of a deal; people stand in it by e-mail (see `with_users`). `team`: for packs that name none.

    The name ends with the marker by which a later look recognises our own work; the notes hold the whole key.
    Raises ValueError when the pack has no kind of project for the deal.
    """
    kind, plan = kind_of(row, pack), pack.project
    kickoff, team = _day(row.get("kickoff_on")), plan.team or team
    name = f"{_clip(filled(plan.name, row))} [{marker(billing_key)}]"
    written = (filled(plan.notes, row), _received_by(row, pack, kickoff), _origin(row, billing_key))
    notes = "\n\n".join(part for part in written if part)
    dates = _project_dates(kind, kickoff)
    body: Body = {"name": name, "team": team, "privacy_setting": plan.privacy}
    if kind.template:
        body |= {"is_strict": True, "requested_dates": list(_requested(kind, kickoff))}
    else:
        body |= {"notes": notes, **dates}
        if followers := _followers(row, pack, kickoff):
            body["followers"] = followers
    tasks = (_task(row, pack, task, kickoff) for task in kind.tasks)
    return ProjectBodies(
        team=team,
        body=body,
        template=kind.template.gid if kind.template else None,
        details={"notes": notes, **dates},
        sections=kind.sections,
        tasks=tuple(_marked(task, billing_key, n) for n, task in enumerate(tasks, start=1)),
    )


def with_users(body: Mapping[str, Any], users: Mapping[str, str]) -> Body:
    """A body as it is sent: people by their gid (`users`: e-mail -> gid); whom Asana does not know is left out."""
    sent = dict(body)
    for field in ("assignee", "followers"):
        if field in sent:
            gids = [users[email] for email in str(sent.pop(field)).split(",") if email in users]
            sent |= {field: ",".join(gids)} if gids else {}
    return sent


def kind_of(row: DealRow, pack: Pack) -> ProjectKind:
    """The kind of project for a deal's type: the one that names it, else the one for all others."""
    kinds = pack.project.kinds.values()
    deal_type = row.get("deal_type")
    for kind in kinds:
        if deal_type is not None and deal_type in kind.deal_types:
            return kind
    for kind in kinds:
        if not kind.deal_types:
            return kind
    raise ValueError(f"project.yaml describes no project for deals of type {deal_type!r}")


def external_gid(billing_key: str, number: int) -> str:
    """The id by which a task of ours is found again."""
    return f"handoff:{billing_key}:task:{number}"


def _origin(row: DealRow, billing_key: str) -> str:
    return f"Made by Handoff for deal {row.deal_id}.\nBilling key: {billing_key}"


def _received_by(row: DealRow, pack: Pack, kickoff: date | None) -> str:
    """Who takes the deal over, by each step by hand that has a limit."""
    own = [s for s in pack.workflow.steps.values() if not s.deal_types or row.get("deal_type") in s.deal_types]
    return "\n".join(
        f"Received by {_person(row, pack, step.role, kickoff).name}; "
        f"please accept within {step.limit.within_hours} working hours: {step.title}."
        for step in own
        if step.does is StepKind.BY_HAND and step.limit
    )


def _project_dates(kind: ProjectKind, kickoff: date | None) -> Body:
    """From the kick-off day on; Asana takes no start without a due date, nor both on one day (services.md 66)."""
    if kickoff is None or kind.due_days_from_kickoff is None:
        return {}
    due = kickoff + timedelta(days=kind.due_days_from_kickoff)
    return {"start_on": kickoff.isoformat(), "due_on": due.isoformat()}


def _requested(kind: ProjectKind, kickoff: date | None) -> Iterator[Body]:
    if kind.template is None or kickoff is None:
        return
    for asked in kind.template.dates.values():
        day = kickoff + timedelta(days=asked.days_from_kickoff)
        yield {"gid": asked.gid, "value": day.isoformat()}


def _followers(row: DealRow, pack: Pack, kickoff: date | None) -> str:
    """Who is in the project from the start, as Asana wants it: with commas."""
    return ",".join(dict.fromkeys(_email(row, pack, role, kickoff) for role in pack.project.member_roles))


def _task(row: DealRow, pack: Pack, task: ProjectTask, kickoff: date | None) -> TaskPlan:
    body: Body = {"name": filled(task.title, row)}
    due = kickoff
    if kickoff is not None and task.days_from_kickoff is not None:
        due = kickoff + timedelta(days=task.days_from_kickoff)
        body["due_on"] = due.isoformat()
    if task.role:
        body["assignee"] = _email(row, pack, task.role, due)
    return TaskPlan(body=body, section=task.section)


def _email(row: DealRow, pack: Pack, role: str, on: date | None) -> str:
    """Whoever has a role on the day it matters."""
    return _person(row, pack, role, on).email.lower()


def _person(row: DealRow, pack: Pack, role: str, on: date | None) -> Assignment:
    """Whoever has a role on a day; without a day, whoever has it for good. No weekend rota has tasks."""
    at = datetime.combine(on, _NOON, UTC) if on else _FOR_GOOD
    return resolve(pack.owners, role, row.values, at, rota=False)


def _marked(task: TaskPlan, billing_key: str, number: int) -> TaskPlan:
    return TaskPlan(body={**task.body, "external": {"gid": external_gid(billing_key, number)}}, section=task.section)


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _clip(text: str) -> str:
    return text if len(text) <= _NAME else text[: _NAME - 1] + "…"
