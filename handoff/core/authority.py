"""Who may decide what: one table, by the actor's relation to an entry (law "Authority"). Pure."""

from collections.abc import Collection
from enum import StrEnum


class Action(StrEnum):
    """What a person can do with an entry, or with what it is about."""

    SEE = "see"  # read it on the page; nobody else gets a byte of it
    RERUN = "rerun"  # have the next run judge it again
    CORRECT = "correct"
    CONFIRM_CORRECTION = "confirm_correction"  # the second person for a corrected amount
    DECIDE_LABEL = "decide_label"
    REQUEST_APPROVAL = "request_approval"
    APPROVE = "approve"
    DECLINE = "decline"
    WAIVE = "waive"
    REJECT = "reject"
    REOPEN = "reopen"
    REASSIGN = "reassign"
    COMMENT = "comment"
    PAUSE = "pause"
    RESUME = "resume"
    ASK = "ask"
    ANSWER = "answer"
    DONE_BY_HAND = "done_by_hand"
    ACCEPT = "accept"  # the receiving owner takes a step of the handoff


class Relation(StrEnum):
    """What somebody is to an entry, an approval, a label or a step. One person may be several of these."""

    OWNER = "owner"  # the entry is theirs now
    ACCOUNTABLE = "accountable"  # holds the role that answers for it
    BACKUP = "backup"  # holds a role further down its chain
    TIE_BREAKER = "tie_breaker"
    REVIEWER = "reviewer"  # holds a role that may comment and not decide
    APPROVER = "approver"  # the approval is asked of them, or of a role that they back up
    REQUESTER = "requester"  # asked for the approval, or made the correction that waits for a second person
    SECOND = "second"  # holds the role that confirms corrected amounts
    WAIVER = "waiver"  # holds a role that may waive the rule
    LABEL_OWNER = "label_owner"  # holds the role that owns the label set
    ASKED = "asked"  # the question is put to them
    RECEIVER = "receiver"  # the step of the handoff is theirs
    VIEWER = "viewer"  # holds a role that may read every entry
    KNOWN = "known"  # anybody else of owners.yaml
    STRANGER = "stranger"  # nobody whom owners.yaml knows

    @property
    def words(self) -> str:
        """The part as people say it."""
        return _WORDS.get(self, self.value)


_WORDS = {
    Relation.ACCOUNTABLE: "holder of its role",
    Relation.TIE_BREAKER: "tie-breaker",
    Relation.SECOND: "second person",
    Relation.WAIVER: "holder of a role that waives the rule",
    Relation.LABEL_OWNER: "owner of the label set",
    Relation.ASKED: "person asked",
    Relation.RECEIVER: "receiver of a step",
    Relation.KNOWN: "colleague",
}


_CHAIN = frozenset({Relation.OWNER, Relation.ACCOUNTABLE, Relation.BACKUP, Relation.TIE_BREAKER})
_ANYBODY_KNOWN = frozenset(Relation) - {Relation.STRANGER}
_SOMETHING_TO_IT = _ANYBODY_KNOWN - {Relation.KNOWN}

ALLOWED: dict[Action, frozenset[Relation]] = {
    Action.SEE: _SOMETHING_TO_IT,
    Action.RERUN: _SOMETHING_TO_IT - {Relation.VIEWER},
    Action.CORRECT: _CHAIN,
    Action.CONFIRM_CORRECTION: frozenset({Relation.SECOND, Relation.TIE_BREAKER}),
    Action.DECIDE_LABEL: frozenset({Relation.LABEL_OWNER, Relation.TIE_BREAKER}),
    Action.REQUEST_APPROVAL: _CHAIN,
    Action.APPROVE: frozenset({Relation.APPROVER, Relation.TIE_BREAKER}),
    Action.DECLINE: frozenset({Relation.APPROVER, Relation.TIE_BREAKER}),
    Action.WAIVE: frozenset({Relation.WAIVER, Relation.TIE_BREAKER}),
    Action.REJECT: _CHAIN,
    Action.REOPEN: _CHAIN,
    Action.REASSIGN: _CHAIN,
    Action.COMMENT: _ANYBODY_KNOWN,
    Action.PAUSE: _CHAIN,
    Action.RESUME: _CHAIN,
    Action.ASK: _CHAIN | {Relation.REVIEWER},
    Action.ANSWER: frozenset({Relation.ASKED}),
    Action.DONE_BY_HAND: _CHAIN,
    Action.ACCEPT: frozenset({Relation.RECEIVER, Relation.TIE_BREAKER}),
}
"""Action -> the relations of which one suffices."""

NEVER: dict[Action, frozenset[Relation]] = {
    Action.APPROVE: frozenset({Relation.REQUESTER}),
    Action.DECLINE: frozenset({Relation.REQUESTER}),
    Action.CONFIRM_CORRECTION: frozenset({Relation.REQUESTER}),
}
"""Action -> the relations of which one forbids it, whatever else somebody is: nobody approves their own request."""


def may(action: Action, relations: Collection[Relation]) -> bool:
    """Whether somebody who is all of these may do it."""
    own = set(relations)
    return bool(own & ALLOWED[action]) and not own & NEVER.get(action, frozenset())
