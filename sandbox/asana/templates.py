"""Calls about project templates, and the jobs that make projects from them."""

from datetime import date, datetime, timedelta
from typing import Any

from sandbox.asana.calls import Call, Reply
from sandbox.asana.errors import AsanaError, missing
from sandbox.asana.projects import PRIVACY, add_project, add_section
from sandbox.asana.render import Object
from sandbox.asana.shapes import Shape, flag, gid, listing, shaped, text
from sandbox.asana.site import Site
from sandbox.asana.tasks import add_task

JOBS_AT_ONCE = 5
"""Instantiations and duplications that Asana runs at once for one token (docs/rate-limits)."""
POLLS = 1
"""How many times a job is still in progress when looked at."""
JOB_TIME = timedelta(seconds=5)
"""After so long a job is done though nobody looked."""


def _when(name: str, value: Any) -> date | None:
    if value is None:
        return None
    try:
        return datetime.fromisoformat(value).date()
    except (TypeError, ValueError):
        raise AsanaError(400, f"{name}: Not a valid date: {value}") from None


INSTANTIATE: Shape = {
    "name": text,
    "team": gid,
    "public": flag,
    "privacy_setting": PRIVACY,
    "is_strict": flag,
    "requested_dates": listing(shaped({"gid": gid, "value": _when})),
    "requested_roles": listing(shaped({"gid": gid, "value": gid})),
}


def list_templates(call: Call) -> Reply:
    """`/project_templates?team=` or `?workspace=`, `/teams/:gid/project_templates`."""
    templates = list(call.site.kinds["project_template"].values())
    team = call.gid or call.query.get("team")
    if team is not None:
        found = call.site.find("team", team, in_path=bool(call.gid))
        return call.page([template for template in templates if template["team"] is found])
    if "workspace" in call.query:
        call.site.find("workspace", call.query["workspace"])
    return call.page(templates)


def get_template(call: Call) -> Reply:
    """`GET /project_templates/:gid`."""
    return call.one(call.site.find("project_template", call.gid, in_path=True))


def instantiate(call: Call) -> Reply:
    """`POST /project_templates/:gid/instantiateProject`: starts a job. The project is there at once, though empty."""
    site, given = call.site, call.body
    template = site.find("project_template", call.gid, in_path=True)
    name = call.required("name")
    team = site.find("team", given["team"]) if "team" in given else template["team"]
    dates = _dates(call, template)
    if given.get("requested_roles"):
        raise AsanaError(400, f"requested_roles: Not a recognized ID: {given['requested_roles'][0].get('gid')}")
    running = [job for job in site.kinds["job"].values() if job["status"] == "in_progress"]
    if site.world.vendor_limits and len(running) >= JOBS_AT_ONCE:
        raise AsanaError(429, "You have reached the limit of concurrent jobs.", {"retry-after": "5"})
    project = add_project(site, name, team)
    project["created_from_template"] = template
    for option in ("public", "privacy_setting"):
        if option in given:
            project[option] = given[option]
    job = site.add(
        "job",
        resource_subtype="instantiate_project",
        status="in_progress",
        new_project=project,
        new_task=None,
        new_project_template=None,
    )
    site.pending[job["gid"]] = {
        "dates": dates,
        "template": template,
        "polls": POLLS,
        "due": site.world.clock.now() + JOB_TIME,
        "fails": call.fault is not None and call.fault.do == "job_fails",
    }
    return call.created(job, "jobs")


def get_job(call: Call) -> Reply:
    """`GET /jobs/:gid`; only its creator may read it, and there is one token."""
    job = call.site.find("job", call.gid, in_path=True)
    pending = call.site.pending.get(job["gid"])
    if pending is not None:
        if pending["polls"] <= 0:
            finish(call.site, job)
        else:
            pending["polls"] -= 1
    return call.one(job)


def finish_due(site: Site) -> None:
    """Finish the jobs whose time has come, looked at or not."""
    now = site.world.clock.now()
    for job_gid in [job_gid for job_gid, pending in site.pending.items() if pending["due"] <= now]:
        finish(site, site.kinds["job"][job_gid])


def finish(site: Site, job: Object) -> None:
    """Give the job's project the sections and tasks of its template.

    The job fails when the project has been deleted meanwhile, and when the fault plan says so: then the project stays
    as it is, empty.
    """
    pending = site.pending.pop(job["gid"])
    job["status"] = "succeeded"
    project = job["new_project"]
    if pending["fails"] or project["gid"] not in site.kinds["project"]:
        job["status"] = "failed"
        return
    project["notes"] = project["notes"] or pending["template"]["description"]
    for planned in site.plans[pending["template"]["gid"]]:
        section = add_section(site, project, planned["name"])
        for task in planned.get("tasks") or []:
            made = add_task(site, task["name"], [(project, section)])
            made["notes"] = task.get("notes") or ""
            if task.get("date") is not None:
                made["due_on"] = (pending["dates"][task["date"]] + timedelta(days=task.get("days", 0))).isoformat()


def _dates(call: Call, template: Object) -> dict[str, date]:
    """Date variable's name -> its day. Raises AsanaError when one is unknown, or missing from a strict request."""
    wanted = {variable["gid"]: variable["name"] for variable in template["requested_dates"]}
    if wanted and not call.body.get("requested_dates"):
        raise missing("requested_dates")
    given = {}
    for requested in call.body.get("requested_dates", []):
        if requested.get("gid") not in wanted:
            raise AsanaError(400, f"requested_dates: Not a recognized ID: {requested.get('gid')}")
        given[wanted[requested["gid"]]] = requested.get("value")
    unset = [name for name in wanted.values() if given.get(name) is None]
    if unset and call.body.get("is_strict"):
        raise AsanaError(422, f"requested_dates: No value for the date variable {unset[0]}")
    today = call.site.world.clock.now().date()
    return {name: given.get(name) or today for name in wanted.values()}
