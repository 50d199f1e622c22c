"""Which call answers which method and path, with the parameters and body it takes."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sandbox.asana import custom_fields, people, placement, projects, tasks, templates
from sandbox.asana.calls import Call, Reply
from sandbox.asana.errors import AsanaError, no_route
from sandbox.asana.shapes import Shape, checked, mapping
from sandbox.asana.site import Site
from sandbox.faults import Fault

ALWAYS = frozenset(("opt_fields", "opt_pretty"))
PAGED = frozenset(("limit", "offset"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """`body`: what the body may hold. `repeats_body`: the asana SDK repeats this call's body in the query string."""

    answer: Callable[[Call], Reply]
    query: frozenset[str] = ALWAYS
    body: Shape | None = None
    read_only: frozenset[str] = frozenset()


def _get(answer: Callable[[Call], Reply]) -> Route:
    return Route(answer=answer)


def _list(answer: Callable[[Call], Reply], *filters: str) -> Route:
    return Route(answer=answer, query=ALWAYS | PAGED | frozenset(filters))


def _write(
    answer: Callable[[Call], Reply],
    body: Shape | None,
    read_only: frozenset[str] = frozenset(),
    *,
    repeats_body: bool = False,
) -> Route:
    query = ALWAYS | {"body"} if repeats_body else ALWAYS
    return Route(answer=answer, query=query, body=body, read_only=read_only)


ROUTES: dict[tuple[str, str], Route] = {
    ("GET", "users"): _list(people.list_users, "workspace", "team"),
    ("GET", "users/*"): _get(people.get_user),
    ("GET", "users/*/teams"): _list(people.list_user_teams, "organization"),
    ("GET", "workspaces"): _list(people.list_workspaces),
    ("GET", "workspaces/*"): _get(people.get_workspace),
    ("GET", "workspaces/*/users"): _list(people.list_workspace_users),
    ("GET", "workspaces/*/teams"): _list(people.list_teams),
    ("GET", "workspaces/*/projects"): _list(projects.list_projects, "archived"),
    ("GET", "workspaces/*/custom_fields"): _list(custom_fields.list_custom_fields),
    ("POST", "workspaces/*/projects"): _write(projects.create_project, projects.CREATE, projects.READ_ONLY),
    ("GET", "teams/*"): _get(people.get_team),
    ("GET", "teams/*/users"): _list(people.list_team_users),
    ("GET", "teams/*/projects"): _list(projects.list_projects, "archived"),
    ("POST", "teams/*/projects"): _write(projects.create_project, projects.CREATE, projects.READ_ONLY),
    ("GET", "teams/*/project_templates"): _list(templates.list_templates),
    ("GET", "projects"): _list(projects.list_projects, "workspace", "team", "archived"),
    ("POST", "projects"): _write(projects.create_project, projects.CREATE, projects.READ_ONLY),
    ("GET", "projects/*"): _get(projects.get_project),
    ("PUT", "projects/*"): _write(projects.update_project, projects.CHANGE, projects.READ_ONLY | projects.CREATE_ONLY),
    ("DELETE", "projects/*"): _write(projects.delete_project, None),
    ("POST", "projects/*/addMembers"): _write(projects.add_members, projects.MEMBERS),
    ("POST", "projects/*/addFollowers"): _write(projects.add_followers, projects.FOLLOWERS),
    ("POST", "projects/*/addCustomFieldSetting"): _write(custom_fields.add_setting, custom_fields.PLACE),
    ("GET", "projects/*/custom_field_settings"): _list(custom_fields.list_settings),
    ("GET", "projects/*/sections"): _list(projects.list_sections),
    ("POST", "projects/*/sections"): _write(projects.create_section, projects.SECTION, repeats_body=True),
    ("GET", "projects/*/tasks"): _list(placement.list_tasks),
    ("GET", "sections/*"): _get(projects.get_section),
    ("GET", "sections/*/tasks"): _list(placement.list_tasks),
    ("POST", "sections/*/addTask"): _write(placement.add_task_to_section, placement.PLACE, repeats_body=True),
    ("GET", "tasks"): _list(placement.list_tasks, "project", "section", "assignee", "workspace"),
    ("POST", "tasks"): _write(tasks.create_task, tasks.CREATE, tasks.READ_ONLY),
    ("GET", "tasks/*"): _get(tasks.get_task),
    ("PUT", "tasks/*"): _write(tasks.update_task, tasks.CHANGE, tasks.READ_ONLY | tasks.CREATE_ONLY),
    ("DELETE", "tasks/*"): _write(tasks.delete_task, None),
    ("POST", "tasks/*/addFollowers"): _write(tasks.add_followers, tasks.FOLLOWERS),
    ("POST", "custom_fields"): _write(custom_fields.create_custom_field, custom_fields.DEFINE),
    ("GET", "custom_fields/*"): _get(custom_fields.get_custom_field),
    ("GET", "project_templates"): _list(templates.list_templates, "workspace", "team"),
    ("GET", "project_templates/*"): _get(templates.get_template),
    ("POST", "project_templates/*/instantiateProject"): _write(
        templates.instantiate, templates.INSTANTIATE, repeats_body=True
    ),
    ("GET", "jobs/*"): _get(templates.get_job),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A call as it came. `parts`: the path's segments; `data`: what the body held under `data`; `fault`: what goes
    wrong with it."""

    method: str
    parts: list[str]
    query: dict[str, str]
    data: Any
    credential: str
    fault: Fault | None = None


def dispatch(site: Site, asked: Asked) -> Reply:
    """Answer a call. Refusals are answers too."""
    try:
        route = _route(asked)
        return route.answer(_call(site, asked, route))
    except AsanaError as error:
        return Reply(status=error.status, body=error.body(), headers=error.headers)


def _route(asked: Asked) -> Route:
    route = ROUTES.get((asked.method, "/".join("*" if at == 1 else part for at, part in enumerate(asked.parts))))
    if route is None or (len(asked.parts) > 1 and not asked.parts[1]):
        raise no_route()
    return route


def _call(site: Site, asked: Asked, route: Route) -> Call:
    refuse_unknown(asked.query, route.query)
    if site.pending:
        templates.finish_due(site)
    data = {} if asked.data is None else mapping("data", asked.data)
    return Call(
        site=site,
        path="/" + "/".join(asked.parts),
        gid=asked.parts[1] if len(asked.parts) > 1 else "",
        query=asked.query,
        body=checked(data, route.body or {}, route.read_only),
        fault=asked.fault,
    )


def refuse_unknown(query: dict[str, str], allowed: frozenset[str]) -> None:
    """Raise AsanaError for a query parameter that the call does not take."""
    for name in query:
        if name not in allowed:
            raise AsanaError(400, f"{name}: Unrecognized query parameter")
