"""The stand-in for Asana: what it does, and what it refuses as Asana refuses it."""

import json
from typing import Any
from urllib.parse import quote, urlencode

import pytest

from sandbox.asana.app import build, state
from sandbox.credentials import ASANA_TEAM, ASANA_TOKEN, ASANA_WORKSPACE
from sandbox.seed import SeedError
from sandbox.world import World
from tests.asgi_client import Answer, call

TEMPLATE = "1200000000000301"


class Asana:
    """The app with a client's habits: bodies in `data`, a bearer token."""

    def __init__(self, world: World | None = None) -> None:
        self.world = world or World()
        self.app = build(self.world)

    def ask(self, method: str, path: str, data: Any = None, **query: Any) -> Answer:
        url = f"/api/1.0{path}" + (f"?{urlencode(query)}" if query else "")
        body = None if data is None else {"data": data}
        return call(self.app, method, url, body, {"authorization": f"Bearer {ASANA_TOKEN}"})

    def get(self, path: str, **query: Any) -> Any:
        answer = self.ask("GET", path, **query)
        assert answer.status == 200, answer.content
        return answer.json()["data"]

    def post(self, path: str, status: int = 201, **data: Any) -> Any:
        answer = self.ask("POST", path, data)
        assert answer.status == status, answer.content
        return answer.json()["data"]

    def put(self, path: str, **data: Any) -> Any:
        answer = self.ask("PUT", path, data)
        assert answer.status == 200, answer.content
        return answer.json()["data"]

    def project(self, name: str = "HO-1 Acme", **data: Any) -> Any:
        return self.post("/projects", name=name, team=ASANA_TEAM, **data)


@pytest.fixture
def asana() -> Asana:
    return Asana()


def refusal(answer: Answer, status: int) -> str:
    """The message of an error body, whose shape is checked."""
    assert answer.status == status, answer.content
    (error,) = answer.json()["errors"]
    assert error.keys() == {"message", "help"}
    return str(error["message"])


# --- who may ask, and what for


@pytest.mark.parametrize("given", [None, "Bearer wrong", ASANA_TOKEN, f"Basic {ASANA_TOKEN}"])
def test_a_wrong_token_is_not_authorized(asana: Asana, given: str | None) -> None:
    answer = call(asana.app, "GET", "/api/1.0/users/me", headers={"authorization": given} if given else {})
    assert refusal(answer, 401) == "Not Authorized"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/nothing"),
        ("GET", "/projects/1/nothing"),
        ("PATCH", "/projects"),
        ("DELETE", "/users/me"),
        ("GET", f"/workspaces/{ASANA_WORKSPACE}/projects/search"),
        ("GET", "/batch"),
    ],
)
def test_an_endpoint_that_is_not_offered_is_no_route(asana: Asana, method: str, path: str) -> None:
    assert refusal(asana.ask(method, path), 404) == "No matching route for request"


def test_a_path_outside_the_api_is_no_route(asana: Asana) -> None:
    answer = call(asana.app, "GET", "/users/me", headers={"authorization": f"Bearer {ASANA_TOKEN}"})
    assert refusal(answer, 404) == "No matching route for request"


def test_an_unknown_query_parameter_is_refused(asana: Asana) -> None:
    assert refusal(asana.ask("GET", "/projects", team=ASANA_TEAM, page=2), 400) == "page: Unrecognized query parameter"


@pytest.mark.parametrize("body", [b"{", b"[]", b"7"])
def test_a_body_that_is_no_json_object_is_refused(asana: Asana, body: bytes) -> None:
    answer = call(asana.app, "POST", "/api/1.0/projects", body, {"authorization": f"Bearer {ASANA_TOKEN}"})
    assert refusal(answer, 400) == "Could not parse request data, invalid JSON"


def test_a_body_without_its_wrapper_is_refused(asana: Asana) -> None:
    body = {"name": "X", "team": ASANA_TEAM}
    answer = call(asana.app, "POST", "/api/1.0/projects", body, {"authorization": f"Bearer {ASANA_TOKEN}"})
    assert "must be wrapped in `data`" in refusal(answer, 400)
    assert refusal(asana.ask("POST", "/projects", []), 400) == "data: Not an object: []"


# --- people


def test_me_is_a_user_with_workspaces_and_others_are_found_by_email(asana: Asana) -> None:
    me = asana.get("/users/me")
    assert me["workspaces"] == [{"gid": ASANA_WORKSPACE, "resource_type": "workspace", "name": "Example Organisation"}]
    assert asana.get("/users/Mei.Tanaka@example.com")["name"] == "Mei Tanaka"
    assert refusal(asana.ask("GET", "/users/nobody@example.com"), 400) == "user: Not a Long: nobody@example.com"
    assert refusal(asana.ask("GET", "/users/99"), 404) == "user: Not a recognized ID: 99"


def test_users_of_a_workspace_come_in_alphabetical_order_with_the_emails_asked_for(asana: Asana) -> None:
    users = asana.get(f"/workspaces/{ASANA_WORKSPACE}/users", opt_fields="email,name")
    assert [user["name"] for user in users] == sorted(user["name"] for user in users)
    assert all("@" in user["email"] and user.keys() == {"gid", "email", "name"} for user in users)
    assert asana.get("/users", workspace=ASANA_WORKSPACE)[0].keys() == {"gid", "resource_type", "name"}
    assert asana.get("/users", team=ASANA_TEAM) == asana.get(f"/teams/{ASANA_TEAM}/users")
    assert refusal(asana.ask("GET", "/users"), 400) == "workspace: Missing input"


def test_the_workspace_is_an_organisation_with_a_team(asana: Asana) -> None:
    assert asana.get("/workspaces", opt_fields="is_organization") == [{"gid": ASANA_WORKSPACE, "is_organization": True}]
    assert [team["gid"] for team in asana.get(f"/workspaces/{ASANA_WORKSPACE}/teams")] == [ASANA_TEAM]
    assert asana.get(f"/teams/{ASANA_TEAM}")["organization"]["gid"] == ASANA_WORKSPACE
    assert refusal(asana.ask("GET", "/teams/12"), 404) == "team: Not a recognized ID: 12"


# --- projects


def test_a_project_is_created_with_201_its_place_and_all_its_fields(asana: Asana) -> None:
    answer = asana.ask("POST", "/projects", {"name": "HO-1", "team": ASANA_TEAM, "notes": "handoff:006"})
    project = answer.json()["data"]
    assert answer.status == 201
    assert answer.headers["location"].endswith(f"/api/1.0/projects/{project['gid']}")
    assert project["team"] == {"gid": ASANA_TEAM, "resource_type": "team", "name": "Delivery"}
    assert (project["notes"], project["archived"]) == ("handoff:006", False)
    assert "html_notes" not in project
    assert project["gid"].isdecimal()
    assert asana.get(f"/projects/{project['gid']}") == project


def test_opt_fields_show_what_is_asked_and_no_more(asana: Asana) -> None:
    gid = asana.project()["gid"]
    assert asana.get(f"/projects/{gid}", opt_fields="name,team.name,owner,members.email,nothing,html_notes") == {
        "gid": gid,
        "name": "HO-1 Acme",
        "team": {"gid": ASANA_TEAM, "name": "Delivery"},
        "owner": {"gid": "1200000000000101", "resource_type": "user"},
        "members": [{"gid": "1200000000000101", "email": "handoff@example.com"}],
        "html_notes": "<body></body>",
    }


def test_nothing_is_unique_so_the_same_call_twice_makes_two_projects(asana: Asana) -> None:
    assert asana.project()["gid"] != asana.project()["gid"]
    assert len(asana.get(f"/teams/{ASANA_TEAM}/projects")) == 2


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"team": ASANA_TEAM}, "name: Missing input"),
        ({"name": "", "team": ASANA_TEAM}, "name: Missing input"),
        ({"name": "X"}, "workspace: Missing input"),
        ({"name": "X", "workspace": ASANA_WORKSPACE}, "Missing required `team` field"),
        ({"name": "X", "team": "12"}, "team: Not a recognized ID: 12"),
        ({"name": "X", "team": int(ASANA_TEAM)}, f"team: Not a string: {ASANA_TEAM}"),
        ({"name": "X", "team": ASANA_TEAM, "workspace": "12"}, "workspace: Not a recognized ID: 12"),
        ({"name": 5, "team": ASANA_TEAM}, "name: Not a string: 5"),
        ({"name": "X", "team": ASANA_TEAM, "external": {"gid": "a"}}, "external: Unrecognized field"),
        ({"name": "X", "team": ASANA_TEAM, "gid": "1"}, "gid: Cannot write this property"),
        ({"name": "X", "team": ASANA_TEAM, "archived": "no"}, "archived: Not a boolean: no"),
        ({"name": "X", "team": ASANA_TEAM, "due_on": "31/02/2026"}, "due_on: Not a valid date: 31/02/2026"),
        ({"name": "X", "team": ASANA_TEAM, "due_on": "20260131"}, "due_on: Not a valid date: 20260131"),
        ({"name": "X", "team": ASANA_TEAM, "owner": "12"}, "owner: Not a recognized ID: 12"),
        ({"name": "X", "team": ASANA_TEAM, "default_view": "map"}, "default_view: Must be one of"),
        ({"name": "X", "team": ASANA_TEAM, "start_on": "2026-01-02"}, "start_on: You must include a due date"),
        (
            {"name": "X", "team": ASANA_TEAM, "start_on": "2026-01-02", "due_on": None},
            "start_on: You cannot set a start date without a due date",
        ),
        (
            {"name": "X", "team": ASANA_TEAM, "start_on": "2026-01-02", "due_on": "2026-01-02"},
            "start_on: The start date must be before the due date",
        ),
        (
            {"name": "X", "team": ASANA_TEAM, "custom_fields": {"7": "x"}},
            "Custom field with ID 7 is not on given object",
        ),
    ],
)
def test_a_project_that_is_wrong_is_refused_and_not_made(asana: Asana, data: dict[str, Any], said: str) -> None:
    assert refusal(asana.ask("POST", "/projects", data), 400).startswith(said)
    assert asana.get(f"/teams/{ASANA_TEAM}/projects") == []


def test_a_project_made_under_a_team_is_that_teams(asana: Asana) -> None:
    made = asana.post(f"/teams/{ASANA_TEAM}/projects", name="X", start_on="2026-01-02", due_on="2026-02-03")
    assert (made["team"]["gid"], made["start_on"], made["due_on"], made["due_date"]) == (
        ASANA_TEAM,
        "2026-01-02",
        "2026-02-03",
        "2026-02-03",
    )
    assert refusal(asana.ask("POST", "/teams/12/projects", {"name": "X"}), 404) == "team: Not a recognized ID: 12"
    other = asana.ask("POST", f"/teams/{ASANA_TEAM}/projects", {"name": "X", "team": "12"})
    assert refusal(other, 400) == "team: Does not match the team in the path"
    wide = asana.ask("POST", f"/workspaces/{ASANA_WORKSPACE}/projects", {"name": "X"})
    assert refusal(wide, 400) == "Missing required `team` field"


def test_a_project_is_changed_field_by_field(asana: Asana) -> None:
    gid = asana.project(notes="old")["gid"]
    asana.world.clock.shift(60)
    changed = asana.put(f"/projects/{gid}", name="new", archived=True, owner="priya.nair@example.com")
    assert (changed["name"], changed["notes"], changed["archived"]) == ("new", "old", True)
    assert changed["owner"]["name"] == "Priya Nair"
    assert changed["modified_at"] > changed["created_at"]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"team": ASANA_TEAM}, "team: Cannot write this property"),
        ({"name": ""}, "name: Missing input"),
        ({"created_at": "2026-01-01"}, "created_at: Cannot write this property"),
        ({"name": "new", "owner": "12"}, "owner: Not a recognized ID: 12"),
        ({"name": "new", "custom_fields": {"7": "x"}}, "Custom field with ID 7 is not on given object"),
    ],
)
def test_a_wrong_change_of_a_project_changes_nothing(asana: Asana, data: dict[str, Any], said: str) -> None:
    project = asana.project()
    assert refusal(asana.ask("PUT", f"/projects/{project['gid']}", data), 400) == said
    assert asana.get(f"/projects/{project['gid']}") == project


def test_a_deleted_project_is_gone_from_everywhere(asana: Asana) -> None:
    gid = asana.project()["gid"]
    task = asana.post("/tasks", name="Call", projects=[gid])
    answer = asana.ask("DELETE", f"/projects/{gid}")
    assert (answer.status, answer.json()) == (200, {"data": {}})
    assert refusal(asana.ask("GET", f"/projects/{gid}"), 404) == f"project: Not a recognized ID: {gid}"
    assert asana.get(f"/teams/{ASANA_TEAM}/projects") == []
    assert asana.get(f"/tasks/{task['gid']}", opt_fields="projects,memberships") == {
        "gid": task["gid"],
        "projects": [],
        "memberships": [],
    }


def test_members_and_followers_join_once_by_gid_email_or_me(asana: Asana) -> None:
    gid = asana.project()["gid"]
    asana.post(f"/projects/{gid}/addMembers", status=200, members="priya.nair@example.com,me")
    joined = asana.post(f"/projects/{gid}/addFollowers", status=200, followers=["mei.tanaka@example.com", "me"])
    assert [user["name"] for user in joined["members"]] == ["Handoff Robot", "Priya Nair", "Mei Tanaka"]
    assert [user["name"] for user in joined["followers"]] == ["Handoff Robot", "Mei Tanaka"]
    for members, said in (("", "members: Missing input"), ("12", "members: Not a recognized ID: 12")):
        assert refusal(asana.ask("POST", f"/projects/{gid}/addMembers", {"members": members}), 400) == said


# --- lists


def test_a_list_is_compact_and_says_nothing_of_pages_unless_a_limit_is_given(asana: Asana) -> None:
    project = asana.project()
    answer = asana.ask("GET", f"/teams/{ASANA_TEAM}/projects").json()
    assert answer == {"data": [{"gid": project["gid"], "resource_type": "project", "name": "HO-1 Acme"}]}
    assert asana.ask("GET", f"/teams/{ASANA_TEAM}/projects", limit=1).json()["next_page"] is None


def test_pages_follow_one_another_and_meet_every_project_once(asana: Asana) -> None:
    names = [f"p{n}" for n in range(7)]
    for name in names:
        asana.project(name)
    seen: list[str] = []
    query: dict[str, Any] = {"limit": 3, "opt_fields": "name"}
    while True:
        page = asana.ask("GET", f"/teams/{ASANA_TEAM}/projects", **query).json()
        seen += [project["name"] for project in page["data"]]
        if page["next_page"] is None:
            break
        assert page["next_page"]["uri"].endswith(page["next_page"]["path"])
        query["offset"] = page["next_page"]["offset"]
    assert seen == names


def test_a_list_without_a_limit_is_cut_off_in_silence_at_a_thousand(asana: Asana) -> None:
    for n in range(1001):
        asana.app.state.site.add_user(f"u{n}", f"u{n}@example.com")
    answer = asana.ask("GET", "/users", workspace=ASANA_WORKSPACE).json()
    assert len(answer["data"]) == 1000
    assert "next_page" not in answer


@pytest.mark.parametrize("limit", ["0", "101", "-1", "many"])
def test_a_limit_is_from_one_to_a_hundred(asana: Asana, limit: str) -> None:
    answer = asana.ask("GET", "/projects", team=ASANA_TEAM, limit=limit)
    assert refusal(answer, 400) == f"limit: Must be between 1 and 100: {limit}"


def test_an_offset_that_was_not_given_for_this_list_or_is_old_is_refused(asana: Asana) -> None:
    for n in range(3):
        asana.project(f"p{n}")
    offset = asana.ask("GET", "/projects", team=ASANA_TEAM, limit=1).json()["next_page"]["offset"]
    said = "offset: Your pagination token is invalid or has expired"
    elsewhere = asana.ask("GET", f"/teams/{ASANA_TEAM}/projects", limit=1, offset=offset)
    invented = asana.ask("GET", "/projects", team=ASANA_TEAM, limit=1, offset="2")
    asana.world.clock.shift(16 * 60)
    old = asana.ask("GET", "/projects", team=ASANA_TEAM, limit=1, offset=offset)
    assert [refusal(answer, 400) for answer in (elsewhere, invented, old)] == [said] * 3


def test_archived_projects_are_told_apart(asana: Asana) -> None:
    kept, put_away = asana.project("kept")["gid"], asana.project("put away", archived=True)["gid"]
    for word, gids in (("true", [put_away]), ("False", [kept])):  # the SDK writes Python's words
        assert [p["gid"] for p in asana.get(f"/teams/{ASANA_TEAM}/projects", archived=word)] == gids
    assert len(asana.get(f"/workspaces/{ASANA_WORKSPACE}/projects")) == 2
    assert refusal(asana.ask("GET", "/projects", team=ASANA_TEAM, archived="no"), 400) == "archived: Not a boolean: no"
    assert refusal(asana.ask("GET", "/projects", team="12"), 400) == "team: Not a recognized ID: 12"
    assert refusal(asana.ask("GET", "/projects"), 400) == "workspace: Missing input"


# --- sections and tasks


def test_sections_come_after_the_one_that_every_project_begins_with(asana: Asana) -> None:
    gid = asana.project()["gid"]
    last = asana.post(f"/projects/{gid}/sections", name="Last")
    asana.post(f"/projects/{gid}/sections", name="Middle", insert_before=last["gid"])
    names = [section["name"] for section in asana.get(f"/projects/{gid}/sections")]
    assert names == ["Untitled section", "Middle", "Last"]
    assert last["project"]["gid"] == gid
    elsewhere = asana.project()["gid"]
    wrong = asana.ask("POST", f"/projects/{elsewhere}/sections", {"name": "X", "insert_after": last["gid"]})
    assert refusal(wrong, 400) == "insert_after: The section is not in the project"
    assert refusal(asana.ask("POST", f"/projects/{gid}/sections", {}), 400) == "name: Missing input"


def test_the_sdk_may_repeat_a_body_in_the_query_string_where_it_does_so(asana: Asana) -> None:
    gid = asana.project()["gid"]
    body = json.dumps({"data": {"name": "Kick-off"}})
    answer = asana.ask("POST", f"/projects/{gid}/sections", {"name": "Kick-off"}, body=body)
    assert answer.json()["data"]["name"] == "Kick-off"
    assert (
        refusal(asana.ask("POST", "/projects", {"name": "X"}, body=body), 400) == "body: Unrecognized query parameter"
    )


def test_a_task_takes_its_place_in_a_project_and_is_found_there(asana: Asana) -> None:
    gid = asana.project()["gid"]
    section = asana.post(f"/projects/{gid}/sections", name="Kick-off")["gid"]
    first = asana.post("/tasks", name="Call", projects=[gid], assignee="me", due_on="2026-03-01")
    second = asana.post("/tasks", name="Meet", memberships=[{"project": gid, "section": section}])
    assert first["memberships"][0]["section"]["name"] == "Untitled section"
    assert first["workspace"]["gid"] == ASANA_WORKSPACE
    assert [task["name"] for task in asana.get("/tasks", project=gid)] == ["Call", "Meet"]
    assert [task["gid"] for task in asana.get(f"/sections/{section}/tasks")] == [second["gid"]]
    assert [t["name"] for t in asana.get("/tasks", assignee="me", workspace=ASANA_WORKSPACE)] == ["Call"]
    asana.post(f"/sections/{section}/addTask", status=200, task=first["gid"], insert_before=second["gid"])
    assert [task["name"] for task in asana.get(f"/projects/{gid}/tasks")] == ["Call", "Meet"]
    assert [task["name"] for task in asana.get("/tasks", section=section)] == ["Call", "Meet"]


def test_a_task_joins_a_second_project_when_added_to_its_section(asana: Asana) -> None:
    here, there = asana.project()["gid"], asana.project()["gid"]
    section = asana.get(f"/projects/{there}/sections")[0]["gid"]
    task = asana.post("/tasks", name="Call", projects=[here])["gid"]
    asana.post(f"/sections/{section}/addTask", status=200, task=task)
    projects = asana.get(f"/tasks/{task}", opt_fields="projects")["projects"]
    assert [project["gid"] for project in projects] == [here, there]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"name": "X"}, "You should specify one of workspace, parent, projects"),
        ({"workspace": "12"}, "workspace: Not a recognized ID: 12"),
        ({"projects": ["12"]}, "project: Not a recognized ID: 12"),
        ({"projects": "12"}, "projects: Not an array: 12"),
        ({"workspace": ASANA_WORKSPACE, "assignee": "nobody"}, "assignee: Not a Long: nobody"),
        ({"workspace": ASANA_WORKSPACE, "due_at": "2026-01-01T00:00:00"}, "due_at: Not a valid date-time"),
        (
            {"workspace": ASANA_WORKSPACE, "due_on": "2026-01-01", "due_at": "2026-01-01T00:00:00Z"},
            "You may only provide one of due_on or due_at",
        ),
        ({"workspace": ASANA_WORKSPACE, "start_on": "2026-01-01"}, "start_on: You must include a due date"),
        (
            {"workspace": ASANA_WORKSPACE, "start_on": "2026-01-02", "due_on": "2026-01-01"},
            "start_on: The start date must be before the due date",
        ),
        ({"workspace": ASANA_WORKSPACE, "external": {"gid": "a" * 1025}}, "external.gid: Must be at most 1024"),
        ({"workspace": ASANA_WORKSPACE, "external": {"data": "a" * 32769}}, "external.data: Must be at most 32768"),
        ({"workspace": ASANA_WORKSPACE, "external": {"id": "a"}}, "id: Unrecognized field"),
        ({"workspace": ASANA_WORKSPACE, "custom_fields": {"7": 1}}, "Custom field with ID 7 is not on given object"),
        ({"workspace": ASANA_WORKSPACE, "memberships": [{}]}, "memberships.project: Missing input"),
        ({"workspace": ASANA_WORKSPACE, "parent": "12"}, "parent: Not a recognized ID: 12"),
        ({"workspace": ASANA_WORKSPACE, "completed_at": None}, "completed_at: Cannot write this property"),
    ],
)
def test_a_task_that_is_wrong_is_refused_and_not_made(asana: Asana, data: dict[str, Any], said: str) -> None:
    assert refusal(asana.ask("POST", "/tasks", data), 400).startswith(said)
    assert state(asana.app)["tasks"] == []


def test_a_task_is_found_by_its_external_gid_whatever_it_is_made_of(asana: Asana) -> None:
    external = "handoff:006Hs/1?é"
    task = asana.post("/tasks", workspace=ASANA_WORKSPACE, name="X", external={"gid": external, "data": "{}"})
    assert task["external"] == {"gid": external, "data": "{}"}
    path = f"/tasks/external%3A{quote(external, safe='')}"
    assert asana.get(path)["gid"] == task["gid"]
    asana.put(f"/tasks/{task['gid']}", external={"gid": "other"})
    assert refusal(asana.ask("GET", path), 404) == f"task: Not a recognized ID: external:{external}"
    assert asana.ask("DELETE", "/tasks/external:other").status == 200
    assert asana.ask("GET", f"/tasks/{task['gid']}").status == 404


def test_external_shows_only_where_it_is_set(asana: Asana) -> None:
    assert "external" not in asana.post("/tasks", workspace=ASANA_WORKSPACE, name="X")


def test_a_task_is_changed_and_completed(asana: Asana) -> None:
    gid = asana.post("/tasks", workspace=ASANA_WORKSPACE, name="X", due_on="2026-03-01")["gid"]
    done = asana.put(f"/tasks/{gid}", completed=True, due_at="2026-04-01T10:00:00.000Z")
    assert done["completed_at"] is not None
    assert (done["due_on"], done["due_at"]) == ("2026-04-01", "2026-04-01T10:00:00.000Z")
    assert asana.put(f"/tasks/{gid}", completed=False)["completed_at"] is None
    assert refusal(asana.ask("PUT", f"/tasks/{gid}", {"projects": []}), 400) == "projects: Cannot write this property"


def test_tasks_are_asked_for_by_exactly_one_place(asana: Asana) -> None:
    assert refusal(asana.ask("GET", "/tasks"), 400).startswith("You should specify exactly one of")
    assert refusal(asana.ask("GET", "/tasks", assignee="me"), 400) == "workspace: Missing input"
    assert refusal(asana.ask("GET", "/tasks", project="12"), 400) == "project: Not a recognized ID: 12"


# --- custom fields


def test_a_field_on_a_project_is_on_its_tasks_old_and_new(asana: Asana) -> None:
    gid = asana.project()["gid"]
    old = asana.post("/tasks", name="old", projects=[gid])["gid"]
    field = asana.post("/custom_fields", workspace=ASANA_WORKSPACE, name="Deal", resource_subtype="text")["gid"]
    asana.post(f"/projects/{gid}/addCustomFieldSetting", status=200, custom_field=field, is_important=True)
    (setting,) = asana.get(f"/projects/{gid}/custom_field_settings")
    assert (setting["custom_field"]["name"], setting["is_important"]) == ("Deal", True)
    asana.put(f"/tasks/{old}", custom_fields={field: "006"})
    new = asana.post("/tasks", name="new", projects=[gid], custom_fields={field: "007"})
    assert new["custom_fields"][0]["display_value"] == "007"
    assert asana.get(f"/tasks/{old}", opt_fields="custom_fields.text_value")["custom_fields"] == [
        {"gid": field, "text_value": "006"}
    ]
    again = asana.ask("POST", f"/projects/{gid}/addCustomFieldSetting", {"custom_field": field})
    assert refusal(again, 403) == f"Custom field with ID {field} is already on given object."


def test_values_of_custom_fields_are_of_the_fields_type(asana: Asana) -> None:
    gid = asana.project()["gid"]
    number = asana.post("/custom_fields", workspace=ASANA_WORKSPACE, name="N", resource_subtype="number", precision=2)
    choice = asana.post(
        "/custom_fields", workspace=ASANA_WORKSPACE, name="E", resource_subtype="enum", enum_options=[{"name": "High"}]
    )
    for field in (number, choice):
        asana.post(f"/projects/{gid}/addCustomFieldSetting", status=200, custom_field=field["gid"])
    high = choice["enum_options"][0]["gid"]
    task = asana.post("/tasks", projects=[gid], custom_fields={number["gid"]: 1.5, choice["gid"]: high})
    assert [field["display_value"] for field in task["custom_fields"]] == ["1.50", "High"]
    for field, value in ((number, "1"), (choice, "High"), (number, True)):
        wrong = asana.ask("PUT", f"/tasks/{task['gid']}", {"custom_fields": {field["gid"]: value}})
        assert refusal(wrong, 400).startswith(f"custom_fields.{field['gid']}: Not a")
    assert asana.get(f"/tasks/{task['gid']}")["custom_fields"] == task["custom_fields"]


# --- templates and jobs


def instantiate(asana: Asana, **data: Any) -> Answer:
    wanted = {
        "name": "From template",
        "team": ASANA_TEAM,
        "requested_dates": [{"gid": "1", "value": "2026-05-01"}, {"gid": "2", "value": "2026-06-01T00:00:00.000Z"}],
    }
    return asana.ask("POST", f"/project_templates/{TEMPLATE}/instantiateProject", {**wanted, **data})


def test_a_template_tells_the_gids_of_its_dates(asana: Asana) -> None:
    assert [t["gid"] for t in asana.get("/project_templates", team=ASANA_TEAM)] == [TEMPLATE]
    assert [t["gid"] for t in asana.get(f"/teams/{ASANA_TEAM}/project_templates")] == [TEMPLATE]
    template = asana.get(f"/project_templates/{TEMPLATE}")
    assert [(date["gid"], date["name"]) for date in template["requested_dates"]] == [
        ("1", "Kick-off"),
        ("2", "Go-live"),
    ]


def test_what_is_no_object_of_its_own_is_shown_whole_by_opt_fields(asana: Asana) -> None:
    template = asana.get(f"/project_templates/{TEMPLATE}", opt_fields="requested_dates,team")
    assert template["requested_dates"][1] == {
        "gid": "2",
        "name": "Go-live",
        "description": "The day the customer works with it",
    }
    assert template["team"] == {"gid": ASANA_TEAM, "resource_type": "team"}
    gid = asana.project()["gid"]
    task = asana.post("/tasks", projects=[gid], external={"gid": "a", "data": "b"})["gid"]
    shown = asana.get(f"/tasks/{task}", opt_fields="external,memberships")
    assert shown["external"] == {"gid": "a", "data": "b"}
    assert shown["memberships"][0]["project"] == {"gid": gid, "resource_type": "project"}


def test_instantiating_is_a_job_whose_project_is_empty_until_it_has_succeeded(asana: Asana) -> None:
    answer = instantiate(asana)
    job = answer.json()["data"]
    project = job["new_project"]["gid"]
    assert (answer.status, job["status"]) == (201, "in_progress")
    assert asana.get(f"/jobs/{job['gid']}")["status"] == "in_progress"
    assert asana.get("/tasks", project=project) == []
    done = asana.get(f"/jobs/{job['gid']}")
    assert (done["status"], done["new_project"]["name"]) == ("succeeded", "From template")
    tasks = asana.get("/tasks", project=project, opt_fields="name,due_on,memberships.section.name")
    assert [(t["name"], t["due_on"], t["memberships"][0]["section"]["name"]) for t in tasks] == [
        ("Invite the customer", "2026-04-28", "Kick-off"),
        ("Hold the kick-off meeting", "2026-05-01", "Kick-off"),
        ("Configure the account", "2026-05-08", "Set-up"),
        ("Train the users", "2026-05-27", "Set-up"),
        ("Confirm that it works", "2026-06-02", "Set-up"),
    ]


def test_a_job_that_nobody_looks_at_is_done_in_time(asana: Asana) -> None:
    project = instantiate(asana).json()["data"]["new_project"]["gid"]
    asana.world.clock.shift(6)
    assert len(asana.get("/tasks", project=project)) == 5


def test_a_job_whose_project_was_deleted_fails(asana: Asana) -> None:
    job = instantiate(asana).json()["data"]
    asana.ask("DELETE", f"/projects/{job['new_project']['gid']}")
    asana.world.clock.shift(6)
    assert asana.get(f"/jobs/{job['gid']}")["status"] == "failed"


@pytest.mark.parametrize(
    ("data", "status", "said"),
    [
        ({"name": ""}, 400, "name: Missing input"),
        ({"requested_dates": []}, 400, "requested_dates: Missing input"),
        ({"requested_dates": [{"gid": "9", "value": "2026-05-01"}]}, 400, "requested_dates: Not a recognized ID: 9"),
        (
            {"requested_dates": [{"gid": "1", "value": "soon"}]},
            400,
            "requested_dates[0].value: Not a valid date: soon",
        ),
        (
            {"requested_dates": [{"gid": "1", "value": "2026-05-01"}], "is_strict": True},
            422,
            "requested_dates: No value for the date variable Go-live",
        ),
        ({"team": "12"}, 400, "team: Not a recognized ID: 12"),
        ({"notes": "x"}, 400, "notes: Unrecognized field"),
    ],
)
def test_a_wrong_instantiation_is_refused_and_makes_nothing(
    asana: Asana, data: dict[str, Any], status: int, said: str
) -> None:
    assert refusal(instantiate(asana, **data), status).endswith(said)
    assert state(asana.app)["projects"] == []
    assert state(asana.app)["jobs"] == []


def test_at_most_five_jobs_run_at_once_under_the_vendors_limits() -> None:
    asana = Asana(World(vendor_limits=True))
    assert [instantiate(asana).status for _ in range(6)] == [201] * 5 + [429]
    assert instantiate(asana).headers["retry-after"] == "5"
    asana.world.clock.shift(6)
    assert instantiate(asana).status == 201


# --- batch


def test_a_batch_answers_each_action_in_the_order_asked(asana: Asana) -> None:
    gid = asana.project()["gid"]
    actions = [
        {"relative_path": "/tasks", "method": "post", "data": {"name": "first", "projects": [gid]}},
        {"relative_path": "/users/me", "method": "get", "options": {"fields": ["email"]}},
        {"relative_path": "/nothing", "method": "get"},
        {"relative_path": "/tasks", "method": "POST", "data": {"name": "second", "projects": [gid]}},
        {"relative_path": "/projects", "method": "get", "data": {"team": ASANA_TEAM}, "options": {"limit": 1}},
        {"relative_path": "/batch", "method": "post", "data": {}},
        {"relative_path": "/users/me?opt_fields=email", "method": "get"},
        {"method": "get"},
    ]
    results = asana.post("/batch", status=200, actions=actions)
    assert [result["status_code"] for result in results] == [201, 200, 404, 201, 200, 400, 400, 400]
    assert results[0]["body"]["data"]["name"] == "first"
    assert results[1]["body"]["data"] == {"gid": "1200000000000101", "email": "handoff@example.com"}
    assert results[2]["body"]["errors"][0]["message"] == "No matching route for request"
    names = [task["name"] for task in asana.get("/tasks", project=gid)]
    assert names == ["second", "first"], "a batch must not be run in the order asked: Asana does not promise it"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({}, "actions: Missing input"),
        ({"actions": []}, "actions: Missing input"),
        ({"actions": [{"relative_path": "/users/me", "method": "get"}] * 11}, "actions: At most 10 actions"),
        ({"actions": [{"relative_path": "/users/me", "method": "fetch"}]}, "actions[0].method: Must be one of"),
        ({"requests": []}, "requests: Unrecognized field"),
    ],
)
def test_a_wrong_batch_is_refused_whole(asana: Asana, data: dict[str, Any], said: str) -> None:
    assert said in refusal(asana.ask("POST", "/batch", data), 400)


def test_a_batch_over_the_rate_limit_fails_whole() -> None:
    asana = Asana(World(vendor_limits=True, asana_rate=6, ticks=lambda: 0.0))  # one at once
    project = {"relative_path": "/projects", "method": "post", "data": {"name": "X", "team": ASANA_TEAM}}
    answer = asana.ask("POST", "/batch", {"actions": [project] * 3})
    assert answer.status == 429
    assert int(answer.headers["retry-after"]) >= 1
    assert state(asana.app)["projects"] == []


# --- seeds


def test_users_and_templates_of_the_seed_folder_join_the_built_in_ones() -> None:
    template = {
        "name": "Short",
        "requested_dates": [{"name": "Start"}],
        "sections": [{"name": "All", "tasks": [{"name": "Do it", "date": "Start", "days": 2, "notes": "soon"}]}],
    }
    seed: dict[str, Any] = {
        "asana.users": [
            {"name": "Zoë", "email": "Zoe@example.com"},
            {"name": "Mei", "email": "mei.tanaka@example.com"},
        ],
        "asana.project_templates": [template],
    }
    asana = Asana(World(seed=seed))
    assert asana.get("/users/zoe@example.com")["name"] == "Zoë"
    assert asana.get("/users/mei.tanaka@example.com")["name"] == "Mei Tanaka"
    short = asana.get("/project_templates", team=ASANA_TEAM)[1]
    date = asana.get(f"/project_templates/{short['gid']}")["requested_dates"][0]
    data: dict[str, Any] = {"name": "P", "requested_dates": [{"gid": date["gid"], "value": "2026-05-01"}]}
    job = asana.post(f"/project_templates/{short['gid']}/instantiateProject", **data)
    asana.world.clock.shift(6)
    tasks = asana.get("/tasks", project=job["new_project"]["gid"], opt_fields="name,due_on,notes")
    assert [(task["name"], task["due_on"], task["notes"]) for task in tasks] == [("Do it", "2026-05-03", "soon")]


@pytest.mark.parametrize(
    ("seed", "said"),
    [
        ({"asana.users": [{"name": "A"}]}, "asana.users, row 1: email is missing"),
        ({"asana.users": [{"name": "A", "email": "a@example.com", "gid": "x"}]}, "gid must be text of digits"),
        ({"asana.users": [{"name": "A", "email": "a@example.com", "gid": "1200000000000101"}]}, "is taken"),
        ({"asana.project_templates": [{}]}, "asana.project_templates, row 1: name is missing"),
        ({"asana.project_templates": [{"name": "T", "team": "12"}]}, "there is no team 12"),
        ({"asana.project_templates": [{"name": "T", "sections": "x"}]}, "sections must be a list of objects"),
        (
            {
                "asana.project_templates": [
                    {"name": "T", "sections": [{"name": "S", "tasks": [{"name": "t", "date": "D"}]}]}
                ]
            },
            "hangs on the date D",
        ),
        (
            {
                "asana.project_templates": [
                    {"name": "T", "sections": [{"name": "S", "tasks": [{"name": "t", "days": "2"}]}]}
                ]
            },
            "days that are not a whole number",
        ),
    ],
)
def test_a_seed_that_cannot_be_used_is_named_with_its_row(seed: dict[str, Any], said: str) -> None:
    with pytest.raises(SeedError, match=said):
        build(World(seed=seed))
