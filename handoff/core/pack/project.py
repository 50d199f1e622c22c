"""project.yaml: how a deal becomes a project."""

from typing import Literal

from pydantic import Field

from handoff.core.pack.part import PackPart


class ProjectTask(PackPart):
    """A task; its due day counts from the kick-off day (negative: before)."""

    title: str
    section: str | None = None
    days_from_kickoff: int | None = None
    role: str | None = None


class TemplateDate(PackPart):
    """A date that the template asks for: its gid within the template, and the day we answer."""

    gid: str
    days_from_kickoff: int = 0


class Template(PackPart):
    """An Asana project template: its gid and the dates it asks for, by their names."""

    gid: str
    dates: dict[str, TemplateDate] = {}


class ProjectKind(PackPart):
    """The project of some deal types (empty: all others): from a template, or sections and tasks, or bare."""

    deal_types: tuple[str, ...] = ()
    due_days_from_kickoff: int | None = Field(default=None, gt=0)
    """The project runs from the kick-off day until so many days later; None: no dates on the project."""
    template: Template | None = None
    sections: tuple[str, ...] = ()
    tasks: tuple[ProjectTask, ...] = ()


class ProjectPlan(PackPart):
    """project.yaml as a whole. Texts may use any deal field in braces: {account_name}."""

    owner_role: str
    team: str | None = None
    """Asana team gid; None: the setting HANDOFF_ASANA_TEAM."""
    name: str = "{account_name}: {deal_name}"
    notes: str = ""
    privacy: Literal["public_to_workspace", "private_to_team", "private"] = "private_to_team"
    member_roles: tuple[str, ...] = ()
    kinds: dict[str, ProjectKind]
