"""The page of one entry, composed: as its reader finds it, and as they find it again when a form was refused."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from http import HTTPStatus
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from starlette.responses import Response

from handoff.core.authority import Relation
from handoff.core.entry import entry_name
from handoff.core.handoff import HandoffState
from handoff.core.pack import Pack
from handoff.core.relations import same_person
from handoff.quarantine.matter import Matter, Offer
from handoff.quarantine.offers import offers
from handoff.quarantine.readers import standing_of
from handoff.report import moments, timeline
from handoff.report.explain import Explanation, explain
from handoff.report.timeline import TimelineLine
from handoff.report.wording import spoken
from handoff.review import entry_facts, pages, sent
from handoff.review.access import EntryVisit, Visit
from handoff.review.bulk_choice import people
from handoff.review.decision_fields import Correctable, correctable
from handoff.review.in_words import named
from handoff.review.people import name_of
from handoff.road import preview
from handoff.road.at_the_desk import Seen, seen
from handoff.road.reading import desk_of
from handoff.store import clocks, entries, events, handoffs, runs, situations
from handoff.store.situations import Situation

_BEGUN = 12
"""Lines of the timeline that are shown at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """A form that was not carried out. `what`: its decision; `fields`: the reader's own inputs, kept in their form.

    `since`: the number of the last event that they had read, and `snapshot` the reading of the deal, in a conflict.
    """

    what: str
    sentence: str
    status: HTTPStatus
    fields: Mapping[str, list[str]] = field(default_factory=dict)
    since: int | None = None
    snapshot: int | None = None
    good: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AsRead:
    """What every form carries, so that nobody decides on something else than what they read."""

    version: int
    snapshot: int
    seen: int


def shown(at: EntryVisit, tried: Tried | None = None) -> Response:
    """The page; with a form that was refused, as it is now."""
    visit = at.visit
    now = visit.site.clock.now()
    with visit.site.store.read() as tx:
        here = seen(tx, visit.house, entry_name(at.seen.entry.id))
        facts = _facts(tx, at, here, now)
        changes = _changes(tx, at, here, tried) if tried and tried.since is not None else ()
    found: list[Offer] = facts["offers"]
    of_it = next((offer for offer in found if tried and offer.what == tried.what), None)
    if of_it:
        found = [of_it, *(offer for offer in found if offer is not of_it)]
    zone = moments.zone_of(visit.pack.owners, visit.who.person)
    facts |= {
        "offers": found,
        "tried": tried,
        "in_form": of_it is not None,
        "changes": changes,
        "kept": partial(_kept, tried),
        "when": _when(zone),
        "unfolded": visit.request.query_params.get("open"),
        "on_page": entry_facts.on_page,
        "readable": partial(named, visit.pack),
        "worked": entry_facts.worked,
        "made": _MADE,
        "begun": _BEGUN,
    }
    return pages.page(visit, "entry.html", status=tried.status if tried else HTTPStatus.OK, **facts)


def _facts(tx: sa.Connection, at: EntryVisit, here: Seen, now: datetime) -> dict[str, Any]:
    visit, row = at.visit, here.entry
    pack, settings, name = visit.pack, visit.site.settings, entry_name(row.id)
    told = explain(
        tx, pack, name, visit.site.sentences, now=now, org_url=settings.salesforce_login_url, told=told_to(visit)
    )
    violations = entries.violations_of(tx, [row.id])[row.id]
    situation = situations.of_entries(tx, [row], now)[row.id]
    source = handoffs.content_of(tx, here.handoff.snapshot_id).source
    desk = desk_of(tx, visit.house, here, visit.who.person)
    parted = Matter(desk=desk).parted
    subjects = [f"entry:{name}", f"deal:{row.deal_id}"]
    as_read = AsRead(version=row.row_version, snapshot=here.handoff.snapshot_id, seen=events.last_seq(tx, subjects))
    return {
        "name": name,
        "row": row,
        "found": told,
        "link": _crm_link(told),
        "there": sent.made(told.effects),
        "sent": sent.sent(told.effects),
        "queued": row.handoff_state == HandoffState.PULLED
        or (row.handoff_state == HandoffState.HELD and parted.all_settled),
        "last_run": runs.last_of_deal(tx, row.deal_id),
        "situation": situation,
        "reasons": entry_facts.reasons(
            tx,
            pack,
            row,
            violations,
            here.deal,
            source=source,
            situation=situation,
            sentences=visit.site.sentences,
            org_url=settings.salesforce_login_url,
            now=now,
        ),
        "view": preview.view(tx, visit.house, here.handoff, here.deal),
        "rungs": entry_facts.rungs(pack, row, here.deal, now),
        "role": _role_title(pack, row.role),
        "clock": entry_facts.shown_clock(row, clocks.pauses_of(tx, [row.id])[row.id], now),
        "offers": offers(desk),
        "as_read": as_read,
        "relations": _parts(standing_of(desk)),
        "correctable": correctable(pack, here.deal, [v.field for v in parted.open]),
        **_people(at, situation),
        "desk_policy": pack.policies.desk,
        "titles": {v.rule: visit.site.sentences.get(v.rule, v.message) for v in violations},
        "step_titles": {key: step.title for key, step in pack.workflow.steps.items()},
    }


def _crm_link(told: Explanation) -> str | None:
    return next((sent.web_link(line.text) for line in told.whole if line.label == "Link"), None)


def told_to(visit: Visit) -> timeline.Words:
    """How somebody at the page reads a timeline: people by name, rules by their sentence, moments of their own zone."""
    sentences = visit.site.sentences
    return timeline.Words(
        person=partial(name_of, visit.pack),
        rule=lambda rule: f"“{sentences.get(rule, spoken(rule))}”",
        at=_when(moments.zone_of(visit.pack.owners, visit.who.person)),
        held="held it by the rule",
    )


def _parts(relations: Collection[Relation]) -> list[str]:
    """What the reader is to the entry, the nearest first; that they are known says nothing beside more."""
    more = set(relations) - {Relation.KNOWN} or relations
    return [relation.words for relation in Relation if relation in more]


def _role_title(pack: Pack, role: str) -> str:
    known = pack.owners.roles.get(role)
    return known.title if known else role


def _people(at: EntryVisit, situation: Situation) -> dict[str, list[tuple[str, str]]]:
    """Who is there today: whom a question can be put to, and to whom the entry can be given."""
    owners, there = at.visit.pack.owners, people(at.visit)
    asked = [at.visit.who.person, *(question.asked_of for question in situation.questions)]
    return {
        "askable": [who for who in there if not any(same_person(owners, who[0], one) for one in asked)],
        "heirs": [who for who in there if not same_person(owners, who[0], at.seen.entry.person)],
    }


def _changes(tx: sa.Connection, at: EntryVisit, here: Seen, tried: Tried) -> tuple[TimelineLine, ...]:
    """What happened to the entry and its deal since its reader had read them."""
    name = entry_name(here.entry.id)
    on = {f"entry:{name}": name, f"deal:{here.entry.deal_id}": "deal"}
    happened = [row for row in events.of_subjects(tx, list(on)) if row.seq > (tried.since or 0)]
    read = [s for s in handoffs.snapshots_of(tx, here.entry.deal_id) if tried.snapshot and s.id > tried.snapshot]
    return timeline.lines(happened, read, on, told_to(at.visit))


def _kept(tried: Tried | None, what: str, name: str, default: object = "") -> str:
    """What the reader had put into a field of a form that was refused; else its default."""
    if tried is None or tried.what != what or name not in tried.fields:
        return "" if default is None else str(default)
    return tried.fields[name][0]


_MADE = {
    "delivered": "delivered it",
    "held": "held it",
    "excluded": "left it out",
    "unchanged": "found nothing new in it",
    "in_progress": "carries it on",
}
"""What a run made of a deal, by its outcome."""


def _when(zone: str) -> Callable[[datetime], str]:
    """A moment in few characters, where its reader is."""

    def when(moment: datetime) -> str:
        try:
            there = moment.astimezone(ZoneInfo(zone))
        except (ValueError, OSError, KeyError):
            there = moment
        return f"{there:%d %b %H:%M}"

    return when


__all__ = ["AsRead", "Correctable", "Tried", "shown"]
