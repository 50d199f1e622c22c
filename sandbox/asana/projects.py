"""Calls about projects, their members and their sections."""

from typing import Any

from sandbox.asana.calls import Call, Reply
from sandbox.asana.custom_fields import set_values
from sandbox.asana.errors import AsanaError, missing
from sandbox.asana.people import named_users
from sandbox.asana.render import Object
from sandbox.asana.shapes import Body, Shape, check_dates, day, flag, gid, mapping, one_of, people, person, text
from sandbox.asana.site import Site

PRIVACY = one_of("public_to_workspace", "private_to_team", "private")
ACCESS = one_of("admin", "editor", "commenter", "viewer")
CHANGE: Shape = {
    "name": text,
    "notes": text,
    "html_notes": text,
    "archived": flag,
    "color": lambda name, value: None if value is None else text(name, value),
    "icon": text,
    "default_view": one_of("list", "board", "calendar", "timeline"),
    "due_on": day,
    "due_date": day,
    "start_on": day,
    "owner": person,
    "public": flag,
    "privacy_setting": PRIVACY,
    "default_access_level": ACCESS,
    "custom_fields": mapping,
}
CREATE: Shape = {**CHANGE, "team": gid, "workspace": gid, "followers": people}
CREATE_ONLY = frozenset(("team", "workspace", "followers"))
READ_ONLY = frozenset(("gid", "created_at", "modified_at", "members", "permalink_url", "resource_type", "completed"))
MEMBERS: Shape = {"members": people}
FOLLOWERS: Shape = {"followers": people}
SECTION: Shape = {"name": text, "insert_before": gid, "insert_after": gid}


def list_projects(call: Call) -> Reply:
    """`/projects?team=` or `?workspace=`, `/teams/:gid/projects`, `/workspaces/:gid/projects`."""
    site = call.site
    in_path = call.gid != ""
    team = call.gid if call.path.startswith("/teams/") else call.query.get("team")
    workspace = call.gid if call.path.startswith("/workspaces/") else call.query.get("workspace")
    if workspace is not None:
        site.find("workspace", workspace, in_path=in_path)
    if team is not None:
        rows = list(site.projects_of[site.find("team", team, in_path=in_path)["gid"]].values())
    elif workspace is not None:
        rows = list(site.kinds["project"].values())
    else:
        raise missing("workspace")
    archived = call.query.get("archived")
    if archived is not None:
        if archived.lower() not in {"true", "false"}:
            raise AsanaError(400, f"archived: Not a boolean: {archived}")
        rows = [project for project in rows if project["archived"] is (archived.lower() == "true")]
    return call.page(rows)


def create_project(call: Call) -> Reply:
    """`POST /projects`, or under a team or workspace; in an organisation a team is needed."""
    given = call.body
    for kind in ("team", "workspace"):
        if call.path.startswith(f"/{kind}s/"):
            call.site.find(kind, call.gid, in_path=True)
            if given.get(kind, call.gid) != call.gid:
                raise AsanaError(400, f"{kind}: Does not match the {kind} in the path")
            given[kind] = call.gid
    call.required("name")
    if "workspace" in given:
        call.site.find("workspace", given["workspace"])
    elif "team" not in given:
        raise missing("workspace")
    if "team" not in given:
        raise AsanaError(400, "Missing required `team` field")
    team = call.site.find("team", given["team"])
    check_dates(given, same_day=False)
    followers = named_users(call, given["followers"], "followers") if given.get("followers") else []
    owner = call.site.me if "owner" not in given else _owner(call, given["owner"])
    if given.get("custom_fields"):
        set_values({"custom_fields": []}, given["custom_fields"])
    project = add_project(call.site, given["name"], team)
    _apply(call.site, project, given)
    project["owner"] = owner
    project["followers"].extend(user for user in followers if user not in project["followers"])
    project["members"].extend(user for user in followers if user not in project["members"])
    return call.created(project, "projects")


def add_project(site: Site, name: str, team: Object) -> Object:
    """Keep a new, empty project with the section that every project begins with."""
    now = site.stamp()
    project = site.add(
        "project",
        name=name,
        archived=False,
        color=None,
        completed=False,
        completed_at=None,
        completed_by=None,
        created_at=now,
        modified_at=now,
        created_from_template=None,
        current_status=None,
        current_status_update=None,
        custom_fields=[],
        custom_field_settings=[],
        default_access_level="editor",
        default_view="list",
        due_date=None,
        due_on=None,
        start_on=None,
        followers=[site.me],
        members=[site.me],
        owner=site.me,
        icon=None,
        notes="",
        html_notes="<body></body>",
        public=False,
        privacy_setting="public_to_workspace",
        team=team,
        workspace=site.workspace,
    )
    project["permalink_url"] = f"https://app.asana.com/1/{site.workspace['gid']}/project/{project['gid']}"
    site.projects_of[team["gid"]][project["gid"]] = project
    add_section(site, project, "Untitled section")
    return project


def get_project(call: Call) -> Reply:
    """`GET /projects/:gid`."""
    return call.one(call.site.find("project", call.gid, in_path=True))


def update_project(call: Call) -> Reply:
    """`PUT /projects/:gid`: the fields given are set, the others stay."""
    project = call.site.find("project", call.gid, in_path=True)
    if call.body.get("name") == "":
        raise missing("name")
    check_dates(call.body, same_day=False)
    owner = _owner(call, call.body["owner"]) if "owner" in call.body else project["owner"]
    if call.body.get("custom_fields"):
        set_values(project, call.body["custom_fields"])
    _apply(call.site, project, call.body)
    project["owner"] = owner
    return call.one(project)


def delete_project(call: Call) -> Reply:
    """`DELETE /projects/:gid`; its tasks live on outside it."""
    site = call.site
    project = site.find("project", call.gid, in_path=True)
    for section in site.sections_of.pop(project["gid"], []):
        for task in site.tasks_in.pop(section["gid"], []):
            task["projects"].remove(project)
            task["memberships"] = [m for m in task["memberships"] if m["project"] is not project]
        del site.kinds["section"][section["gid"]]
    del site.projects_of[project["team"]["gid"]][project["gid"]]
    del site.kinds["project"][project["gid"]]
    return call.nothing()


def add_members(call: Call) -> Reply:
    """`POST /projects/:gid/addMembers`."""
    return _join(call, "members")


def add_followers(call: Call) -> Reply:
    """`POST /projects/:gid/addFollowers`; followers become members too."""
    return _join(call, "followers")


def list_sections(call: Call) -> Reply:
    """`GET /projects/:gid/sections`."""
    project = call.site.find("project", call.gid, in_path=True)
    return call.page(call.site.sections_of[project["gid"]])


def create_section(call: Call) -> Reply:
    """`POST /projects/:gid/sections`, last unless `insert_before` or `insert_after` says otherwise."""
    site = call.site
    project = site.find("project", call.gid, in_path=True)
    name = call.required("name")
    if {"insert_before", "insert_after"} <= call.body.keys():
        raise AsanaError(400, "You may only provide one of insert_before or insert_after")
    sections = site.sections_of[project["gid"]]
    at = len(sections)
    for where, after in (("insert_before", 0), ("insert_after", 1)):
        if where in call.body:
            beside = site.find("section", call.body[where], name=where)
            if beside["project"] is not project:
                raise AsanaError(400, f"{where}: The section is not in the project")
            at = sections.index(beside) + after
    return call.created(add_section(site, project, name, at), "sections")


def add_section(site: Site, project: Object, name: str, at: int | None = None) -> Object:
    """Keep a new section of the project, last or at a place."""
    section = site.add("section", name=name, created_at=site.stamp(), project=project)
    sections = site.sections_of[project["gid"]]
    sections.insert(len(sections) if at is None else at, section)
    return section


def get_section(call: Call) -> Reply:
    """`GET /sections/:gid`."""
    return call.one(call.site.find("section", call.gid, in_path=True))


def _join(call: Call, role: str) -> Reply:
    project = call.site.find("project", call.gid, in_path=True)
    users = named_users(call, call.required(role), role)
    for names in {role, "members"}:
        project[names].extend(user for user in users if user not in project[names])
    call.site.touch(project)
    return call.one(project)


def _owner(call: Call, who: str | None) -> Object | None:
    return None if who is None else call.site.find_user(who, name="owner")


def _apply(site: Site, project: Object, given: Body) -> None:
    plain = CHANGE.keys() - {"owner", "custom_fields", "due_on", "due_date", "notes", "html_notes"}
    changes: dict[str, Any] = {name: value for name, value in given.items() if name in plain}
    for name in ("due_on", "due_date"):
        if name in given:
            changes |= {"due_on": given[name], "due_date": given[name]}
    if "notes" in given:
        changes |= {"notes": given["notes"], "html_notes": f"<body>{given['notes']}</body>"}
    if "html_notes" in given:
        changes |= {"html_notes": given["html_notes"]}
    project.update(changes)
    site.touch(project)
