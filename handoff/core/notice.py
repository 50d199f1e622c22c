"""What a notice is about: its part of a message, whether it is critical, and whether it cannot wait. Pure."""

from dataclasses import dataclass
from enum import StrEnum


class NoticeState(StrEnum):
    """Where a notice stands."""

    PENDING = "pending"  # in the outbox
    TOLD = "told"  # part of a message
    DROPPED = "dropped"  # not worth telling any more; the row says why
    ENDED = "ended"  # told, and what it told of is over


class MessageState(StrEnum):
    """Where a message stands."""

    PENDING = "pending"  # to be sent, now or at `next_at`
    SENT = "sent"  # a channel took it
    DROPPED = "dropped"  # what it tells of was over before any channel took it
    UNDELIVERED = "undelivered"  # tried for as long as it is tried; no channel took it


class Part(StrEnum):
    """The parts of a message, in their order."""

    LINE = "line"
    SERVICE = "service"
    OVERDUE = "overdue"
    NEW = "new"
    REASSIGNED = "reassigned"
    WARNING = "warning"
    OTHER = "other"
    OVER = "over"


class To(StrEnum):
    """For how long a notice about an entry is worth telling."""

    OWNER = "owner"  # while the entry is open, and of the person to be told
    OPEN = "open"  # while the entry is open
    ALWAYS = "always"  # even when it is not


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How a kind of notice is told. `at_once`: it does not wait for the next message."""

    part: Part
    critical: bool = False
    at_once: bool = False
    to: To = To.ALWAYS


_OVERDUE = Manner(part=Part.OVERDUE, critical=True, to=To.OPEN)
_OTHER = Manner(part=Part.OTHER)
_ASKED = Manner(part=Part.OTHER, to=To.OPEN)
_KNOWN = {
    "entry_opened": Manner(part=Part.NEW, critical=True, to=To.OWNER),
    "entry_reopened": Manner(part=Part.NEW, critical=True, to=To.OWNER),
    "entry_reassigned": Manner(part=Part.REASSIGNED, critical=True, to=To.OWNER),
    "entry_overdue": Manner(part=Part.OVERDUE, critical=True, to=To.OWNER),
    "entry_warning": Manner(part=Part.WARNING, to=To.OWNER),
    "entry_released": Manner(part=Part.OVER),
    "entry_rejected": Manner(part=Part.OVER),
    "entry_moved": Manner(part=Part.OVER),
    "step_late": _OVERDUE,
    "approval_requested": _ASKED,
    "question_asked": _ASKED,
    "service_down": Manner(part=Part.SERVICE, critical=True, at_once=True),
    "service_back": Manner(part=Part.SERVICE, at_once=True),
    "report_published": _OTHER,
    "line_stopped": Manner(part=Part.LINE, critical=True, at_once=True),
    "line_started": Manner(part=Part.LINE, critical=True, at_once=True),
}


def manner(kind: str) -> Manner:
    """How a kind is told. One that is not listed is overdue when its name says so, and else something to read."""
    return _KNOWN.get(kind) or (_OVERDUE if kind.endswith("_overdue") else _OTHER)
