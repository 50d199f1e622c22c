"""Decisions that change the gate's verdict on one deal, and where each stands."""

from enum import StrEnum


class OverlayState(StrEnum):
    """Where a correction of one field stands."""

    PROPOSED = "proposed"  # money: waits for a second person, and is not laid
    ACTIVE = "active"  # laid over what the CRM says
    CONFLICT = "conflict"  # the CRM moved elsewhere: not laid until a person decides again
    RETIRED = "retired"  # the CRM says the same, or moved on after delivery
    WITHDRAWN = "withdrawn"  # taken back by a person
    REPLACED = "replaced"  # a later correction of the same field took its place


LIVE = frozenset({OverlayState.PROPOSED, OverlayState.ACTIVE, OverlayState.CONFLICT})
"""The states in which a correction still decides something; a deal's field has at most one of these."""


class Proposed(StrEnum):
    """What became of a correction that is also to stand in the CRM's own field."""

    PENDING = "pending"  # with the deal's next write-back
    WRITTEN = "written"
    REFUSED = "refused"  # the CRM did not take it; the correction stays


class WaiverState(StrEnum):
    """Where a waiver stands."""

    ACTIVE = "active"
    EXPIRED = "expired"


class ApprovalState(StrEnum):
    """Where a request for approval stands. Its deadline escalates it, and never approves."""

    REQUESTED = "requested"
    APPROVED = "approved"
    DECLINED = "declined"
    STALE = "stale"  # what it was asked for is no longer what would be written
