"""Calls about users, workspaces and teams: read only."""

from sandbox.asana.calls import Call, Reply
from sandbox.asana.errors import AsanaError, missing
from sandbox.asana.render import Object

USERS_MOST = 2000
"""`/workspaces/:gid/users` is limited to 2,000 users, in alphabetical order (API reference)."""


def get_user(call: Call) -> Reply:
    """`/users/:gid`, where the gid may be `me` or an e-mail address."""
    return call.one(call.site.find_user(call.gid, in_path=True))


def list_users(call: Call) -> Reply:
    """`/users?workspace=` or `?team=`."""
    if "team" in call.query:
        return call.page(_members(call, call.query["team"], in_path=False))
    if "workspace" not in call.query:
        raise missing("workspace")
    call.site.find("workspace", call.query["workspace"])
    return call.page(list(call.site.kinds["user"].values()))


def list_workspace_users(call: Call) -> Reply:
    """`/workspaces/:gid/users`."""
    call.site.find("workspace", call.gid, in_path=True)
    return call.page(sorted(call.site.kinds["user"].values(), key=_by_name)[:USERS_MOST])


def list_team_users(call: Call) -> Reply:
    """`/teams/:gid/users`."""
    return call.page(_members(call, call.gid, in_path=True))


def list_workspaces(call: Call) -> Reply:
    """`/workspaces`."""
    return call.page(list(call.site.kinds["workspace"].values()))


def get_workspace(call: Call) -> Reply:
    """`/workspaces/:gid`."""
    return call.one(call.site.find("workspace", call.gid, in_path=True))


def list_teams(call: Call) -> Reply:
    """`/workspaces/:gid/teams`."""
    call.site.find("workspace", call.gid, in_path=True)
    return call.page(list(call.site.kinds["team"].values()))


def list_user_teams(call: Call) -> Reply:
    """`/users/:gid/teams?organization=`."""
    user = call.site.find_user(call.gid, in_path=True)
    if "organization" not in call.query:
        raise missing("organization")
    call.site.find("workspace", call.query["organization"], name="organization")
    teams = call.site.kinds["team"].values()
    return call.page([team for team in teams if user in call.site.members_of[team["gid"]]])


def get_team(call: Call) -> Reply:
    """`/teams/:gid`."""
    return call.one(call.site.find("team", call.gid, in_path=True))


def _members(call: Call, team: str, *, in_path: bool) -> list[Object]:
    found = call.site.find("team", team, in_path=in_path)
    return sorted(call.site.members_of[found["gid"]], key=_by_name)


def _by_name(user: Object) -> str:
    return str(user["name"]).casefold()


def named_users(call: Call, given: list[str], name: str) -> list[Object]:
    """The users so named, each once; raises AsanaError when one is unknown or none is given."""
    if not given:
        raise AsanaError(400, f"{name}: Missing input")
    found = {user["gid"]: user for user in (call.site.find_user(who, name=name) for who in given)}
    return list(found.values())
