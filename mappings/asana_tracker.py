"""A deal as Asana bodies: the project, its sections and tasks, or what a template needs."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from handoff.core.deal import DealRow
from handoff.core.keys import marker
from handoff.core.ownership import resolve
from handoff.core.pack import Pack
from handoff.core.pack.project import ProjectKind

_LONGEST_NAME = 1024

Body = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskBody:
    """A task; its project and section are filled in when they exist."""

    body: Body
    section: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectBodies:
    """Everything the tracker gets for one deal. With a `template`, `body` starts its job and `details` follow."""

    team: str
    body: Body
    template: str | None
    details: Body
    sections: tuple[str, ...]
    tasks: tuple[TaskBody, ...]


def project_plan(row: DealRow, pack: Pack, billing_key: str, members: Mapping[str, str], team: str) -> ProjectBodies:
    """The project of a deal. `members`: e-mail -> user gid at the tracker; whoever is not there is left out.

    The name ends with our marker, by which a look finds it again; the notes hold the whole key (law 3).
    """
    plan, kind = pack.project, kind_of(row, pack)
    where = plan.team or team
    mark = f" [{marker(billing_key)}]"
    name = _text(plan.name, row)[: _LONGEST_NAME - len(mark)] + mark
    notes = "\n\n".join(part for part in (_text(plan.notes, row), f"Handoff key: {billing_key}") if part)
    common: Body = {"name": name, "team": where}
    people = _people(row, pack, plan.member_roles, members)
    if kind.template:
        dates = [
            {"gid": asked.gid, "value": str(day)}
            for asked in kind.template.dates.values()
            if (day := _day(row, asked.days_from_kickoff))
        ]
        body = {
            **common,
            "public": plan.privacy == "public_to_workspace",
            **({"requested_dates": dates} if dates else {}),
        }
        template, details = kind.template.gid, {"notes": notes}
    else:
        body = {**common, "notes": notes, "privacy_setting": plan.privacy, **_span(row, kind)}
        if people:
            body["followers"] = ",".join(people)
        template, details = None, {}
    return ProjectBodies(
        team=where,
        body=body,
        template=template,
        details=details,
        sections=kind.sections,
        tasks=tuple(_tasks(row, pack, kind, billing_key, members)),
    )


def kind_of(row: DealRow, pack: Pack) -> ProjectKind:
    """The kind of project for a deal's type: the one that names it, else the one that names none."""
    kinds = pack.project.kinds.values()
    named = [kind for kind in kinds if row.get("deal_type") in kind.deal_types]
    return (named or [kind for kind in kinds if not kind.deal_types])[0]


def _tasks(row: DealRow, pack: Pack, kind: ProjectKind, billing_key: str, members: Mapping[str, str]) -> list[TaskBody]:
    found = []
    for n, task in enumerate(kind.tasks, start=1):
        body: Body = {"name": _text(task.title, row), "external": {"gid": f"handoff:{billing_key}:task:{n}"}}
        if task.days_from_kickoff is not None and (day := _day(row, task.days_from_kickoff)):
            body["due_on"] = str(day)
        if task.role and (gids := _people(row, pack, (task.role,), members)):
            body["assignee"] = gids[0]
        found.append(TaskBody(body=body, section=task.section))
    return found


def _people(row: DealRow, pack: Pack, roles: tuple[str, ...], members: Mapping[str, str]) -> list[str]:
    """Gids of the roles' own people (absences do not matter for a project that lasts months)."""
    emails = [resolve(pack.owners, role, row.values, date.min).email.lower() for role in roles]
    return list(dict.fromkeys(members[email] for email in emails if email in members))


def _span(row: DealRow, kind: ProjectKind) -> Body:
    """Start and due day of the project; a start without a due day is refused (services.md 66)."""
    start, end = _day(row, 0), _day(row, kind.due_days_from_kickoff or 0)
    if kind.due_days_from_kickoff is None or start is None:
        return {}
    return {"start_on": str(start), "due_on": str(end)}


def _day(row: DealRow, days: int) -> date | None:
    kickoff = row.get("kickoff_on")
    return date.fromisoformat(kickoff) + timedelta(days=days) if kickoff else None


def _text(template: str, row: DealRow) -> str:
    return template.format_map({name: value or "" for name, value in row.values.items()}).strip()
