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


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How a kind of notice is told. `at_once`: it does not wait for the next message. `owners`: only to who owns the
    entry, while it is open."""

    part: Part
    critical: bool = False
    at_once: bool = False
    owners: bool = False


_KNOWN = {
    "entry_opened": Manner(part=Part.NEW, critical=True, owners=True),
    "entry_reopened": Manner(part=Part.NEW, critical=True, owners=True),
    "entry_reassigned": Manner(part=Part.REASSIGNED, critical=True, owners=True),
    "entry_released": Manner(part=Part.OVER),
    "entry_moved": Manner(part=Part.OVER),
    "service_down": Manner(part=Part.SERVICE, critical=True, at_once=True),
    "service_back": Manner(part=Part.SERVICE, at_once=True),
    "line_stopped": Manner(part=Part.LINE, critical=True, at_once=True),
    "line_started": Manner(part=Part.LINE, critical=True, at_once=True),
}
_OVERDUE = Manner(part=Part.OVERDUE, critical=True, owners=True)
_WARNING = Manner(part=Part.WARNING, owners=True)
_OTHER = Manner(part=Part.OTHER)


def manner(kind: str) -> Manner:
    """How a kind is told. By its words where it is not listed: `...overdue`, `...escalated`, `...warning...`."""
    if kind in _KNOWN:
        return _KNOWN[kind]
    if "overdue" in kind or "escalat" in kind:
        return _OVERDUE
    return _WARNING if "warn" in kind else _OTHER
