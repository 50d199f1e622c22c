"""workflow.yaml: every deal type is carried by exactly one invoice step and one project step."""

from handoff.core.pack import Starts, Step, StepKind, Workflow
from mappings.pack_problems.draft import Draft, one_of
from mappings.pack_yaml import Path

PART = "workflow"
_ONCE = (StepKind.INVOICE, StepKind.PROJECT)


def check(draft: Draft) -> None:
    workflow = draft.workflow
    if not workflow:
        return
    draft.check_role(PART, ("owner_role",), workflow.owner_role)
    for n, label in enumerate(workflow.deal_types):
        draft.check_label(PART, ("deal_types", n), "deal_type", label)
    for name, step in workflow.steps.items():
        _check_step(draft, workflow, name, step)
    for deal_type in types_of(workflow):
        _check_type(draft, workflow, deal_type)


def types_of(workflow: Workflow) -> tuple[str | None, ...]:
    """The deal types to be carried; None stands for any other, where the workflow takes any."""
    if workflow.deal_types:
        return workflow.deal_types
    named = dict.fromkeys(label for step in workflow.steps.values() for label in step.deal_types)
    return (*named, None)


def _check_step(draft: Draft, workflow: Workflow, name: str, step: Step) -> None:
    draft.check_role(PART, ("steps", name, "role"), step.role)
    for n, deal_type in enumerate(step.deal_types):
        path: Path = ("steps", name, "deal_types", n)
        draft.check_label(PART, path, "deal_type", deal_type)
        if workflow.deal_types and deal_type not in workflow.deal_types:
            right = one_of(deal_type, workflow.deal_types, "the deal types at the top of this file")
            draft.say(PART, path, f"the workflow is not for deals of type {deal_type!r}", right)
    path = ("steps", name, "starts")
    if step.does is StepKind.INVOICE and step.starts is Starts.INVOICE_FINALISED:
        wrong = "the invoice would wait for itself to be finalised"
        draft.say(PART, path, wrong, "Write deal_closed or kickoff_date_reached")
    if step.starts is Starts.KICKOFF_DATE_REACHED and not draft.always_required("kickoff_on"):
        wrong = "the step waits for the kick-off date, which a deal may leave empty"
        draft.say(PART, path, wrong, "Write `kickoff_on: always` under `required` in fields.yaml")


def _check_type(draft: Draft, workflow: Workflow, deal_type: str | None) -> None:
    """Delivered means invoice and project confirmed, so each type needs one of each."""
    applying = [s for s in workflow.steps.values() if not s.deal_types or deal_type in s.deal_types]
    kinds = [step.does for step in applying]
    what = f"deals of type {deal_type!r}" if deal_type else "deals of any type"
    for kind in _ONCE:
        count = kinds.count(kind)
        if count != 1:
            wrong = f"{what} have {count or 'no'} {kind.value} {'steps' if count else 'step'}"
            draft.say(PART, ("steps",), wrong, f"Give them exactly one step that does {kind.value}")
