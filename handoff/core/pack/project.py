"""project.yaml: how a deal becomes a project."""

from handoff.core.pack.part import PackPart


class ProjectTask(PackPart):
    """A task; its due day counts from the kick-off day (negative: before)."""

    title: str
    section: str | None = None
    days_from_kickoff: int | None = None
    role: str | None = None


class Template(PackPart):
    """An Asana project template: its gid and which of its dates (by name) is the kick-off day."""

    gid: str
    dates: dict[str, int] = {}
    """Name of a template date -> days from kick-off."""


class ProjectKind(PackPart):
    """The project of some deal types (empty: all others): from a template, or sections and tasks, or bare."""

    deal_types: tuple[str, ...] = ()
    template: Template | None = None
    sections: tuple[str, ...] = ()
    tasks: tuple[ProjectTask, ...] = ()


class ProjectPlan(PackPart):
    """project.yaml as a whole. Texts may use {deal_name}, {account_name}, {deal_id}, {rep_name}."""

    owner_role: str
    team: str | None = None
    """Asana team gid; None: the setting HANDOFF_ASANA_TEAM."""
    name: str = "{account_name}: {deal_name}"
    notes: str = ""
    privacy: str = "private_to_team"
    member_roles: tuple[str, ...] = ()
    kinds: dict[str, ProjectKind]
