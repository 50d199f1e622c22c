"""One Asana workspace, through the SDK. A POST is never repeated once it may have been done: Asana has no keys."""

from collections.abc import Callable, Iterator
from typing import Any

import asana

from connectors.asana_client import SERVICE, AsanaClient
from connectors.errors import AuthFailed, ConnectorError, Refused
from connectors.ports import Body
from connectors.rates import TokenBucket
from connectors.retries import Retries
from connectors.wire import Calls, host

PAGE = 100
PROJECT_FIELDS = "name,notes,created_at,archived,permalink_url"
TASK_FIELDS = "name,completed,due_on,start_on,assignee,permalink_url,external,projects,memberships.section"
JOB_FIELDS = "resource_subtype,status,new_project,new_project.name,new_project.permalink_url"


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
        return self._write_once(lambda: self._projects.create_project({"data": body}, {"opt_fields": PROJECT_FIELDS}))

    def projects(self, team: str) -> Iterator[Body]:
        opts = {"opt_fields": PROJECT_FIELDS}
        return self._listed(lambda page: self._projects.get_projects_for_team(team, {**opts, **page}))

    def project(self, gid: str) -> Body | None:
        return self._found(lambda: self._projects.get_project(gid, {"opt_fields": PROJECT_FIELDS}))

    def instantiate_template(self, template: str, body: Body) -> Body:
        opts = {"body": {"data": body}, "opt_fields": "resource_subtype,status,new_project"}
        return self._write_once(lambda: self._templates.instantiate_project(template, opts))

    def template(self, gid: str) -> Body | None:
        opts = {"opt_fields": "name,requested_dates,requested_roles,team"}
        return self._found(lambda: self._templates.get_project_template(gid, opts))

    def job(self, gid: str) -> Body:
        return self._repeatable(lambda: self._jobs.get_job(gid, {"opt_fields": JOB_FIELDS}))

    def update_project(self, gid: str, body: Body) -> Body:
        # Absolute values: the same request twice leaves the same project.
        opts = {"opt_fields": PROJECT_FIELDS}
        return self._repeatable(lambda: self._projects.update_project({"data": body}, gid, opts))

    def create_section(self, project: str, name: str) -> Body:
        opts = {"body": {"data": {"name": name}}}
        return self._write_once(lambda: self._sections.create_section_for_project(project, opts))

    def sections(self, project: str) -> list[Body]:
        return list(self._listed(lambda page: self._sections.get_sections_for_project(project, page)))

    def create_task(self, body: Body) -> Body:
        return self._write_once(lambda: self._tasks.create_task({"data": body}, {"opt_fields": TASK_FIELDS}))

    def task_by_external(self, external_gid: str) -> Body | None:
        return self._found(lambda: self._tasks.get_task(f"external:{external_gid}", {"opt_fields": TASK_FIELDS}))

    def users(self) -> dict[str, str]:
        opts = {"workspace": self._workspace, "opt_fields": "email"}
        users = self._listed(lambda page: self._users.get_users({**opts, **page}))
        return {user["email"].lower(): user["gid"] for user in users if user.get("email")}

    def check(self) -> str:
        me = self._repeatable(lambda: self._users.get_user("me", {"opt_fields": "workspaces"}))
        if self._workspace not in {workspace["gid"] for workspace in me.get("workspaces") or []}:
            why = f"user {me['gid']} is not in workspace {self._workspace}. Correct HANDOFF_ASANA_WORKSPACE."
            raise AuthFailed(why, service=SERVICE)
        return f"Asana at {host(self._url)}: user {me['gid']} works in workspace {self._workspace}."

    def _before(self) -> None:
        self._bucket.take()
        self._calls.add()

    def _listed(self, ask: Callable[[Body], Any]) -> Iterator[Body]:
        """Every object of a list; offsets are tokens of the answer before (services.md 61)."""
        page: Body = {"limit": PAGE}
        while True:
            answer = self._retries.call(lambda asked=page: self._once(lambda: ask(asked)), repeatable=True)  # type: ignore[misc]  # a default argument has no type
            yield from answer["data"]
            if not answer.get("next_page"):
                return
            page = {"limit": PAGE, "offset": answer["next_page"]["offset"]}

    def _found(self, ask: Callable[[], Any]) -> Body | None:
        try:
            return self._repeatable(ask)
        except Refused as error:
            if error.status == 404:
                return None
            raise

    def _repeatable(self, ask: Callable[[], Any]) -> Body:
        return _data(self._retries.call(lambda: self._once(ask), repeatable=True))

    def _write_once(self, ask: Callable[[], Any]) -> Body:
        return _data(self._retries.call(lambda: self._once(ask), repeatable=False))

    def _once(self, ask: Callable[[], Any]) -> Body:
        try:
            answer: Body = ask()
            return answer
        except ConnectorError as error:
            if error.status == 429:
                self._bucket.hold_off(error.retry_after or 0.0)
            raise


def _data(answer: Body) -> Body:
    data: Body = answer["data"]
    return data
