"""An entry on the desk as decisions ask about it, and one decision that is open on it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import sqlalchemy as sa

from handoff.core.entry import EntryState
from handoff.core.handoff import AT_THE_DESK
from handoff.core.money import Money, MoneyError
from handoff.core.settled import Judged, Parted
from handoff.quarantine import label_decisions
from handoff.quarantine.decision import Desk
from handoff.quarantine.readers import source_of
from handoff.store import situations
from mappings.decided_labels import label_set_named

_UNREAD = "an amount that cannot be read"


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """One decision that is open: what it does to the deal and its money, in a sentence, and the command that takes it.

    `what`: the decision as addresses name it; `facts`: what its form is made of.
    """

    what: str
    effect: str
    command: str
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def verb(self) -> str:
        """The name of its command."""
        return self.command.removeprefix("handoff ").removeprefix("queue ").split()[0]


@dataclass(frozen=True, kw_only=True)
class Matter:
    """What is decided about: the entry on the desk, and what more than one decision asks of it."""

    desk: Desk

    @property
    def row(self) -> sa.Row[Any]:
        return self.desk.row

    @property
    def is_open(self) -> bool:
        return bool(self.row.state == EntryState.OPEN)

    @property
    def at_the_desk(self) -> bool:
        return self.is_open and self.row.handoff_state in AT_THE_DESK

    @cached_property
    def source(self) -> str:
        return source_of(self.desk)

    @cached_property
    def parted(self) -> Parted:
        """What holds it and needs somebody still, and what somebody has decided already."""
        desk = self.desk
        stands = situations.of_entries(desk.tx, [self.row], desk.author.at)[self.row.id]
        at, now = self.row.judged_at, desk.author.at
        return Judged(pack=desk.pack, source=self.source, at=at, stands=stands, now=now).part(desk.violations)

    @property
    def rules(self) -> list[str]:
        """Those that hold it and are not decided on, as far as they could be judged."""
        return list(dict.fromkeys(v.rule for v in self.parted.open if v.judged))

    @cached_property
    def money(self) -> str:
        """The deal's amount as people read it."""
        minor, currency = self.row.amount_minor, self.row.currency
        try:
            return _UNREAD if minor is None or currency is None else str(Money(minor=minor, currency=currency))
        except MoneyError:
            return _UNREAD

    @cached_property
    def owns_label(self) -> bool:
        """Whether a label holds it that the actor decides on."""
        desk = self.desk
        held = [v for v in self.parted.open if v.judged and v.seen and v.rule.endswith("_is_canonical")]
        named = {label_set_named(desk.pack, self.source, v.field) for v in held}
        return any(name and label_decisions.may_decide(desk.pack, name, desk.author.actor) for name in named)

    def offer(self, what: str, effect: str, command: str | None = None, **facts: Any) -> Offer:
        """`command`: the words after `handoff queue`, when the decision's own name and a reason are not all of it."""
        name, *rest = (command or f"{what} --why TEXT").split(" ")
        words = f"handoff queue {name} {self.desk.name} {' '.join(rest)}"
        return Offer(what=what, effect=effect, command=words, facts=facts)
