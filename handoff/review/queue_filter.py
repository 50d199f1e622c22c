"""What of the queue its reader sees: theirs, their roles', all they may read; and what the address asks for of that."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from handoff.core.entry import EntryState, entry_number
from handoff.core.handoff import HandoffState
from handoff.report import visible
from handoff.report.cause_list import HeldCause
from handoff.report.queue_page import Sum, summed
from handoff.review.access import Visit
from handoff.review.queue_address import Asked, Tab
from handoff.store import causes, entries
from handoff.store.queue_pages import LARGEST_NUMBER, Condition, among, called, of_account
from handoff.store.tables import UNREADABLE, entry, handoff

TABS: tuple[tuple[Tab, str], ...] = (("mine", "Mine"), ("roles", "My roles’"), ("all", "All I may read"))
_AGES = {"week": timedelta(days=7), "month": timedelta(days=30)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Whose queue it is: their names in the store, the roles they stand in for, and what they may read."""

    person: str
    own: frozenset[str]
    roles: frozenset[str]
    visible: Condition

    def sees(self, tab: Tab) -> Condition:
        """The entries of a tab; never one that they may not read."""
        return self.visible if tab == "all" else sa.and_(self.visible, self._of(tab))

    def _of(self, tab: Tab) -> Condition:
        mine = entry.c.person.in_(sorted(self.own))
        return mine if tab == "mine" else sa.or_(mine, entry.c.role.in_(sorted(self.roles)))

    def count(self, rows: list[Any], tab: Tab) -> Sum:
        """The sum of a tab, of the tally of all that they may read."""
        if tab == "mine":
            rows = [row for row in rows if row.person in self.own]
        elif tab == "roles":
            rows = [row for row in rows if row.person in self.own or row.role in self.roles]
        return summed(rows)


def reader_of(visit: Visit) -> Reader:
    """Whoever asks."""
    owners, person = visit.pack.owners, visit.who.person
    everything = visible.sees_all(owners, person)
    return Reader(
        person=person,
        own=frozenset(visible.names_of(owners, person)),
        roles=frozenset(visible.roles_of(owners, person)),
        visible=sa.true() if everything else visible.visible_to(visit.pack, person),
    )


def conditions(
    tx: sa.Connection, visit: Visit, reader: Reader, want: Asked, cause: HeldCause | None
) -> list[Condition]:
    """What an entry must meet to be shown. `cause`: the one that `want` names; None shows nothing for it."""
    found = [reader.sees(want.tab or "all"), *_standing(want), *_aged(visit, want)]
    if want.rule:
        found.append(entries.with_rule(want.rule))
    if want.owner:
        found.append(causes.owned_by(want.owner))
    if want.account:
        found.append(of_account(want.account, _state(want)))
    if want.currency:
        found.append(entry.c.sought_currency == want.currency.upper())
    low, high = want.amounts()
    if low is not None:
        found.append(entry.c.sought_minor >= low)
    if high is not None:
        found += [entry.c.sought_minor > UNREADABLE, entry.c.sought_minor <= high]
    if want.cause:
        found.append(among(tx, cause.entries if cause else ()))
    if want.q:
        found.append(_called(want.q, _state(want)))
    return found


def _state(want: Asked) -> EntryState | None:
    """The state in which the entries are; None when any will do."""
    match want.state:
        case "all":
            return None
        case "queued":
            return EntryState.OPEN
        case state:
            return EntryState(state)


def _standing(want: Asked) -> list[Condition]:
    state = _state(want)
    found = [entry.c.state == state] if state else []
    if want.state == "queued":
        waiting = sa.select(handoff.c.id).where(handoff.c.state == HandoffState.PULLED)
        found.append(entry.c.handoff_id.in_(waiting))
    return found


def _aged(visit: Visit, want: Asked) -> list[Condition]:
    now = visit.site.clock.now()
    match want.age:
        case "":
            return []
        case "overdue":
            return [entry.c.due_at < now]
        case "day":
            return [entry.c.due_at >= now, entry.c.due_at < now + timedelta(days=1)]
        case age:
            return [entry.c.opened_at < now - _AGES[age]]


def _called(text: str, state: EntryState | None) -> Condition:
    """An entry by its name; else whatever has the text in its deal's id or name, or in its account's."""
    number = entry_number(text)
    by_number = entry.c.id == number if number is not None and number <= LARGEST_NUMBER else sa.false()
    if text.upper().startswith("E-") and number is not None:
        return by_number
    return sa.or_(by_number, called(text, state))
