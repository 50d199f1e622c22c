"""What the gate finds (violations) and what else can hold a deal (failures on the road)."""

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """One rule that a deal does not meet, or that could not be judged (`judged` False): both hold the deal."""

    rule: str
    field: str
    seen: str | None
    allowed: str
    message: str
    judged: bool = True


class Failure(StrEnum):
    """Reasons beyond the rules for which a deal is held; each has exactly one accountable role in the pack."""

    RULE_ERROR = "rule_error"
    CUSTOMER_MAY_EXIST = "customer_may_exist"
    BILLING_REFUSED = "billing_refused"
    TRACKER_REFUSED = "tracker_refused"
    CRM_REFUSED = "crm_refused"
    DRAFT_DIFFERS = "draft_differs"
    AMBIGUOUS_LOOK_UP = "ambiguous_look_up"
    ATTEMPTS_EXHAUSTED = "attempts_exhausted"
    CHANGED_AFTER_DELIVERY = "changed_after_delivery"
    REVERSAL_NEEDED = "reversal_needed"
    SERVICE_DOWN = "service_down"
    CORRECTION_CONFLICT = "correction_conflict"
    STEP_LATE = "step_late"

    @property
    def sentence(self) -> str:
        """The text owners read."""
        return _SENTENCES[self]


_SENTENCES = {
    Failure.RULE_ERROR: "A rule could not read this deal, so nobody has judged it.",
    Failure.CUSTOMER_MAY_EXIST: (
        "Stripe already has a customer with this e-mail or tax id: say whether it is this account."
    ),
    Failure.BILLING_REFUSED: "Stripe refused this deal's customer or invoice.",
    Failure.TRACKER_REFUSED: "Asana refused this deal's project or one of its tasks.",
    Failure.CRM_REFUSED: "Salesforce refused the handoff status that we write on the Opportunity.",
    Failure.DRAFT_DIFFERS: "The draft invoice at Stripe is not what the deal says, so it was not finalised.",
    Failure.AMBIGUOUS_LOOK_UP: "More than one object at the service carries this deal's mark: a person must choose.",
    Failure.ATTEMPTS_EXHAUSTED: "The service kept failing for longer than we try on our own.",
    Failure.CHANGED_AFTER_DELIVERY: (
        "The deal changed in the CRM after it was invoiced: nothing is sent, a person decides."
    ),
    Failure.REVERSAL_NEEDED: (
        "The deal is no longer won, or is gone, after it was invoiced: nothing is voided by itself."
    ),
    Failure.SERVICE_DOWN: "A service does not answer, or does not accept our credentials; its deals wait.",
    Failure.CORRECTION_CONFLICT: "The CRM moved away from a value that a person had corrected here: which one holds?",
    Failure.STEP_LATE: "A step of the handoff was not done, or not accepted, within its time.",
}
