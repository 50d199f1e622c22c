"""What can be wrong in a pack beyond its shape: one module per file of the pack."""

from handoff.core.errors import PackProblem
from mappings.pack_problems import billing, desk, fields, labels, owners, policies, project, workflow
from mappings.pack_problems.draft import Draft

__all__ = ["Draft", "found"]


def found(draft: Draft) -> list[PackProblem]:
    """Every problem of a draft, in the order of the files and their lines."""
    for part in (policies, desk, fields, labels, owners, workflow, billing, project):
        part.check(draft)
    order = {f"{name}.yaml": n for n, name in enumerate(draft.documents)}
    distinct = dict.fromkeys(draft.found)
    return sorted(distinct, key=lambda problem: (order.get(problem.file, len(order)), problem.line))
