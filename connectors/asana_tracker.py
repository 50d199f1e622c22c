"""One Asana workspace, through the SDK. A POST is never repeated once it may have been done: Asana has no keys."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import asana

from connectors.asana_answers import Reads, a_job, a_task, one, page
from connectors.asana_client import SERVICE, AsanaClient, not_asana
from connectors.errors import AuthFailed, ConnectorError, Refused
from connectors.ports import Body
from connectors.rates import TokenBucket
from connectors.retries import Retries
from connectors.shapes import OtherShapeError
from connectors.wire import Calls, host

PAGE = 100
PROJECT_FIELDS = "resource_type,name,notes,created_at,archived,permalink_url"
TASK_FIELDS = (
    "resource_type,name,completed,due_on,start_on,assignee,permalink_url,external,projects,memberships.section"
)
JOB_FIELDS = "resource_type,resource_subtype,status,new_project,new_project.name,new_project.permalink_url"


class AsanaTracker:
    """The Tracker port over one Asana workspace. Safe to use from many threads at once."""

    def __init__(
        self,
        token: str,
        url: str,
        bucket: TokenBucket,
        *,
        workspace: str,
        threads: int = 16,
        retries: Retries | None = None,
        pool: Any = None,
    ) -> None:
        """`pool` takes the place of the SDK's connections: anything with urllib3's `request`."""
        self._url = url
        self._workspace = workspace
        self._bucket = bucket
        self._retries = retries or Retries()
        self._calls = Calls()
        client = AsanaClient(token, url, before=self._before, threads=threads)
        if pool is not None:
            client.rest_client.pool_manager = pool
        self._projects = asana.ProjectsApi(client)
        self._templates = asana.ProjectTemplatesApi(client)
        self._jobs = asana.JobsApi(client)
        self._sections = asana.SectionsApi(client)
        self._tasks = asana.TasksApi(client)
        self._users = asana.UsersApi(client)

    @property
    def calls(self) -> int:
        return self._calls.count

    def create_project(self, body: Body) -> Body:
        opts = {"opt_fields": PROJECT_FIELDS}
        return self._write_once(lambda: self._projects.create_project({"data": body}, opts), one("project"))

    def projects(self, team: str) -> Iterator[Body]:
        opts = {"opt_fields": PROJECT_FIELDS}
        return self._listed(lambda asked: self._projects.get_projects_for_team(team, {**opts, **asked}), "project")

    def project(self, gid: str) -> Body | None:
        opts = {"opt_fields": PROJECT_FIELDS}
        return self._found(lambda: self._projects.get_project(gid, opts), one("project", gid=gid))

    def instantiate_template(self, template: str, body: Body) -> Body:
        opts = {"body": {"data": body}, "opt_fields": "resource_type,resource_subtype,status,new_project"}
        return self._write_once(lambda: self._templates.instantiate_project(template, opts), a_job())

    def template(self, gid: str) -> Body | None:
        opts = {"opt_fields": "resource_type,name,requested_dates,requested_roles,team"}
        return self._found(lambda: self._templates.get_project_template(gid, opts), one("project_template", gid=gid))

    def job(self, gid: str) -> Body:
        return self._repeatable(lambda: self._jobs.get_job(gid, {"opt_fields": JOB_FIELDS}), a_job(gid=gid))

    def update_project(self, gid: str, body: Body) -> Body:
        # Absolute values: the same request twice leaves the same project.
        opts = {"opt_fields": PROJECT_FIELDS}
        reads = one("project", gid=gid)
        return self._repeatable(lambda: self._projects.update_project({"data": body}, gid, opts), reads)

    def create_section(self, project: str, name: str) -> Body:
        opts = {"body": {"data": {"name": name}}}
        return self._write_once(lambda: self._sections.create_section_for_project(project, opts), one("section"))

    def sections(self, project: str) -> list[Body]:
        return list(self._listed(lambda asked: self._sections.get_sections_for_project(project, asked), "section"))

    def create_task(self, body: Body) -> Body:
        opts = {"opt_fields": TASK_FIELDS}
        return self._write_once(lambda: self._tasks.create_task({"data": body}, opts), one("task"))

    def task_by_external(self, external_gid: str) -> Body | None:
        opts = {"opt_fields": TASK_FIELDS}
        return self._found(lambda: self._tasks.get_task(f"external:{external_gid}", opts), a_task(external_gid))

    def tasks(self, project: str) -> list[Body]:
        opts = {"opt_fields": "resource_type,name,completed"}
        return list(self._listed(lambda a: self._tasks.get_tasks_for_project(project, {**opts, **a}), "task"))

    def users(self) -> dict[str, str]:
        opts = {"workspace": self._workspace, "opt_fields": "email"}
        users = self._listed(lambda asked: self._users.get_users({**opts, **asked}), "user")
        return {user["email"].lower(): user["gid"] for user in users if user.get("email")}

    def check(self) -> str:
        me = self._repeatable(lambda: self._users.get_user("me", {"opt_fields": "workspaces"}), one("user"))
        if self._workspace not in {workspace["gid"] for workspace in me.get("workspaces") or []}:
            why = f"user {me['gid']} is not in workspace {self._workspace}. Correct HANDOFF_ASANA_WORKSPACE."
            raise AuthFailed(why, service=SERVICE)
        return f"Asana at {host(self._url)}: user {me['gid']} works in workspace {self._workspace}."

    def _before(self) -> None:
        self._bucket.take()
        self._calls.add()

    def _listed(self, ask: Callable[[Body], Any], kind: str) -> Iterator[Body]:
        """Every object of a list; offsets are tokens of the answer before (services.md 61)."""
        offset: str | None = None
        while True:
            asked: Body = {"limit": PAGE, **({"offset": offset} if offset else {})}
            answer = self._repeatable(partial(ask, asked), page(kind, offset=offset))
            yield from answer["data"]
            if not answer.get("next_page"):
                return
            offset = answer["next_page"]["offset"]

    def _found(self, ask: Callable[[], Any], reads: Reads) -> Body | None:
        try:
            return self._repeatable(ask, reads)
        except Refused as error:
            if error.status == 404:
                return None
            raise

    def _repeatable(self, ask: Callable[[], Any], reads: Reads) -> Body:
        return self._retries.call(lambda: self._once(ask, reads), repeatable=True)

    def _write_once(self, ask: Callable[[], Any], reads: Reads) -> Body:
        return self._retries.call(lambda: self._once(ask, reads), repeatable=False)

    def _once(self, ask: Callable[[], Any], reads: Reads) -> Body:
        try:
            answer: Body = reads(ask())
            return answer
        except OtherShapeError as error:
            raise not_asana(self._url, 200, str(error)) from None
        except ConnectorError as error:
            if error.status == 429:
                self._bucket.hold_off(error.retry_after or 0.0)
            raise
