"""The journey of one deal and the effects it is made of: their states, and which may follow which."""

from enum import StrEnum


class HandoffState(StrEnum):
    """Where a deal's handoff stands. Beyond `passed` it is derived from the effects (law 7)."""

    PULLED = "pulled"  # snapshot stored, the gate has not judged it yet
    EXCLUDED = "excluded"  # does not meet the trigger, or closed before go-live
    HELD = "held"  # has an open entry
    PASSED = "passed"  # effects are planned or under way
    DELIVERED = "delivered"  # invoice and project confirmed
    REJECTED = "rejected"  # a person decided that it is not handed off
    CLAIMED = "by_hand_claimed"  # a person says that it was done by hand, and nobody has looked yet: nothing is sent

    @property
    def words(self) -> str:
        """The state as people say it."""
        return _WORDS.get(self, self.value)


_WORDS = {
    HandoffState.PULLED: "waiting for the next run",
    HandoffState.PASSED: "on its way",
    HandoffState.CLAIMED: "said to be done by hand",
}

AT_THE_DESK = (HandoffState.HELD, HandoffState.PULLED)
"""States in which a person decides on the deal: it is held, or waits for the gate."""


class EffectState(StrEnum):
    """Where one intended external write stands."""

    PLANNED = "planned"  # body stored; nothing sent, or definitely not done
    IN_FLIGHT = "in_flight"  # intent committed; after a crash: outcome unknown
    UNKNOWN = "unknown"  # sent, outcome unknown: same key or look, never a guess
    CONFIRMED = "confirmed"  # has its external id
    REFUSED = "refused"  # the service said no; a person must act


class EffectKind(StrEnum):
    """What an effect does at which service."""

    CUSTOMER = "customer"
    CUSTOMER_UPDATE = "customer_update"
    TAX_ID = "tax_id"
    TAX_ID_REMOVAL = "tax_id_removal"
    INVOICE = "invoice"
    LINES = "lines"
    VERIFY = "verify"
    FINALIZE = "finalize"
    SEND = "send"
    PROJECT = "project"
    TEMPLATE = "template"
    DETAILS = "details"
    SECTION = "section"
    TASK = "task"
    WRITE_BACK = "write_back"


HANDOFF_MAY_BECOME: dict[HandoffState, frozenset[HandoffState]] = {
    HandoffState.PULLED: frozenset(
        {
            HandoffState.EXCLUDED,
            HandoffState.HELD,
            HandoffState.PASSED,
            HandoffState.REJECTED,
            HandoffState.CLAIMED,
        }
    ),
    HandoffState.EXCLUDED: frozenset({HandoffState.PULLED}),
    HandoffState.HELD: frozenset(
        {
            HandoffState.PULLED,
            HandoffState.HELD,
            HandoffState.PASSED,
            HandoffState.EXCLUDED,
            HandoffState.DELIVERED,
            HandoffState.REJECTED,
            HandoffState.CLAIMED,
        }
    ),
    HandoffState.PASSED: frozenset({HandoffState.PULLED, HandoffState.HELD, HandoffState.DELIVERED}),
    HandoffState.DELIVERED: frozenset({HandoffState.HELD}),
    HandoffState.REJECTED: frozenset({HandoffState.PULLED}),
    HandoffState.CLAIMED: frozenset({HandoffState.PULLED, HandoffState.DELIVERED}),
}

EFFECT_MAY_BECOME: dict[EffectState, frozenset[EffectState]] = {
    EffectState.PLANNED: frozenset({EffectState.IN_FLIGHT, EffectState.CONFIRMED, EffectState.REFUSED}),
    EffectState.IN_FLIGHT: frozenset(
        {
            EffectState.IN_FLIGHT,
            EffectState.PLANNED,
            EffectState.UNKNOWN,
            EffectState.CONFIRMED,
            EffectState.REFUSED,
        }
    ),
    EffectState.UNKNOWN: frozenset(
        {EffectState.IN_FLIGHT, EffectState.UNKNOWN, EffectState.CONFIRMED, EffectState.REFUSED}
    ),
    EffectState.CONFIRMED: frozenset(),
    EffectState.REFUSED: frozenset({EffectState.PLANNED}),
}


def handoff_sources(target: HandoffState) -> list[HandoffState]:
    """The states from which `target` may be reached: the WHERE of every update."""
    return [state for state, targets in HANDOFF_MAY_BECOME.items() if target in targets]


def effect_sources(target: EffectState) -> list[EffectState]:
    """The states from which `target` may be reached: the WHERE of every update."""
    return [state for state, targets in EFFECT_MAY_BECOME.items() if target in targets]
