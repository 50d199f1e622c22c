"""The texts that owners get: several notices in one message, and the digest of a morning. Plain text, no markup.

Nobody's e-mail address or name stands in it, but for those of colleagues who act; of the CRM's words only the account's
name and labels, made harmless.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from handoff.core.entry import page_of
from handoff.core.morning import local
from handoff.core.notice import Part, manner
from handoff.core.ownership import first_violation
from handoff.core.pack import Pack
from handoff.report import harmless
from handoff.report.causes import totals
from handoff.report.queue import QueueEntry
from handoff.report.wording import counted, money, spoken

_MOST_CAUSES, _NAMED, _MOST_LISTED = 10, 3, 20
_HEADINGS = {
    Part.LINE: "The line:",
    Part.SERVICE: "Services:",
    Part.OVERDUE: "Overdue:",
    Part.NEW: "New entries of yours:",
    Part.REASSIGNED: "Yours from now on:",
    Part.WARNING: "Time is running out:",
    Part.OTHER: "Also:",
    Part.OVER: "Nothing to do any more:",
}
_TITLES = {
    Part.OVERDUE: "overdue",
    Part.NEW: "new",
    Part.REASSIGNED: "reassigned to you",
    Part.WARNING: "soon due",
    Part.OTHER: "to read",
    Part.OVER: "over",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One notice, with its entry if it has one."""

    kind: str
    about: str | None
    entry: QueueEntry | None

    @property
    def part(self) -> Part:
        """The part of a message in which it stands."""
        return manner(self.kind).part


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Who reads: their id, the zone of their times, and when (UTC). `sentences`: rule -> what it says in general;
    `page`: where the review page is, if there is one."""

    person: str
    zone: ZoneInfo
    now: datetime
    pack: Pack
    sentences: Mapping[str, str]
    page: str | None = None

    def at(self, moment: datetime) -> str:
        """A moment as this reader reads it."""
        return local(moment, self.zone)


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A message's title and body."""

    title: str
    body: str


def compose(reader: Reader, told: Sequence[Told], own: Sequence[QueueEntry] | None = None) -> Text:
    """One message of all that is told. `own`: the reader's open entries, for the digest of their morning."""
    blocks = [] if own is None else [_digest(reader, own)]
    parts = {part: [one for one in told if one.part is part] for part in Part}
    for part, notices in parts.items():
        if notices:
            blocks.append("\n".join([_HEADINGS[part], *_listed(reader, part, notices)]))
    if any(one.entry for one in told) or own is not None:
        blocks.append("\n".join(_where(reader, told)))
    return Text(title=_title(reader, parts, own), body="\n\n".join(blocks) + "\n")


def _where(reader: Reader, told: Sequence[Told]) -> list[str]:
    """Where the reader goes on. A link opens a page; it decides nothing, whoever follows it."""
    if reader.page is None:
        mine = harmless.line(reader.person, 254).replace("＠", "@")
        return [
            "What is wrong, and what next: handoff explain ENTRY",
            f"All of yours: handoff queue list --owner {mine}",
        ]
    names = list(dict.fromkeys(one.entry.entry for one in told if one.entry))
    if len(names) > _NAMED:
        names = []
    return [
        "What is wrong, and what next:",
        *(page_of(reader.page, name) for name in names),
        f"{reader.page}/queue",
    ]


def instead_of(name: str, text: Text) -> Text:
    """A message for somebody whom no channel reached, for the next person."""
    who = harmless.line(name, 60)
    said = f"This is for {who}, whom no channel reached for half an hour. You are next, so it is yours to see to."
    return Text(title=f"Handoff, instead of {who}: {text.title.partition(': ')[2]}", body=f"{said}\n\n{text.body}")


def banner(undelivered: int) -> str | None:
    """What reports say while critical messages reached nobody; None when there are none."""
    if not undelivered:
        return None
    what = counted(undelivered, "critical message")
    return f"{what} could not be delivered by any channel: handoff notices list says to whom, and why"


def _title(reader: Reader, parts: Mapping[Part, Sequence[Told]], own: Sequence[QueueEntry] | None) -> str:
    kinds = {one.kind for notices in parts.values() for one in notices}
    said = [
        text
        for kind, text in (
            ("line_stopped", "the line is stopped"),
            ("line_started", "the line goes on"),
            ("service_down", "a service fails"),
            ("service_back", "a service works again"),
        )
        if kind in kinds
    ]
    if own is not None:
        overdue, today = _urgent(reader, own)
        said.append(f"{len(own):,} open, {len(today):,} due today, {len(overdue):,} overdue")
    said += [f"{len(parts[part]):,} {word}" for part, word in _TITLES.items() if parts[part]]
    return "Handoff: " + ", ".join(said)


def _digest(reader: Reader, own: Sequence[QueueEntry]) -> str:
    overdue, today = _urgent(reader, own)
    lines = [
        f"Your {counted(len(own), 'open entry', 'open entries')} this morning, {_money(own)}:",
        f"- overdue: {len(overdue):,}{_first(reader, overdue)}",
        f"- due today: {len(today):,}{_first(reader, today)}",
        *_causes(reader, own, most=5),
    ]
    return "\n".join(lines)


def _urgent(reader: Reader, own: Sequence[QueueEntry]) -> tuple[list[QueueEntry], list[QueueEntry]]:
    """Entries that are overdue, and those due later today by the reader's calendar day."""
    day = reader.now.astimezone(reader.zone).date()
    overdue = [entry for entry in own if entry.due < reader.now]
    today = [e for e in own if e.due >= reader.now and e.due.astimezone(reader.zone).date() == day]
    return overdue, today


def _first(reader: Reader, entries: Sequence[QueueEntry]) -> str:
    if not entries:
        return ""
    first = min(entries, key=lambda entry: entry.due)
    return f", first {_name(first)}, due {reader.at(first.due)}"


def _listed(reader: Reader, part: Part, notices: Sequence[Told]) -> list[str]:
    entries = list({one.entry.entry: one.entry for one in notices if one.entry}.values())
    few = len(notices) <= _NAMED and any(one.about for one in notices)
    if part is Part.NEW or (part is Part.REASSIGNED and not few):
        return _causes(reader, entries, most=_MOST_CAUSES)
    found = sorted(notices, key=lambda one: one.entry.due.timestamp() if one.entry else 0)
    lines = [line for one in found[:_MOST_LISTED] for line in _one(reader, one)]
    return lines if len(found) <= _MOST_LISTED else [*lines, f"- and {len(found) - _MOST_LISTED:,} more"]


def _one(reader: Reader, told: Told) -> list[str]:
    about = harmless.lines(told.about or "")
    entry = told.entry
    if entry is None:
        return [f"- {line}" if not n else f"  {line}" for n, line in enumerate(about)]
    open_still = told.part is not Part.OVER
    due = f", due {reader.at(entry.due)}" if open_still else ""
    kind = f", {told.kind.replace('_', ' ').removeprefix('entry ')}" if told.part is Part.OTHER else ""
    first = f"- {_name(entry)}{due}{kind}"
    if len(about) == 1:
        return [f"{first}: {about[0]}"]
    return [first, *(f"  {line}" for line in about)]


def _causes(reader: Reader, entries: Sequence[QueueEntry], *, most: int) -> list[str]:
    """Entries by what holds them, the most first; each entry once, under the violation that decided on its owner."""
    by_cause: dict[str, list[QueueEntry]] = {}
    for entry in entries:
        by_cause.setdefault(_cause(reader, entry), []).append(entry)
    found = sorted(by_cause.items(), key=lambda pair: -len(pair[1]))
    lines = []
    for cause, held in found[:most]:
        held.sort(key=lambda entry: entry.due)
        named = ", ".join(_name(entry) for entry in held[:_NAMED])
        more = f" and {len(held) - _NAMED:,} more" if len(held) > _NAMED else ""
        first = reader.at(held[0].due)
        lines += [f"- {counted(len(held), 'deal')}, {_money(held)}, first due {first}: {cause}", f"  {named}{more}"]
    if rest := sum(len(held) for _, held in found[most:]):
        lines.append(f"- and {counted(rest, 'deal')} by {counted(len(found) - most, 'other cause')}")
    return lines


def _cause(reader: Reader, entry: QueueEntry) -> str:
    """The rule's sentence; with the value seen only where that is a label, which is nobody's personal data."""
    if not entry.violations:
        return "no reason is known"
    first = first_violation(reader.pack, entry.violations)
    sentence = reader.sentences.get(first.rule, spoken(first.rule))
    label = first.field and any(
        reader.pack.label_set_of(source, first.field) is not None for source in reader.pack.fields.sources
    )
    return f"{sentence} Seen: “{harmless.line(first.seen, 60)}”." if label and first.seen else sentence


def _name(entry: QueueEntry) -> str:
    """An entry by its name and the account's."""
    return f"{entry.entry} {harmless.line(entry.account_name, 60)}" if entry.account_name else entry.entry


def _money(entries: Sequence[QueueEntry]) -> str:
    return money(totals([entry.held_deal() for entry in entries])).replace("–", "amount unreadable")
