"""Which one decision would release most money: labels by asking the gate, shared rows and single deals by what
nothing else holds."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from checks.rules import names
from checks.rules.labels import nearest
from handoff.core.entry import entry_name
from handoff.core.errors import UsageError
from handoff.core.handoff import HandoffState
from handoff.core.label_decision import LabelDecision
from handoff.core.ownership import holders
from handoff.core.pack import Pack
from handoff.quarantine import desk
from handoff.report import harmless
from handoff.report.best_decision import BestDecision, ranked
from handoff.report.cause_list import HeldCause, touched
from handoff.road import bulk, causes
from handoff.road.house import House
from handoff.store import causes as cause_store
from handoff.store import entries
from mappings import decided_labels
from mappings.decided_labels import label_set_named

_MOST = 3
_FORESEEN = 6
"""Labels that are asked of the gate; each judges the deals that it holds once."""
_LONGEST = 80


def best_decisions(house: House, owner: str | None = None) -> list[BestDecision]:
    """The first three. `owner` (a person as the store names them): only what is theirs, in every number."""
    where = [cause_store.owned_by(owner)] if owner else []
    with house.store.read() as tx:
        rows = cause_store.holding(tx, *where)
    known = {row.id: row for row in rows}
    found = causes.listed(house, owner)
    in_causes = Counter(number for cause in found for number in cause.entries)
    alone = {number for number, count in in_causes.items() if count == 1}
    asked, texts = _labels(house, rows, found)
    others = [cause for cause in found if (_label_set(house.pack, rows, cause), cause.key.seen) not in texts]
    candidates = [*asked, *_of_rows(others, known, alone), *_of_deals(others, known, alone)]
    return ranked(candidates, _main(rows), _MOST)


def _labels(
    house: House, rows: Sequence[Any], found: Sequence[HeldCause]
) -> tuple[list[BestDecision], set[tuple[str | None, str | None]]]:
    """What deciding about each of the first labels would do; and which these are, by label set and text."""
    asked: list[BestDecision] = []
    texts: set[tuple[str | None, str | None]] = set()
    for cause in found:
        text = (_label_set(house.pack, rows, cause), cause.key.seen)
        if text[0] is None or text in texts or len(asked) == _FORESEEN:
            continue
        if made := _of_label(house, rows, cause):
            asked.append(made)
            texts.add(text)
    return asked, texts


def _main(rows: Sequence[Any]) -> str:
    """The currency that most entries are in."""
    count = Counter({row.id: row.currency for row in rows}.values())
    return max(sorted(code for code in count if code), key=lambda code: count[code], default="")


def _label_set(pack: Pack, rows: Sequence[Any], cause: HeldCause) -> str | None:
    """The label set of a cause by one label; None for any other."""
    if cause.key.any_value or not cause.key.seen or not cause.key.field:
        return None
    first = next(row for row in rows if row.id == cause.entries[0] and row.rule == cause.key.rule)
    return label_set_named(pack, first.source, first.field)


def _of_label(house: House, rows: Sequence[Any], cause: HeldCause) -> BestDecision | None:
    """What the next run would release if the text were read as the label nearest to it; None where it cannot be."""
    label_set, seen = _label_set(house.pack, rows, cause) or "", cause.key.seen or ""
    labels = house.pack.labels[label_set]
    near = nearest(seen, tuple(labels.labels))
    if near is None:
        return None
    now = house.clock.now()
    try:
        decision = LabelDecision(
            label_set=label_set,
            seen=seen,
            canonical=decided_labels.target(house.pack, label_set, seen, near),
            is_new=False,
            actor=house.actor,
            at=now,
            why="foreseen by the report",
        )
        pack = decided_labels.extended(house.pack, decision, names())
    except UsageError:  # too long, or with characters that nobody sees: put right in the CRM, deal by deal
        return None
    concerned = [
        row for row in rows if row.seen == seen and label_set_named(house.pack, row.source, row.field) == label_set
    ]
    shown, read_as = harmless.line(seen, _LONGEST), harmless.line(near, _LONGEST)
    return BestDecision(
        do=f"Decide about {label_set.replace('_', ' ')} “{shown}” (nearest label: “{read_as}”)",
        who=_holders(house, labels.owner_role),
        command=f"handoff queue label --cause {cause.id} --as-label LABEL --why TEXT",
        place=f"/causes/{cause.id}",
        releases=touched(_released(house, pack, concerned)),
        exact=True,
    )


def _holders(house: House, role: str) -> str:
    owners = house.pack.owners
    people = [owners.people[key].name for key in sorted(holders(owners, role)) if key in owners.people]
    return " or ".join(people) or owners.titles.get(role, role)


def _released(house: House, pack: Pack, concerned: Sequence[Any]) -> list[Any]:
    """Those that the next run would release: held, passing the gate, and with no failure that only a service ends."""
    held = [row for row in concerned if row.handoff_state == HandoffState.HELD]
    passing = bulk.passing(house, pack, list(dict.fromkeys(row.handoff_id for row in held)))
    passed = [row for row in held if row.handoff_id in passing]
    with house.store.read() as tx:
        found = entries.violations_of(tx, sorted({row.id for row in passed}))
    return [row for row in passed if not {v.rule for v in found[row.id]} & desk.STAYS_WHEN_PASSED]


def _of_rows(found: Sequence[HeldCause], known: dict[int, Any], alone: set[int]) -> Iterator[BestDecision]:
    """A row of the CRM that several deals share, put right once."""
    for cause in found:
        own = [known[number] for number in cause.entries if number in alone]
        if cause.key.record and len(own) > 1:
            yield BestDecision(
                do=f"Put right {harmless.line(cause.what, 2 * _LONGEST)}",
                who=cause.owned,
                command=f"handoff causes list    (there: {cause.id})",
                place=f"/causes/{cause.id}",
                releases=touched(own),
                exact=False,
            )


def _of_deals(found: Sequence[HeldCause], known: dict[int, Any], alone: set[int]) -> Iterator[BestDecision]:
    """The dearest deal of each cause that one thing alone holds."""
    for cause in found:
        own = [known[number] for number in cause.entries if number in alone and known[number].amount_minor]
        if own and not (cause.key.record and len(own) > 1):
            first = max(own, key=lambda row: (row.amount_minor, -row.id))
            yield BestDecision(
                do=f"Decide on {entry_name(first.id)}{_account(first)}: {harmless.line(cause.what, _LONGEST)}",
                who=first.owner_name,
                command=f"handoff explain {entry_name(first.id)}",
                place=f"/entries/{entry_name(first.id)}",
                releases=touched([first]),
                exact=False,
            )


def _account(row: Any) -> str:
    return f" of {harmless.line(row.account_name, _LONGEST)}" if row.account_name else ""
