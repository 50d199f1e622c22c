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
    if step.limit and step.limit.task is not None:
        _check_task(draft, name, step, step.limit.task)
    for n, text in enumerate((*step.inputs, *filter(None, [step.fallback]))):
        if not text.strip():
            key = "inputs" if n < len(step.inputs) else "fallback"
            draft.say(PART, ("steps", name, key), "the sentence is blank", "Write it, or remove it")


def _check_task(draft: Draft, name: str, step: Step, task: str) -> None:
    """The task that a person completes is one of the project's, where the pack writes them: a template's it does not,
    and into a project without any a person writes it."""
    path: Path = ("steps", name, "limit", "task")
    if step.does is not StepKind.BY_HAND:
        wrong = f"a step that does {step.does.value} is done when its effects are confirmed, not by a task"
        draft.say(PART, path, wrong, "Remove `task`, or write `does: by_hand`")
    if not draft.project:
        return
    kinds = draft.project.kinds.values()
    own = [k for k in kinds if not (k.deal_types and step.deal_types) or set(k.deal_types) & set(step.deal_types)]
    titles = {each.title for kind in own for each in kind.tasks}
    if titles and task not in titles and not any(kind.template for kind in own):
        right = one_of(task, titles, "the tasks of project.yaml")
        draft.say(PART, path, f"no project of these deals has a task {task!r}", right)


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
