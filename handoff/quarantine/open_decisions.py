"""What somebody may decide on an entry, each with its effect and the deal's money: for notices and for the page."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from handoff.core.authority import Action, may
from handoff.core.entry import EntryKind, entry_name
from handoff.core.handoff import HandoffState
from handoff.core.money import Money, MoneyError
from handoff.core.ownership import accountable
from handoff.core.pack import Pack
from handoff.core.standing import standing
from handoff.core.violation import Failure


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenDecision:
    """One decision: what it does to the deal and its money, in a sentence, and the command that takes it."""

    action: Action
    effect: str
    command: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Matter:
    """What the decisions are about: the entry's name, the rules that hold it, the deal's money in words."""

    pack: Pack
    name: str
    rules: tuple[str, ...]
    waivable: tuple[str, ...]
    approvable: tuple[str, ...]
    steps: tuple[str, ...]
    money: str
    delivered: bool


def decisions_for(
    pack: Pack,
    row: Any,
    violations: Sequence[Any],
    person: str,
    values: Mapping[str, str | None],
    *,
    source: str = "salesforce",
) -> tuple[OpenDecision, ...]:
    """The decisions on an entry that are open to a person, in the order of the table of authority.

    `row`: the entry with its handoff's amount, currency and state (`entries.listed`); `values`: the deal's, for
    look-ups. What the pack has not set up, or what comes too late for a delivered deal, is left out.
    """
    own = standing(pack, row, violations, person, values, source=source)
    matter = _matter(pack, row, violations)
    found = []
    for action, (effect, command) in _OPEN.items():
        if may(action, own) and (said := effect(matter)):
            filled = command.format(name=matter.name, rule=_rule(action, matter), step=next(iter(matter.steps), "STEP"))
            found.append(OpenDecision(action=action, effect=said, command=f"handoff queue {filled}"))
    return tuple(found)


def effects_of(pack: Pack, row: Any, violations: Sequence[Any]) -> dict[Action, str]:
    """What each decision would do to this deal and its money, whoever takes it; one that is not open is left out."""
    matter = _matter(pack, row, violations)
    return {action: said for action, (effect, _) in _OPEN.items() if (said := effect(matter))}


def _matter(pack: Pack, row: Any, violations: Sequence[Any]) -> _Matter:
    rules = tuple(dict.fromkeys(v.rule for v in violations if v.judged))
    return _Matter(
        pack=pack,
        name=entry_name(row.id),
        rules=rules,
        waivable=tuple(r for r in rules if _waivers(pack, r)),
        approvable=tuple(r for r in rules if accountable(pack.owners, r).kind is EntryKind.APPROVAL),
        steps=tuple(v.field for v in violations if v.rule == Failure.STEP_LATE),
        money=money_of(row),
        delivered=row.handoff_state == HandoffState.DELIVERED,
    )


def in_words(decisions: Sequence[OpenDecision]) -> str:
    """One line a decision, for a notice."""
    return "\n".join(f"- {d.effect} {d.command}" for d in decisions)


def money_of(row: Any) -> str:
    """The deal's amount as people read it."""
    if row.amount_minor is None or row.currency is None:
        return "an amount that cannot be read"
    try:
        Money.parse("0", row.currency)
    except MoneyError:
        return "an amount that cannot be read"
    return str(Money(minor=row.amount_minor, currency=row.currency))


def _waivers(pack: Pack, rule: str) -> tuple[str, ...]:
    waive = accountable(pack.owners, rule).waive if rule in pack.owners.rules else None
    return waive.roles if waive else ()


def _rule(action: Action, matter: _Matter) -> str:
    chosen = matter.waivable if action is Action.WAIVE else matter.approvable
    return next(iter(chosen), next(iter(matter.rules), "RULE"))


def _correct(m: _Matter) -> str | None:
    if m.delivered or not m.pack.policies.desk.corrections:
        return None
    return f"Correct a field: judged at once, and if it passes, the next run invoices {m.money}."


def _label(m: _Matter) -> str | None:
    if m.delivered or not any(rule.endswith("_is_canonical") for rule in m.rules):
        return None
    return f"Decide on the label: this deal ({m.money}) and all others of the same cause are judged again."


def _request(m: _Matter) -> str | None:
    if m.delivered or not m.approvable:
        return None
    return f"Ask for approval: approved, the next run invoices exactly what was approved, {m.money}."


def _approve(m: _Matter) -> str | None:
    if m.delivered or not m.approvable:
        return None
    return f"Approve what another asked for: the next run invoices exactly that, {m.money}."


def _decline(m: _Matter) -> str | None:
    return None if m.delivered or not m.approvable else f"Decline it: {m.money} stays held."


def _waive(m: _Matter) -> str | None:
    if m.delivered or not m.waivable:
        return None
    return f"Waive {', '.join(m.waivable)} for this deal: the next run invoices {m.money} although it breaks that."


def _reject(m: _Matter) -> str | None:
    return None if m.delivered else f"Reject it: {m.money} is not handed off, nothing is invoiced."


def _by_hand(m: _Matter) -> str | None:
    if m.delivered:
        return None
    return f"Say that it was done by hand: your invoice over {m.money} is taken over, we make none."


def _accept(m: _Matter) -> str | None:
    return f"Accept {', '.join(m.steps)}: the step is done, this entry ends." if m.steps else None


def _always(text: str) -> Callable[[_Matter], str | None]:
    return lambda m: text.format(money=m.money)


_OPEN: Mapping[Action, tuple[Callable[[_Matter], str | None], str]] = {
    Action.CORRECT: (_correct, "correct {name} --set FIELD=VALUE --why TEXT"),
    Action.DECIDE_LABEL: (_label, "label {name} --as-label LABEL --why TEXT"),
    Action.REQUEST_APPROVAL: (_request, "request-approval {name} --rule {rule} --why TEXT"),
    Action.APPROVE: (_approve, "approve {name} --rule {rule} --why TEXT"),
    Action.DECLINE: (_decline, "decline {name} --rule {rule} --why TEXT"),
    Action.WAIVE: (_waive, "waive {name} --rule {rule} --days N --why TEXT"),
    Action.ACCEPT: (_accept, "accept {name} --step {step} --why TEXT"),
    Action.REJECT: (_reject, "reject {name} --reason REASON --why TEXT"),
    Action.DONE_BY_HAND: (_by_hand, "done-by-hand {name} --invoice ID --project GID --why TEXT"),
    Action.REASSIGN: (
        _always("Hand it to somebody else: {money} stays held, they decide."),
        "reassign {name} --to PERSON --why TEXT",
    ),
    Action.PAUSE: (
        _always("Pause its clock, within the cap: {money} stays held."),
        "pause {name} --reason REASON --hours N --why TEXT",
    ),
    Action.ASK: (
        _always("Ask one person one question: the clock stands still until the answer."),
        "ask {name} --of PERSON --why QUESTION",
    ),
    Action.COMMENT: (_always("Comment: nothing changes."), "comment {name} --why TEXT"),
}
"""Action -> what it does to this deal (None: not open here), and its command."""
