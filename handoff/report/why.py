"""Why a deal is held and what next, in the words of the card; the CRM's handoff fields say the same."""

# Longer than 250 lines: each line of the card is a small function, and what one line says decides what the next may.

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from handoff.core.entry import EntryKind, entry_name
from handoff.core.ownership import accountable, first_violation
from handoff.core.pack import Pack, Role
from handoff.core.settled import Judged, Parted, Settled, still_hold
from handoff.core.violation import Failure
from handoff.report.card import MOST_WORDS, CardLine
from handoff.report.moments import local, zone_of
from handoff.report.place import link_to, where
from handoff.report.wording import spoken, times
from handoff.store.situations import Situation

LONGEST = 255
"""Characters of a text field of the CRM."""
_PROPOSED = frozenset({Failure.CHANGED_AFTER_DELIVERY.value, Failure.REVERSAL_NEEDED.value})
"""What is seen and what we propose say it all, and need the card's room."""
_FAILURES = frozenset(failure.value for failure in Failure)
_ENOUGH = 8
"""Words of what is allowed that suffice where what was seen is told in a whole sentence."""
_DELIVERS = "the next sync delivers it"
_SETTLED = "Once settled"
_ASKS = {
    EntryKind.CORRECTION: "needs a correction",
    EntryKind.APPROVAL: "needs an approval",
    EntryKind.EXCEPTION: "needs a decision",
}
_THEN = {
    EntryKind.CORRECTION: "Once corrected",
    EntryKind.APPROVAL: "After a yes",
    EntryKind.EXCEPTION: _SETTLED,
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
    """The card of a held deal. What was seen is told in the rule's whole sentence, where the card has the room."""
    parted = parts(why, words)
    first = _first(why, words, parted)
    proposed = first.rule in _PROPOSED
    waiting = "; ".join(waits(why, words))
    nowhere = proposed or waiting or parted.all_settled  # until then
    texts = {
        "Deal": _state(why, words, first, parted),
        "Rule": "" if proposed else _rule(first, words),
        "Seen": _seen(first, words),
        "Allowed": first.allowed,
        "Who": _who(why, words),
        "Where": "" if nowhere else where(first, words.pack, words.source),
        "Link": _link(why, words, first),
        "Due": _due(why, words) + (", past due" if _past(why) else ""),
        "Waits": waiting,
        "Waived": "; ".join(waived(why.situation, words)),
        "Next": _next(why, words, first, parted),
    }
    card = [CardLine(label=label, text=text) for label, text in texts.items()]
    if first.seen is None or first.seen not in first.message or first.rule in _FAILURES:
        return card
    in_full = [replace(line, text=first.message) if line.label == "Seen" else line for line in card]
    needed = sum(min(line.words, _ENOUGH) if line.label == "Allowed" else line.words for line in in_full)
    return in_full if needed <= MOST_WORDS else card


def _link(why: HeldWhy, words: Words, first: Any) -> str:
    ids = {"org_url": words.org_url, "deal_id": why.entry.deal_id, "account_id": why.account_id}
    return link_to(first, words.pack, words.source, **ids) or ""


def told(why: HeldWhy, words: Words) -> dict[str, str]:
    """The same for the CRM's fields: reason, owner and next step, each cut at a word to what a field takes."""
    parted = parts(why, words)
    first = _first(why, words, parted)
    more = _others(parted, first)
    rest = f" {more} more {'reason' if more == 1 else 'reasons'}." if more else ""
    told_by = _seen(first, words) if first.rule in _FAILURES else f"Rule: {_rule(first, words)}"
    reason = f"{_sentence(first.message)} {_sentence(told_by)}"
    fix = where(first, words.pack, words.source)
    end = f" ({entry_name(why.entry.id)})"
    now = [
        _sentence(f"Waits {text}" if text.startswith("for ") else text[0].upper() + text[1:])
        for text in waits(why, words)
    ]
    todo = [f"{why.entry.owner_name} answers by {_due(why, words)}.", *now, _sentence(fix)]
    steps = [*([] if parted.all_settled else todo), _next(why, words, first, parted)]
    return {
        "reason": cut(reason, LONGEST - len(rest)) + rest,
        "owner": cut(_who(why, words), LONGEST),
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


def parts(why: HeldWhy, words: Words) -> Parted:
    """Its violations: those that need somebody, and those that somebody has decided since they were judged."""
    if why.delivered:  # nobody decides on what is out
        return Parted(open=tuple(why.violations), settled=())
    at, stands = why.entry.judged_at, why.situation
    return Judged(pack=words.pack, source=words.source, at=at, stands=stands, now=why.now).part(why.violations)


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
    """The rules that do not hold the deal for now; until when comes first, should the line be cut."""
    return [
        f"until {row.until:%Y-%m-%d}: {spoken(row.rule)} ({name_of(words.pack, row.actor)})"
        for row in situation.waivers
    ]


def name_of(pack: Pack, person: str) -> str:
    """A person's name; somebody whom only the CRM names is called by their e-mail."""
    known = pack.owners.people.get(person)
    return known.name if known else person


def _first(why: HeldWhy, words: Words, parted: Parted) -> Any:
    """What the card is about: the first violation that still needs somebody."""
    return first_violation(words.pack, why.violations if parted.all_settled else parted.open)


def _state(why: HeldWhy, words: Words, first: Any, parted: Parted) -> str:
    if parted.all_settled:
        return "held until the next run"
    more, waiting = _others(parted, first), sum(not v.judged for v in parted.open)
    state = "delivered, but needs attention" if why.delivered else f"held, {_ASKS[_kind(why, words, first, parted)]}"
    rest = [f"{more} more below" if more else "", f"{waiting} not judged yet" if waiting and first.judged else ""]
    return "; ".join(said for said in (state, *rest) if said)


def _others(parted: Parted, first: Any) -> int:
    """How many more violations there are to be put right; what could not be judged may turn out to be none."""
    return parted.others() - bool(parted.open and first.judged)


def _kind(why: HeldWhy, words: Words, first: Any, parted: Parted) -> EntryKind:
    """What the entry asks for: as it was opened, else, and once a part of it is decided, as the pack says."""
    if why.entry.kind and not parted.settled:
        return EntryKind(why.entry.kind)
    return accountable(words.pack.owners, first.rule).kind


def _rule(first: Any, words: Words) -> str:
    return words.sentences.get(first.rule, first.message)


def _seen(first: Any, words: Words) -> str:
    """The value, in few words."""
    if first.rule == Failure.STEP_LATE and first.field:
        step = words.pack.workflow.steps.get(first.field)
        return f"{step.title if step else spoken(first.field)}: {first.seen or 'not done'}"
    if first.seen is None:
        return f"nothing: the {spoken(first.field)} is empty" if first.field else "nothing"
    return f'{spoken(first.field)}: "{first.seen}"' if first.field else str(first.seen)


def _who(why: HeldWhy, words: Words) -> str:
    """The one owner and why it is them; after an escalation the role's title would mislead."""
    entry = why.entry
    role = words.pack.owners.roles.get(entry.role)
    if entry.level:
        return f"{entry.owner_name} (escalated {times(entry.level)})"
    if role is None or role.title.lower() == entry.owner_name.lower():
        return str(entry.owner_name)
    return f"{entry.owner_name} ({'' if _holds(role, entry.person) else 'for: '}{role.title})"


def _holds(role: Role, person: str) -> bool:
    """Whether somebody is whom a role names, or found through its field, and not a stand-in."""
    if role.look_up is None:
        return person == role.person
    return person != role.look_up.fallback or person in role.look_up.people.values()


def _due(why: HeldWhy, words: Words) -> str:
    entry = why.entry
    zone = zone_of(words.pack.owners, entry.person, entry.role, entry.clock)
    return local(entry.due_at, zone)


def _past(why: HeldWhy) -> bool:
    return bool(why.entry.due_at < why.now) and why.situation.pause is None


def _next(why: HeldWhy, words: Words, first: Any, parted: Parted) -> str:
    """What comes of what its reader may do, and of what was decided already."""
    if first.rule == Failure.STEP_LATE:
        return "Once it is done or accepted, this entry closes."
    if why.delivered:
        return "Once settled, the next sync closes this entry."
    decided = _decided(words, parted.settled)
    if parted.all_settled:
        return f"{decided}; the next run takes it up."
    if first.rule == Failure.CORRECTION_CONFLICT:
        then = "Until somebody decides, neither value is sent."
    else:
        once = _SETTLED if first.rule in _FAILURES else _THEN[_kind(why, words, first, parted)]
        then = f"{once}, {_follows(parted, first)}."
    return f"{_sentence(decided)} {then}".lstrip()


def _follows(parted: Parted, first: Any) -> str:
    """What the first violation's end brings: no delivery while others hold the deal."""
    if others := _others(parted, first):
        return still_hold(others)
    return "the next sync judges the rest" if len(parted.open) > 1 else _DELIVERS


def _decided(words: Words, settled: Sequence[Settled]) -> str:
    said = dict.fromkeys(f"{s.how} by {name_of(words.pack, s.by)}" if s.by else s.how for s in settled)
    text = ", ".join(said)
    return text[:1].upper() + text[1:]


def _sentence(text: str) -> str:
    return text if not text or text[-1] in ".?!…" else f"{text}."
