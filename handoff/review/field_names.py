"""What the fields of forms are called: the label beside a field, and the name of it in a sentence about it."""

from collections.abc import Mapping

from handoff.report.wording import spoken

_EVERYWHERE = {"why": "Why", "to": "To whom", "reason": "Reason", "rule": "About which rule", "step": "Which step"}
_OF_FORMS: Mapping[str, Mapping[str, str]] = {
    "waive": {"days": "For how many days"},
    "pause": {"reason": "What is waited for", "hours": "For how many hours at most"},
    "ask": {"of": "Whom", "hours": "Answer within how many working hours", "why": "Question"},
    "answer": {"why": "Your answer"},
    "comment": {"why": "Remark"},
    "rerun": {"why": "What was put right"},
    "withdraw-correction": {"field": "Which"},
    "done-by-hand": {
        "invoices": "Invoices at Stripe, one a line",
        "project": "Project at Asana",
        "accept_differences": "Take it over although amount or customer differ from the deal",
    },
    "bulk": {"to": "Give them to"},
}


def of_deal(name: str) -> str:
    """The label of a deal field."""
    said = spoken(name)
    return said.replace("po ", "PO ", 1) if said.startswith("po ") else said[0].upper() + said[1:]


def called(name: str, form: str = "") -> str | None:
    """The label of a field; None for one that nobody sees, such as a version."""
    return _OF_FORMS.get(form, {}).get(name) or _EVERYWHERE.get(name)
