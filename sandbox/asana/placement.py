"""Where tasks stand, in the sections of projects: the calls that list and move them there."""

from sandbox.asana.calls import Call, Reply
from sandbox.asana.custom_fields import join_field
from sandbox.asana.errors import AsanaError, missing, unknown_object
from sandbox.asana.render import Object
from sandbox.asana.shapes import Body, Shape, gid
from sandbox.asana.site import Site

PLACE: Shape = {"task": gid, "insert_before": gid, "insert_after": gid}


def list_tasks(call: Call) -> Reply:
    """`/tasks?project=`, `?section=` or `?assignee=&workspace=`; `/projects/:gid/tasks`, `/sections/:gid/tasks`."""
    site, query = call.site, call.query
    if call.path.startswith("/projects/"):
        return call.page(site.tasks_of(site.find("project", call.gid, in_path=True)["gid"]))
    if call.path.startswith("/sections/"):
        return call.page(site.tasks_in[site.find("section", call.gid, in_path=True)["gid"]])
    if ("project" in query) + ("section" in query) + ("assignee" in query or "workspace" in query) != 1:
        raise AsanaError(400, "You should specify exactly one of project, section, or assignee and workspace")
    if "project" in query:
        return call.page(site.tasks_of(site.find("project", query["project"])["gid"]))
    if "section" in query:
        return call.page(site.tasks_in[site.find("section", query["section"])["gid"]])
    for name in ("workspace", "assignee"):
        if name not in query:
            raise missing(name)
    site.find("workspace", query["workspace"])
    user = site.find_user(query["assignee"], name="assignee")
    return call.page([task for task in site.kinds["task"].values() if task["assignee"] is user])


def add_task_to_section(call: Call) -> Reply:
    """`POST /sections/:gid/addTask`: the task leaves its other section of that project."""
    site = call.site
    section = site.find("section", call.gid, in_path=True)
    task = site.find_task(call.required("task"))
    if {"insert_before", "insert_after"} <= call.body.keys():
        raise AsanaError(400, "You may only provide one of insert_before or insert_after")
    beside = next((call.body[name] for name in ("insert_before", "insert_after") if name in call.body), None)
    order = [held["gid"] for held in site.tasks_in[section["gid"]] if held is not task]
    if beside is not None and beside not in order:
        raise unknown_object("insert_before" if "insert_before" in call.body else "insert_after", beside, in_path=False)
    at = len(order) if beside is None else order.index(beside) + ("insert_after" in call.body)
    project = section["project"]
    for member in task["memberships"]:
        if member["project"] is project:
            site.tasks_in[member["section"]["gid"]].remove(task)
            member["section"] = section
            break
    else:
        task["memberships"].append({"project": project, "section": section})
        task["projects"].append(project)
        for setting in project["custom_field_settings"]:
            join_field(task, setting["custom_field"])
    site.tasks_in[section["gid"]].insert(at, task)
    site.touch(task)
    return call.nothing()


def places_of(site: Site, given: Body) -> list[tuple[Object, Object]]:
    """The (project, section) places that a new task's `projects` and `memberships` name, one a project."""
    places: dict[str, tuple[Object, Object]] = {}
    for project_gid in given.get("projects", []):
        project = site.find("project", project_gid)
        places[project["gid"]] = (project, site.sections_of[project["gid"]][0])
    for member in given.get("memberships", []):
        if "project" not in member:
            raise missing("memberships.project")
        project = site.find("project", member["project"])
        section = site.sections_of[project["gid"]][0]
        if "section" in member:
            section = site.find("section", member["section"])
            if section["project"] is not project:
                raise AsanaError(400, f"section: Not in the project: {section['gid']}")
        places[project["gid"]] = (project, section)
    return list(places.values())
