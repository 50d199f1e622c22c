"""project.yaml: how a deal becomes a project."""

from typing import Literal

from pydantic import Field

from handoff.core.pack.part import PackPart


class ProjectTask(PackPart):
    """A task; its due day counts from the kick-off day (negative: before)."""

    title: str
    """The name of the task; deal fields in braces."""
    section: str | None = None
    """The section it stands in, one of the kind's own."""
    days_from_kickoff: int | None = None
    """Its due day, counted from the kick-off day; without it the task has none."""
    role: str | None = None
    """The role whose person it is assigned to."""


class TemplateDate(PackPart):
    """A date that the template asks for: its gid within the template, and the day we answer."""

    gid: str
    """The gid of the date within the template."""
    days_from_kickoff: int = 0
    """The day we answer, counted from the kick-off day."""


class Template(PackPart):
    """An Asana project template: its gid and the dates it asks for, by their names."""

    gid: str
    """The gid of the template: the digits of its address in the browser."""
    dates: dict[str, TemplateDate] = {}
    """Name of the date -> what we answer."""


class ProjectKind(PackPart):
    """The project of some deal types (empty: all others): from a template, or sections and tasks, or bare."""

    deal_types: tuple[str, ...] = ()
    """The deal types it is for; empty: all that no other kind names."""
    due_days_from_kickoff: int | None = Field(default=None, gt=0)
    """The project runs from the kick-off day until so many days later; None: no dates on the project."""
    template: Template | None = None
    """The template it is made from, in place of sections and tasks."""
    sections: tuple[str, ...] = ()
    """The sections of the project, in order."""
    tasks: tuple[ProjectTask, ...] = ()
    """The tasks of the project, in order."""


class ProjectPlan(PackPart):
    """project.yaml as a whole. Texts may use any deal field in braces: {account_name}."""

    owner_role: str
    """The role that decides on this file."""
    team: str | None = None
    """Asana team gid; None: the setting HANDOFF_ASANA_TEAM."""
    name: str = "{account_name}: {deal_name}"
    """The name of the project; deal fields in braces."""
    notes: str = ""
    """What its description begins with; deal fields in braces."""
    privacy: Literal["public_to_workspace", "private_to_team", "private"] = "private_to_team"
    """Who may see the project in Asana."""
    member_roles: tuple[str, ...] = ()
    """The roles whose people are members from the start; a project from a template has the template's."""
    kinds: dict[str, ProjectKind]
    """Name of the kind -> the project of some deal types."""
