"""project.yaml: every deal type becomes exactly one kind of project."""

from collections import Counter

from handoff.core.pack import ProjectPlan, StepKind
from handoff.core.pack.project import ProjectKind
from mappings.pack_problems.draft import Draft, one_of
from mappings.pack_problems.texts import check_text
from mappings.pack_problems.workflow import types_of
from mappings.pack_yaml import Path

PART = "project"


def check(draft: Draft) -> None:
    project = draft.project
    if not project:
        return
    draft.check_role(PART, ("owner_role",), project.owner_role)
    for n, role in enumerate(project.member_roles):
        draft.check_role(PART, ("member_roles", n), role)
    check_text(draft, PART, ("name",), project.name)
    check_text(draft, PART, ("notes",), project.notes)
    _check_gid(draft, ("team",), project.team)
    for name, kind in project.kinds.items():
        _check_kind(draft, ("kinds", name), kind)
    _check_overlap(draft, project)
    _check_coverage(draft, project)


def _check_kind(draft: Draft, path: Path, kind: ProjectKind) -> None:
    for n, deal_type in enumerate(kind.deal_types):
        draft.check_label(PART, (*path, "deal_types", n), "deal_type", deal_type)
    if kind.template and (kind.sections or kind.tasks):
        wrong = "it comes from a template and has sections or tasks of its own"
        draft.say(PART, path, wrong, "Keep the template, or the sections and tasks")
    if kind.template:
        _check_gid(draft, (*path, "template", "gid"), kind.template.gid)
    for section, count in Counter(kind.sections).items():
        if count > 1:
            draft.say(PART, (*path, "sections"), f"the section {section!r} stands {count} times", "Keep it once")
    dated = kind.due_days_from_kickoff is not None or bool(kind.template and kind.template.dates)
    for n, task in enumerate(kind.tasks):
        where = (*path, "tasks", n)
        draft.check_role(PART, (*where, "role"), task.role)
        check_text(draft, PART, (*where, "title"), task.title)
        if task.section is not None and task.section not in kind.sections:
            right = one_of(task.section, kind.sections, "the sections of this kind")
            draft.say(PART, (*where, "section"), f"there is no section {task.section!r}", right)
        dated = dated or task.days_from_kickoff is not None
    if dated and not draft.always_required("kickoff_on"):
        wrong = "its dates count from the kick-off date, which a deal may leave empty"
        draft.say(PART, path, wrong, "Write `kickoff_on: always` under `required` in fields.yaml")


def _check_gid(draft: Draft, path: Path, gid: str | None) -> None:
    if gid is not None and not (gid.isascii() and gid.isdigit()):
        draft.say(PART, path, f"{gid!r} is no gid of Asana", "Write the digits of its address in the browser")


def _check_overlap(draft: Draft, project: ProjectPlan) -> None:
    first: dict[str, str] = {}
    for name, kind in project.kinds.items():
        for deal_type in kind.deal_types or ("",):
            if deal_type in first:
                what = f"deals of type {deal_type!r}" if deal_type else "all other deals"
                wrong = f"{what} belong to the kinds {first[deal_type]} and {name}"
                draft.say(PART, ("kinds", name), wrong, "Keep them in one kind")
            first.setdefault(deal_type, name)


def _check_coverage(draft: Draft, project: ProjectPlan) -> None:
    """A deal that becomes an invoice becomes a project too."""
    workflow = draft.workflow
    if not workflow or not any(step.does is StepKind.PROJECT for step in workflow.steps.values()):
        return
    covered = {deal_type for kind in project.kinds.values() for deal_type in kind.deal_types}
    if any(not kind.deal_types for kind in project.kinds.values()):
        return
    for deal_type in types_of(workflow):
        if deal_type not in covered:
            what = f"deals of type {deal_type!r} become" if deal_type else "deals of any other type become"
            right = "Add the type to a kind, or a kind without deal_types for all others"
            draft.say(PART, ("kinds",), f"{what} an invoice, but no project", right)
