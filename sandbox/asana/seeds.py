"""What the site holds at first: some users and a project template, and those of the seed folder."""

from typing import Any

from sandbox.asana.render import Object
from sandbox.asana.site import Site
from sandbox.seed import Row, SeedError

USERS = (
    ("Handoff Robot", "handoff@example.com"),
    ("Priya Nair", "priya.nair@example.com"),
    ("Tomás Ortega", "tomas.ortega@example.com"),
    ("Ingrid Solberg", "ingrid.solberg@example.com"),
    ("Kwame Mensah", "kwame.mensah@example.com"),
    ("Mei Tanaka", "mei.tanaka@example.com"),
)
TEMPLATE: Row = {
    "gid": "1200000000000301",
    "name": "Customer onboarding",
    "description": "What a new customer gets, from kick-off to go-live.",
    "requested_dates": [
        {"gid": "1", "name": "Kick-off", "description": "The day the project starts"},
        {"gid": "2", "name": "Go-live", "description": "The day the customer works with it"},
    ],
    "sections": [
        {
            "name": "Kick-off",
            "tasks": [
                {"name": "Invite the customer", "date": "Kick-off", "days": -3},
                {"name": "Hold the kick-off meeting", "date": "Kick-off", "days": 0},
            ],
        },
        {
            "name": "Set-up",
            "tasks": [
                {"name": "Configure the account", "date": "Kick-off", "days": 7},
                {"name": "Train the users", "date": "Go-live", "days": -5},
                {"name": "Confirm that it works", "date": "Go-live", "days": 1},
            ],
        },
    ],
}


def sow(site: Site) -> None:
    """Fill a new site: built-in users and template, then `asana.users` and `asana.project_templates` of the folder.

    A user: name, email, gid if wanted. A template: name, gid, team, requested_dates [{gid, name}], sections
    [{name, tasks: [{name, notes, date: a requested date's name, days: offset from it}]}]. Raises SeedError.
    """
    for at, (name, email) in enumerate(USERS):
        site.add_user(name, email, gid=str(1_200_000_000_000_101 + at))
    for number, row in enumerate(site.world.seed.get("asana.users", []), start=1):
        _sow_user(site, row, f"asana.users, row {number}")
    _sow_template(site, TEMPLATE, "the built-in template")
    for number, row in enumerate(site.world.seed.get("asana.project_templates", []), start=1):
        _sow_template(site, row, f"asana.project_templates, row {number}")


def _sow_user(site: Site, row: Row, where: str) -> None:
    name, email = _wanted(row, "name", where), _wanted(row, "email", where)
    if email.lower() not in site.by_email:
        site.add_user(name, email, gid=_own_gid(site, "user", row, where))


def _sow_template(site: Site, row: Row, where: str) -> None:
    team = site.kinds["team"].get(row.get("team") or site.team["gid"])
    if team is None:
        raise SeedError(f"{where}: there is no team {row['team']}; leave `team` out for {site.team['gid']}.")
    dates = [
        {
            "gid": str(date.get("gid") or at),
            "name": _wanted(date, "name", where),
            "description": date.get("description") or "",
        }
        for at, date in enumerate(_rows(row, "requested_dates", where), start=1)
    ]
    sections = _rows(row, "sections", where)
    for section in sections:
        _wanted(section, "name", where)
        for task in _rows(section, "tasks", where):
            _check_task(task, {date["name"] for date in dates}, where)
    template: Object = site.add(
        "project_template",
        gid=_own_gid(site, "project_template", row, where),
        name=_wanted(row, "name", where),
        description=row.get("description") or "",
        html_description=f"<body>{row.get('description') or ''}</body>",
        color=None,
        owner=site.me,
        public=True,
        requested_dates=dates,
        requested_roles=[],
        team=team,
    )
    site.plans[template["gid"]] = sections


def _check_task(task: Row, dates: set[str], where: str) -> None:
    name = _wanted(task, "name", where)
    if task.get("date") is not None and task["date"] not in dates:
        raise SeedError(f"{where}: task {name} hangs on the date {task['date']}, which requested_dates does not name.")
    if type(task.get("days", 0)) is not int:
        raise SeedError(f"{where}: task {name} has days that are not a whole number.")


def _wanted(row: Row, name: str, where: str) -> str:
    value = row.get(name)
    if not isinstance(value, str) or not value:
        raise SeedError(f"{where}: {name} is missing or not text; write it.")
    return value


def _rows(row: Row, name: str, where: str) -> list[dict[str, Any]]:
    value = row.get(name) or []
    if not isinstance(value, list) or not all(isinstance(inner, dict) for inner in value):
        raise SeedError(f"{where}: {name} must be a list of objects.")
    return value


def _own_gid(site: Site, kind: str, row: Row, where: str) -> str | None:
    gid = row.get("gid")
    if gid is None:
        return None
    if not isinstance(gid, str) or not gid.isdecimal():
        raise SeedError(f"{where}: gid must be text of digits, or left out.")
    if gid in site.kinds[kind]:
        raise SeedError(f"{where}: the gid {gid} is taken; choose another or leave it out.")
    return gid
