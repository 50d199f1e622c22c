"""All that this stand-in for Asana holds, in memory: objects by kind and gid, and who belongs where."""

from collections import defaultdict
from datetime import UTC, timedelta
from typing import Any

from sandbox.asana.errors import unknown_object
from sandbox.asana.render import Object
from sandbox.credentials import ASANA_TEAM, ASANA_WORKSPACE
from sandbox.world import World

FIRST_GID = 1_209_000_000_000_101
KINDS = (
    "workspace",
    "team",
    "user",
    "project",
    "section",
    "task",
    "project_template",
    "job",
    "custom_field",
    "custom_field_setting",
    "enum_option",
)


class Site:
    """One workspace (an organisation) with one team or more."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.kinds: dict[str, dict[str, Object]] = {kind: {} for kind in KINDS}
        self.projects_of: defaultdict[str, dict[str, Object]] = defaultdict(dict)
        """Team gid -> its projects by gid."""
        self.sections_of: defaultdict[str, list[Object]] = defaultdict(list)
        """Project gid -> its sections, in order."""
        self.tasks_in: defaultdict[str, list[Object]] = defaultdict(list)
        """Section gid -> its tasks, in order."""
        self.by_external: dict[str, Object] = {}
        """External gid -> task."""
        self.by_email: dict[str, Object] = {}
        self.members_of: defaultdict[str, list[Object]] = defaultdict(list)
        """Team gid -> its users."""
        self.plans: dict[str, list[dict[str, Any]]] = {}
        """Template gid -> the sections, with their tasks, that a project made from it gets."""
        self.pending: dict[str, dict[str, Any]] = {}
        """Job gid -> what is left to do: template, dates, polls to go, when it is done at the latest."""
        self._gid = FIRST_GID
        self.workspace = self.add("workspace", gid=ASANA_WORKSPACE, name="Example Organisation", is_organization=True)
        self.workspace["email_domains"] = ["example.com"]
        self.team = self.add(
            "team", gid=ASANA_TEAM, name="Delivery", description="", organization=self.workspace, visibility="public"
        )

    def add(self, kind: str, *, gid: str | None = None, **fields: Any) -> Object:
        """Keep a new object; its gid is the next free one unless given."""
        if gid is None:
            self._gid += 1
            gid = str(self._gid)
        added: Object = {"gid": gid, "resource_type": kind, **fields}
        self.kinds[kind][gid] = added
        return added

    def stamp(self, ago: timedelta = timedelta()) -> str:
        """The clock as Asana writes moments."""
        return (self.world.clock.now() - ago).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"

    def touch(self, changed: Object) -> None:
        """Note that the object was changed now."""
        changed["modified_at"] = self.stamp()

    def find(self, kind: str, gid: object, *, in_path: bool = False, name: str | None = None) -> Object:
        """The object; raises AsanaError when there is none, naming `name` or the kind."""
        found = self.kinds[kind].get(gid) if isinstance(gid, str) else None
        if found is None:
            raise unknown_object(name or kind, gid, in_path=in_path)
        return found

    def find_task(self, gid: str, *, in_path: bool = False, name: str = "task") -> Object:
        """A task by its gid or by `external:<external gid>`."""
        if gid.startswith("external:"):
            found = self.by_external.get(gid.removeprefix("external:"))
            if found is None:
                raise unknown_object(name, gid, in_path=in_path)
            return found
        return self.find("task", gid, in_path=in_path, name=name)

    def find_user(self, who: str, *, in_path: bool = False, name: str = "user") -> Object:
        """A user by gid, e-mail address, or `me`."""
        if who == "me":
            return self.me
        return self.by_email.get(who.lower()) or self.find("user", who, in_path=in_path, name=name)

    @property
    def me(self) -> Object:
        """Whose token it is: the first user."""
        return next(iter(self.kinds["user"].values()))

    def add_user(self, name: str, email: str, gid: str | None = None) -> Object:
        """Keep a new user of the workspace and the team."""
        user = self.add("user", gid=gid, name=name, email=email, photo=None, workspaces=[self.workspace])
        self.by_email[email.lower()] = user
        self.members_of[self.team["gid"]].append(user)
        return user

    def tasks_of(self, project_gid: str) -> list[Object]:
        """A project's tasks, in the order of its sections."""
        return [task for section in self.sections_of[project_gid] for task in self.tasks_in[section["gid"]]]
