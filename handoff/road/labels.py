"""Decide about a label: foresee what that would release, show it, take the decision as it was shown."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa

from checks.rules import names
from handoff.core.entry import EntryState, entry_name
from handoff.core.errors import UsageError
from handoff.core.handoff import HandoffState
from handoff.core.label_decision import LabelDecision
from handoff.core.pack import Pack
from handoff.quarantine import desk, label_decisions
from handoff.quarantine.decision import ConflictError, reason
from handoff.report.cause_list import HeldCause, Touched, touched
from handoff.road import bulk
from handoff.road.house import House
from handoff.road.rerun import Selection, select
from handoff.store import causes, entries
from handoff.store import label_decisions as label_store
from handoff.store.events import Author
from mappings import decided_labels
from mappings.decided_labels import label_set_named


@dataclass(frozen=True, slots=True, kw_only=True)
class Foreseen:
    """A decision before it is taken: the open entries (their numbers) that the text holds, and what it would release.

    `seen_entry` is the entry it is decided from, as it was then.
    """

    decision: LabelDecision
    entries: tuple[int, ...]
    touched: Touched
    released: Touched
    seen_entry: sa.Row[Any] | None
    in_use: tuple[LabelDecision, ...] = ()
    """The decisions that it may rest on."""

    @property
    def sentence(self) -> str:
        """What a person confirms."""
        made = self.decision
        becomes = "is a label of its own" if made.is_new else f'is read as "{made.canonical}"'
        rest = self.touched.deals - self.released.deals
        stay = f" Held for something else too: {rest:,}." if rest else ""
        return (
            f'{made.label_set} "{made.seen}" {becomes} from the next run on. It holds {self.touched}. '
            f"The next run releases {self.released}.{stay}"
        )

    def document(self) -> dict[str, Any]:
        """For programs; amounts in minor units per currency."""
        return {**document(self.decision), "touches": self.touched.document(), "releases": self.released.document()}


def document(decision: LabelDecision) -> dict[str, Any]:
    """A decision as `--json` shows it."""
    return {
        "label_set": decision.label_set,
        "seen": decision.seen,
        "canonical": decision.canonical,
        "is_new": decision.is_new,
        "state": decision.state.value,
        "actor": decision.actor,
        "at": decision.at.isoformat(),
        "why": decision.why,
    }


def foresee(
    house: House, what: str | HeldCause, *, as_label: str | None, why: str, rule: str | None = None
) -> Foreseen:
    """What it would do to decide about a text, named by an entry or by a cause; nothing is written.

    `as_label` None: the text itself becomes a canonical label. Raises UsageError for what cannot be decided.
    """
    with house.store.read() as tx:
        seen_entry, found = _violation(tx, house, what, rule)
        in_use = label_store.in_use(tx)
        label_set = label_set_named(house.pack, found.source, found.field) or ""
        concerned = [
            row
            for row in causes.holding(tx, causes.saying(found.seen))
            if label_set_named(house.pack, row.source, row.field) == label_set
        ]
    decision = LabelDecision(
        label_set=label_set,
        seen=found.seen,
        canonical=decided_labels.target(house.pack, label_set, found.seen, as_label),
        is_new=as_label is None,
        actor=house.actor,
        at=house.clock.now(),
        why=reason(why),
    )
    label_decisions.authorise(house.pack, label_set, _author(house))
    pack = decided_labels.extended(house.pack, decision, names())
    return Foreseen(
        decision=decision,
        entries=tuple(dict.fromkeys(row.id for row in concerned)),
        touched=touched(concerned),
        released=touched(_released(house, pack, concerned)),
        seen_entry=seen_entry,
        in_use=in_use,
    )


def decide(house: House, foreseen: Foreseen) -> None:
    """Take the decision as it was shown. Raises ConflictError when somebody else decided meanwhile."""
    with house.store.write() as tx:
        as_seen = label_store.in_use(tx) == foreseen.in_use
        label_decisions.decide(
            tx,
            house.pack,
            replace(foreseen.decision, at=house.clock.now()),
            _author(house),
            concerned=foreseen.entries,
            seen_entry=foreseen.seen_entry,
            touches={"touches": foreseen.touched.document(), "releases": foreseen.released.document()},
        )
        if not as_seen:  # one that this rests on may be withdrawn, and then no pack loads any more
            raise ConflictError("Other labels were decided while you looked. Nothing of yours was written; look again.")


def about(tx: sa.Connection, house: House, what: str | HeldCause, rule: str | None = None) -> tuple[str, str] | None:
    """The label set and the text that hold an entry or a cause; None when nothing there is held by one label."""
    try:
        _, found = _violation(tx, house, what, rule)
    except UsageError:
        return None
    return label_set_named(house.pack, found.source, found.field) or "", found.seen


def _violation(
    tx: sa.Connection, house: House, what: str | HeldCause, rule: str | None
) -> tuple[sa.Row[Any] | None, Any]:
    """The violation by a label that is decided about, and the entry it is decided from, as it is now."""
    if isinstance(what, HeldCause):
        return None, _about_label(house.pack, what.id, _of_cause(tx, what), rule)
    (seen_entry,) = select(tx, house.pack, Selection(entries=(what,)))
    return seen_entry, _about_label(house.pack, entry_name(seen_entry.id), _of_entry(tx, seen_entry), rule)


def _of_cause(tx: sa.Connection, cause: HeldCause) -> list[Any]:
    """The violations of a cause's first entry that make it one; the others have the same text."""
    if cause.key.any_value or cause.key.seen is None:
        raise UsageError(f"{cause.id} ({cause.what}) is not about one label: nothing can be decided for all of it.")
    return [row for row in causes.holding(tx, causes.named(cause.entries[:1])) if row.rule == cause.key.rule]


def _of_entry(tx: sa.Connection, seen_entry: sa.Row[Any]) -> list[Any]:
    if seen_entry.state != EntryState.OPEN:
        raise UsageError(f"{entry_name(seen_entry.id)} is {seen_entry.state}: nothing holds it.")
    return causes.holding(tx, causes.named([seen_entry.id]))


def _about_label(pack: Pack, name: str, rows: Sequence[Any], rule: str | None) -> Any:
    """The one violation by a label that is decided about."""
    held_by = ", ".join(row.rule for row in rows) or "nothing that was judged"
    chosen = [row for row in rows if rule in (None, row.rule)]
    if not chosen:
        raise UsageError(f"{name} is not held by {rule}: it is held by {held_by}.")
    labelled = [row for row in chosen if row.seen and label_set_named(pack, row.source, row.field)]
    if not labelled:
        raise UsageError(
            f"{name} is not held by a label ({', '.join(row.rule for row in chosen)}): only fields for which "
            "fields.yaml names a label set have synonyms."
        )
    if len(labelled) > 1:
        raise UsageError(f"{name} is held by several labels: say which with --rule ({held_by}).")
    return labelled[0]


def _released(house: House, pack: Pack, concerned: Sequence[Any]) -> list[Any]:
    """Those that the next run would release: held, passing the gate, and with no failure that only a service ends."""
    held = [row for row in concerned if row.handoff_state == HandoffState.HELD]
    passing = bulk.passing(house, pack, [row.handoff_id for row in held])
    passed = [row for row in held if row.handoff_id in passing]
    with house.store.read() as tx:
        found = entries.violations_of(tx, [row.id for row in passed])
    return [row for row in passed if not {v.rule for v in found[row.id]} & desk.STAYS_WHEN_PASSED]


def _author(house: House) -> Author:
    return Author(actor=house.actor, at=house.clock.now())
