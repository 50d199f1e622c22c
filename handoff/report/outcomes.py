"""What a run makes of a deal, in words for whoever reads its balance and did not write it."""

from collections.abc import Mapping

MEANS: Mapping[str, str] = {
    "delivered": "invoice and project were made",
    "held": "a person must act",
    "excluded": "not for us: outside the trigger, or closed before go-live",
    "unchanged": "nothing to do in this run",
    "in_progress": "waiting for a day, a service or another try; nobody need act",
}
"""Outcome -> what it means."""
RUNS: Mapping[str, str] = {
    "sync": "reads what changed in the CRM and acts on it",
    "rerun": "judges held deals again, because somebody asked",
    "sweep": "compares all won deals of the last weeks with what we did",
}
"""Kind of run -> what it does."""
_CREATED = {"writeback": "CRM update"}


def kind_of(run: str) -> str:
    """`re-run`."""
    return "re-run" if run == "rerun" else run.replace("_", " ")


def created(kind: str) -> str:
    """What was made, by the name that a summary gives it: `CRM update`."""
    return _CREATED.get(kind, kind.replace("_", " "))
