"""Why a deal is held and what next, in the words of the card; the CRM's handoff fields say the same."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from handoff.core.entry import EntryKind, entry_name
from handoff.core.ownership import accountable, first_violation
from handoff.core.pack import Pack
from handoff.core.violation import Failure
from handoff.report.card import CardLine
from handoff.report.moments import local, zone_of
from handoff.report.place import link_to, where
from handoff.report.wording import spoken
from handoff.store.situations import Situation

LONGEST = 255
"""Characters of a text field of the CRM."""
_PROPOSED = frozenset({Failure.CHANGED_AFTER_DELIVERY.value, Failure.REVERSAL_NEEDED.value})
"""What is seen and what we propose say it all, and need the card's room."""
_FAILURES = frozenset(failure.value for failure in Failure)
_SHORT = 10
"""Words of a message that still leaves the card room for what is allowed and where it is fixed."""
_ASKS = {
    EntryKind.CORRECTION: "needs a correction",
    EntryKind.APPROVAL: "needs an approval",
    EntryKind.EXCEPTION: "needs a decision",
}
_THEN = {
    EntryKind.CORRECTION: "Once corrected, the next sync delivers it.",
    EntryKind.APPROVAL: "After a yes, the next sync delivers it.",
    EntryKind.EXCEPTION: "Once settled, the next sync delivers it.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What the texts of a company are made with. `sentences`: rule -> what it says in general; `source`: of its deals.

    `org_url`: the CRM's own address, where it is known: then the card links to the row that is to be corrected.
    """

    pack: Pack
    source: str
    sentences: Mapping[str, str]
    org_url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldWhy:
    """An open entry, its current violations, and what stands about it, at a moment.

    `entry`: its row. `delivered`: invoice and project are out, and something is wrong all the same.
    """

    entry: Any
    violations: Sequence[Any]
    now: datetime
    account_id: str | None = None
    delivered: bool = False
    situation: Situation = field(default_factory=Situation)


def lines(why: HeldWhy, words: Words) -> list[CardLine]:
    """The card of a held deal."""
    first = first_violation(words.pack, why.violations)
    proposed = first.rule in _PROPOSED
    texts = {
        "Deal": _state(why, words, first),
        "Rule": "" if proposed else _rule(first, words),
        "Seen": _seen(first, words),
        "Allowed": first.allowed,
        "Who": _who(why, words),
        "Where": "" if proposed else where(first, words.pack, words.source),
        "Link": _link(why, words, first),
        "Due": _due(why, words) + (", past due" if _past(why) else ""),
        "Waits": "; ".join(waits(why, words)),
        "Waived": "; ".join(waived(why.situation, words)),
        "Next": _next(why, words, first),
    }
    return [CardLine(label=label, text=text) for label, text in texts.items()]


def _link(why: HeldWhy, words: Words, first: Any) -> str:
    ids = {"org_url": words.org_url, "deal_id": why.entry.deal_id, "account_id": why.account_id}
    return link_to(first, words.pack, words.source, **ids) or ""


def told(why: HeldWhy, words: Words) -> dict[str, str]:
    """The same for the CRM's fields: reason, owner and next step, each cut at a word to what a field takes."""
    first = first_violation(words.pack, why.violations)
    more = len(why.violations) - 1
    rest = f" {more} more {'reason' if more == 1 else 'reasons'}." if more else ""
    said = first.message if first.rule not in _FAILURES else _seen(first, words)
    reason = f"{_rule(first, words)} {_sentence(said)}" if said not in _rule(first, words) else _rule(first, words)
    fix = where(first, words.pack, words.source)
    end = f" ({entry_name(why.entry.id)})"
    now = [f"{_sentence(text[0].upper() + text[1:])}" for text in waits(why, words)]
    steps = [f"{why.entry.owner_name} answers by {_due(why, words)}.", *now, _sentence(fix), _next(why, words, first)]
    return {
        "reason": cut(reason, LONGEST - len(rest)) + rest,
        "owner": cut(_who(why, words, escalated=False), LONGEST),
        "next_step": cut(" ".join(step for step in steps if step), LONGEST - len(end)) + end,
    }


def cut(text: str, longest: int) -> str:
    """The text in so many characters, cut at a word; the cut is shown."""
    text = " ".join(text.split())
    if len(text) <= longest:
        return text
    kept = text[: longest - 1]
    at_a_word = kept.rpartition(" ")[0] if text[longest - 1] != " " else kept
    return (at_a_word or kept).rstrip(" ,;:.") + "…"


def waits(why: HeldWhy, words: Words) -> list[str]:
    """What the entry waits for, beyond its owner: a yes, an answer, a second person, the end of a pause."""
    found, situation, owners = [], why.situation, words.pack.owners
    for row in situation.approvals:
        by = local(row.deadline, zone_of(owners, row.person, row.role))
        found.append(f"for {name_of(words.pack, row.person)}'s yes until {by}")
    for row in situation.questions:
        by = local(row.deadline, zone_of(owners, row.asked_of))
        found.append(f"for {name_of(words.pack, row.asked_of)}'s answer until {by}")
    if situation.proposed:
        fields = ", ".join(spoken(row.field) for row in situation.proposed)
        found.append(f"for a second person to confirm the corrected {fields}")
    if situation.pause is not None and not situation.questions:
        until = local(situation.pause.until, zone_of(owners, why.entry.person, why.entry.role, why.entry.clock))
        found.append(f"paused until {until}: {situation.pause.reason}")
    return found


def waived(situation: Situation, words: Words) -> list[str]:
    """The rules that do not hold the deal for now."""
    return [
        f"{spoken(row.rule)}, until {row.until:%Y-%m-%d}, by {name_of(words.pack, row.actor)}"
        for row in situation.waivers
    ]


def name_of(pack: Pack, person: str) -> str:
    """A person's name; somebody whom only the CRM names is called by their e-mail."""
    known = pack.owners.people.get(person)
    return known.name if known else person


def _state(why: HeldWhy, words: Words, first: Any) -> str:
    more = len(why.violations) - 1
    state = "delivered, but needs attention" if why.delivered else f"held, {_ASKS[_kind(why, words, first)]}"
    return state + (f"; {more} more below" if more else "")


def _kind(why: HeldWhy, words: Words, first: Any) -> EntryKind:
    """What the entry asks for: as it was opened, else as the pack says."""
    return EntryKind(why.entry.kind) if why.entry.kind else accountable(words.pack.owners, first.rule).kind


def _rule(first: Any, words: Words) -> str:
    return words.sentences.get(first.rule, first.message)


def _seen(first: Any, words: Words) -> str:
    """The value, in a short sentence that quotes it where the rule has one (it may name the nearest right value)."""
    if first.rule == Failure.STEP_LATE:
        step = words.pack.workflow.steps.get(first.field)
        return f"{step.title if step else spoken(first.field)}: {first.seen or 'not done'}"
    if first.seen is None:
        return f"nothing: the {spoken(first.field)} is empty" if first.field else "nothing"
    if first.seen in first.message and len(first.message.split()) <= _SHORT:
        return str(first.message)
    return f"{spoken(first.field)} {first.seen}" if first.field else str(first.seen)


def _who(why: HeldWhy, words: Words, *, escalated: bool = True) -> str:
    """The one owner and why it is them; after an escalation the first role's title would mislead."""
    entry = why.entry
    role = words.pack.owners.roles.get(entry.role)
    if entry.level:
        times = {1: "once", 2: "twice"}.get(entry.level, f"{entry.level} times")
        return f"{entry.owner_name} (escalated {times})" if escalated else f"{entry.owner_name} (for {_title(role)})"
    if role is None or role.title.lower() == entry.owner_name.lower():
        return str(entry.owner_name)
    return f"{entry.owner_name} ({role.title})"


def _title(role: Any) -> str:
    return role.title if role else "an absent owner"


def _due(why: HeldWhy, words: Words) -> str:
    entry = why.entry
    zone = zone_of(words.pack.owners, entry.person, entry.role, entry.clock)
    return local(entry.due_at, zone)


def _past(why: HeldWhy) -> bool:
    return bool(why.entry.due_at < why.now) and why.situation.pause is None


def _next(why: HeldWhy, words: Words, first: Any) -> str:
    if first.rule == Failure.STEP_LATE:
        return "Once it is done or accepted, this entry closes."
    if why.delivered:
        return "Once settled, the next sync closes this entry."
    if first.rule == Failure.CORRECTION_CONFLICT:
        return "Until somebody decides, neither value is sent."
    return _THEN[_kind(why, words, first)]


def _sentence(text: str) -> str:
    return text if not text or text[-1] in ".?!…" else f"{text}."
