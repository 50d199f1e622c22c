"""A deal becomes a project whose name a later look recognises, from a template or with tasks of our own."""

from dataclasses import replace

import pytest

from handoff.core.keys import marker
from handoff.core.pack import Limit, Pack, Step, StepKind
from mappings.asana_tracker import ProjectBodies, external_gid, project_plan, with_users
from tests.unit.mappings.demo_deal import crm, demo, row

KEY = "0123456789abcdef" * 4
MEMBERS = {"kwame.mensah@example.com": "104", "priya.nair@example.com": "102", "tomas.ortega@example.com": "103"}
MARK = f"[{marker(KEY)}]"


def plan(pack: Pack | None = None, **values: str | None) -> ProjectBodies:
    return sent(project_plan(row(**values), pack or demo(), KEY, "900"), MEMBERS)


def sent(project: ProjectBodies, users: dict[str, str]) -> ProjectBodies:
    """The bodies as they go out."""
    tasks = tuple(replace(task, body=with_users(task.body, users)) for task in project.tasks)
    return replace(project, body=with_users(project.body, users), tasks=tasks)


def test_a_project_of_our_own_has_dates_members_sections_and_tasks() -> None:
    project = plan()
    assert project.template is None
    assert project.body == {
        "name": f"Kupferkamm Software GmbH: Second site {MARK}",
        "notes": "Sold by Lena Hartwig on 2026-11-01. Billing contact: Nora Falk.\n\n"
        f"Made by Handoff for deal 006000000000001AAA.\nBilling key: {KEY}",
        "team": "900",
        "privacy_setting": "private_to_team",
        "start_on": "2026-11-15",
        "due_on": "2026-12-15",
        "followers": "104,102",
    }
    assert project.sections == ("Prepare", "Deliver")
    assert [(task.section, task.body) for task in project.tasks] == [
        (
            "Prepare",
            {
                "name": "Agree on the dates with Kupferkamm Software GmbH",
                "due_on": "2026-11-12",
                "assignee": "104",
                "external": {"gid": external_gid(KEY, 1)},
            },
        ),
        (
            "Deliver",
            {
                "name": "Deliver and test",
                "due_on": "2026-11-29",
                "assignee": "104",
                "external": {"gid": external_gid(KEY, 2)},
            },
        ),
        (
            "Deliver",
            {
                "name": "Ask whether all is well",
                "due_on": "2026-12-15",
                "assignee": "102",
                "external": {"gid": external_gid(KEY, 3)},
            },
        ),
    ]


def test_a_project_from_a_template_answers_the_dates_it_asks_for() -> None:
    project = plan(deal_type="New Business")
    assert project.template == "1200000000000301"
    assert project.body == {
        "name": f"Kupferkamm Software GmbH: Second site {MARK}",
        "team": "900",
        "privacy_setting": "private_to_team",
        "is_strict": True,
        "requested_dates": [{"gid": "1", "value": "2026-11-15"}, {"gid": "2", "value": "2026-12-30"}],
    }
    assert KEY in project.details["notes"]
    assert (project.sections, project.tasks) == ((), ())


def test_a_bare_project_is_a_name_and_notes() -> None:
    project = plan(deal_type="Services")
    assert set(project.body) == {"name", "notes", "team", "privacy_setting", "followers"}
    assert (project.template, project.sections, project.tasks) == (None, (), ())


def test_a_long_name_is_cut_but_its_marker_is_whole() -> None:
    name = plan(account_name="x" * 1_000).body["name"]
    assert name.endswith(f"… {MARK}")
    assert len(name) < 230


def test_without_a_kick_off_day_nothing_is_dated() -> None:
    project = plan(kickoff_on=None)
    assert not {"start_on", "due_on"} & set(project.body)
    assert not [task for task in project.tasks if "due_on" in task.body]


def test_who_is_unknown_at_asana_is_neither_member_nor_assignee() -> None:
    project = sent(project_plan(row(), demo(), KEY, "900"), {})
    assert "followers" not in project.body
    assert not [task for task in project.tasks if "assignee" in task.body]


def test_who_is_absent_on_the_due_day_is_not_assigned() -> None:
    people = dict(demo().owners.people)
    away = {"from": "2026-11-20", "until": "2026-11-30"}
    people["kwame_mensah"] = type(people["kwame_mensah"]).model_validate(
        {"name": "Kwame Mensah", "email": "kwame.mensah@example.com", "absent": [away]}
    )
    pack = replace(demo(), owners=demo().owners.model_copy(update={"people": people}))
    assert [task.body["assignee"] for task in plan(pack).tasks] == ["104", "102", "102"]


def test_the_team_of_the_pack_wins_over_the_setting() -> None:
    pack = replace(demo(), project=demo().project.model_copy(update={"team": "901"}))
    assert (plan(pack).team, plan(pack).body["team"]) == ("901", "901")


def test_a_deal_type_without_a_kind_of_project_is_refused() -> None:
    kinds = {name: kind for name, kind in demo().project.kinds.items() if kind.deal_types}
    pack = replace(demo(), project=demo().project.model_copy(update={"kinds": kinds}))
    with pytest.raises(ValueError, match="no project for deals of type 'Services'"):
        plan(pack, deal_type="Services")


def test_the_pack_of_the_export_makes_bare_projects_of_deals_without_a_type() -> None:
    project = plan(crm(), deal_type=None)
    assert project.body["name"] == f"Kupferkamm Software GmbH (006000000000001AAA) {MARK}"
    assert project.tasks == ()


def test_the_notes_name_who_receives_each_step_by_hand_that_has_a_limit() -> None:
    received = Step(title="Call them", does=StepKind.BY_HAND, role="delivery", limit=Limit(within_hours=4))
    steps = {
        "call": received,
        "elsewhere": received.model_copy(update={"deal_types": ("Services",)}),
        "unlimited": received.model_copy(update={"limit": None}),
    }
    pack = replace(demo(), workflow=demo().workflow.model_copy(update={"steps": steps}))
    notes = str(plan(pack).body["notes"])
    assert notes.count("Received by") == 1
    assert "\n\nReceived by Kwame Mensah; please accept within 4 working hours: Call them.\n\n" in notes
