"""The workflow's page: every step, rule and failure with the person who answers, and nothing that runs."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from handoff.core.violation import Failure
from handoff.report.sentences import rule_sentences
from handoff.report.workflow_page import StepView, WorkflowView, described, page
from tests.unit.mappings.demo_deal import crm, demo

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def view() -> WorkflowView:
    return described(demo(), rule_sentences(), NOW)


def step(view: WorkflowView, name: str) -> StepView:
    return next(each for each in view.steps if each.id == name)


def test_each_deal_type_has_its_steps_in_order(view: WorkflowView):
    orders = dict(view.orders)
    assert list(orders) == ["New Business", "Expansion", "Services"]
    titles = {name: each.title for name, each in demo().workflow.steps.items()}
    assert orders["Services"] == (titles["invoice"], titles["services_project"], titles["write_back"])
    assert len(orders["New Business"]) == 5
    assert [deal for deal, _ in described(crm(), {}, NOW).orders] == ["any deal"]


def test_one_deal_type_is_described_by_its_own_steps_alone():
    services = described(demo(), {}, NOW, "Services")
    assert [each.id for each in services.steps] == ["check", "invoice", "services_project", "write_back"]
    assert (
        step(services, "services_project").handed_over_by == step(described(demo(), {}, NOW), "project").handed_over_by
    )
    assert len(services.orders) == 3, "there is a choice still"
    with pytest.raises(KeyError):
        described(demo(), {}, NOW, "Barter")


def test_a_step_says_who_answers_what_it_needs_and_by_when(view: WorkflowView):
    project = step(view, "project")
    assert (project.answers.title, project.answers.person) == ("Head of delivery", "Kwame Mensah")
    assert project.limit == "within 1 working hour (Europe/Berlin)"
    assert project.handed_over_by == (
        "Head of finance, after “Invoice the customer, from the billing entity on the deal”",
    )
    assert project.inputs == demo().workflow.steps["project"].inputs
    assert project.fallback == demo().workflow.steps["project"].fallback
    kick_off = step(view, "kick_off")
    assert kick_off.limit == "within 48 working hours (Europe/Berlin), when the task “Invite the customer” is completed"
    assert kick_off.handed_over_by == (), "the welcome call is the same role's"


@pytest.mark.parametrize("pack", [demo(), crm()], ids=["demo", "crm"])
def test_every_rule_in_use_and_every_failure_stands_at_some_step(pack: Any):
    found = {problem.code for each in described(pack, {}, NOW).steps for problem in each.problems}
    limited = any(each.limit for each in pack.workflow.steps.values())
    assert found | (set() if limited else {"step_late"}) == {*pack.policies.rules, *(f.value for f in Failure)}


def test_a_late_step_is_asked_of_the_steps_own_role(view: WorkflowView):
    late = [(each.id, p.answers.role) for each in view.steps for p in each.problems if p.code == "step_late"]
    assert late == [(name, each.role) for name, each in demo().workflow.steps.items() if each.limit]


def test_who_is_away_is_said_and_how_a_look_up_finds_people(view: WorkflowView):
    rules = {problem.code: problem for problem in step(view, "check").problems}
    tax = rules["tax_id_when_required"].answers
    assert tax.person == "Tomás Ortega"
    assert tax.away == "Ingrid Solberg is absent from 2026-09-01 until 2027-08-31: parental leave"
    region = rules["rep_is_active"].answers
    assert region.how == "by the deal's region (Americas: Maya Lindgren, EMEA: Stefan Vogt, APAC: Rin Takeda)"
    assert (rules["deal_details_present"].answers.how, region.person) == (
        "by the deal's rep manager, whom the CRM names",
        "Helena Brandt",
    )


def test_the_page_shows_it_all_and_runs_nothing(view: WorkflowView):
    html = page(view, NOW)
    for each in view.steps:
        assert each.title in html.replace("&#39;", "'")
    for problem in step(view, "check").problems:
        assert f"{problem.code}</code>" in html
    assert "Kwame Mensah" in html
    assert not re.search(r"<script|<img|<link|https?://|javascript:|@import", html)
    assert "default-src &#39;none&#39;" in html or "default-src 'none'" in html


def test_text_of_a_pack_is_shown_as_text():
    hostile = "<script>alert(1)</script>\u202e"
    first = (
        demo()
        .workflow.steps["invoice"]
        .model_copy(update={"title": hostile, "fallback": hostile, "inputs": (hostile,)})
    )
    workflow = demo().workflow.model_copy(update={"steps": {**demo().workflow.steps, "invoice": first}})
    html = page(described(replace(demo(), workflow=workflow), {}, NOW), NOW)
    assert "<script" not in html
    assert "\u202e" not in html
    assert "&lt;script&gt;" in html
