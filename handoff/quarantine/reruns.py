"""Re-run from the page: the deal goes back to the gate, and the next run judges it again."""

from handoff.core.authority import Action
from handoff.quarantine.decision import Desk, authorise, back_to_the_gate, reason, record


def queue(desk: Desk, why: str) -> bool:
    """Have the next run judge the deal again; False when it is not held, and there is nothing to judge."""
    authorise(desk, Action.RERUN)
    record(desk, Action.RERUN, why=reason(why))
    return back_to_the_gate(desk)
