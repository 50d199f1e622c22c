"""Calls about tasks themselves; their places are in `placement`."""

from typing import Any

from sandbox.asana.calls import Call, Reply
from sandbox.asana.custom_fields import join_field, set_values
from sandbox.asana.errors import AsanaError
from sandbox.asana.people import named_users
from sandbox.asana.placement import places_of
from sandbox.asana.render import Object
from sandbox.asana.shapes import (
    Body,
    Shape,
    check_dates,
    day,
    external,
    flag,
    gid,
    listing,
    mapping,
    moment,
    one_of,
    people,
    person,
    shaped,
    text,
)
from sandbox.asana.site import Site

CHANGE: Shape = {
    "name": text,
    "notes": text,
    "html_notes": text,
    "completed": flag,
    "due_on": day,
    "due_at": moment,
    "start_on": day,
    "start_at": moment,
    "assignee": person,
    "external": external,
    "custom_fields": mapping,
    "resource_subtype": one_of("default_task", "milestone"),
    "liked": flag,
}
CREATE: Shape = {
    **CHANGE,
    "workspace": gid,
    "projects": listing(gid),
    "memberships": listing(shaped({"project": gid, "section": gid})),
    "parent": gid,
    "followers": people,
}
CREATE_ONLY = frozenset(("workspace", "projects", "memberships", "parent", "followers"))
READ_ONLY = frozenset(("gid", "created_at", "modified_at", "completed_at", "permalink_url", "resource_type"))
FOLLOWERS: Shape = {"followers": people}
SET_APART = frozenset(("assignee", "custom_fields", "external", "notes", "html_notes", "completed"))


def create_task(call: Call) -> Reply:
    """`POST /tasks`."""
    site, given = call.site, call.body
    if not any(given.get(name) for name in ("workspace", "parent", "projects", "memberships")):
        raise AsanaError(400, "You should specify one of workspace, parent, projects")
    if "workspace" in given:
        site.find("workspace", given["workspace"])
    check_dates(given, same_day=True)
    places = places_of(site, given)
    parent = site.find_task(given["parent"], name="parent") if "parent" in given else None
    assignee = _assignee(site, given.get("assignee"))
    followers = named_users(call, given["followers"], "followers") if given.get("followers") else [site.me]
    task = add_task(site, given.get("name", ""), places)
    task |= {"parent": parent, "assignee": assignee, "followers": followers}
    try:
        set_values(task, given.get("custom_fields") or {})
    except AsanaError:
        _remove(site, task)
        raise
    _apply(site, task, given)
    return call.created(task, "tasks")


def add_task(site: Site, name: str, places: list[tuple[Object, Object]]) -> Object:
    """Keep a new task in these (project, section) places, with their projects' custom fields."""
    now = site.stamp()
    task = site.add(
        "task",
        name=name,
        resource_subtype="default_task",
        assignee=None,
        assignee_status="upcoming",
        completed=False,
        completed_at=None,
        created_at=now,
        modified_at=now,
        custom_fields=[],
        due_at=None,
        due_on=None,
        start_at=None,
        start_on=None,
        external=None,
        followers=[site.me],
        liked=False,
        num_likes=0,
        memberships=[{"project": project, "section": section} for project, section in places],
        projects=[project for project, _ in places],
        notes="",
        html_notes="<body></body>",
        parent=None,
        tags=[],
        workspace=site.workspace,
    )
    task["permalink_url"] = f"https://app.asana.com/1/{site.workspace['gid']}/task/{task['gid']}"
    for project, section in places:
        site.tasks_in[section["gid"]].append(task)
        for setting in project["custom_field_settings"]:
            join_field(task, setting["custom_field"])
    return task


def get_task(call: Call) -> Reply:
    """`GET /tasks/:gid` or `/tasks/external:<external gid>`."""
    return call.one(call.site.find_task(call.gid, in_path=True))


def update_task(call: Call) -> Reply:
    """`PUT /tasks/:gid`."""
    task = call.site.find_task(call.gid, in_path=True)
    check_dates(call.body, same_day=True)
    assignee = _assignee(call.site, call.body["assignee"]) if "assignee" in call.body else task["assignee"]
    set_values(task, call.body.get("custom_fields") or {})
    task["assignee"] = assignee
    _apply(call.site, task, call.body)
    return call.one(task)


def delete_task(call: Call) -> Reply:
    """`DELETE /tasks/:gid`."""
    _remove(call.site, call.site.find_task(call.gid, in_path=True))
    return call.nothing()


def add_followers(call: Call) -> Reply:
    """`POST /tasks/:gid/addFollowers`."""
    task = call.site.find_task(call.gid, in_path=True)
    users = named_users(call, call.required("followers"), "followers")
    task["followers"].extend(user for user in users if user not in task["followers"])
    call.site.touch(task)
    return call.one(task)


def _assignee(site: Site, who: str | None) -> Object | None:
    return None if who is None else site.find_user(who, name="assignee")


def _remove(site: Site, task: Object) -> None:
    for member in task["memberships"]:
        site.tasks_in[member["section"]["gid"]].remove(task)
    _forget_external(site, task)
    del site.kinds["task"][task["gid"]]


def _forget_external(site: Site, task: Object) -> None:
    known = (task["external"] or {}).get("gid")
    if known is not None and site.by_external.get(known) is task:
        del site.by_external[known]


def _apply(site: Site, task: Object, given: Body) -> None:
    changes: dict[str, Any] = {n: v for n, v in given.items() if n in CHANGE and n not in SET_APART}
    if changes.get("due_on"):
        changes["due_at"] = None
    if changes.get("due_at"):
        changes["due_on"] = changes["due_at"][:10]
    if "notes" in given:
        changes |= {"notes": given["notes"], "html_notes": f"<body>{given['notes']}</body>"}
    if "html_notes" in given:
        changes["html_notes"] = given["html_notes"]
    if "completed" in given:
        changes |= {"completed": given["completed"], "completed_at": site.stamp() if given["completed"] else None}
    if "external" in given:
        _forget_external(site, task)
        task["external"] = given["external"]
        if given["external"]["gid"] is not None:
            site.by_external.setdefault(given["external"]["gid"], task)
    task.update(changes)
    site.touch(task)
