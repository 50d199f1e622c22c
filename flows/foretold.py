"""A dry run in Prefect's window: what would be done, as one artifact; nothing is changed anywhere."""

import logging
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from prefect.artifacts import create_markdown_artifact
from prefect.client.schemas.objects import State

from connectors.errors import ConnectorError
from flows import errand
from flows.artifacts import counts, table
from flows.choice import Choice
from handoff.core.entry import entry_name
from handoff.report.foreseen import Foreseen
from handoff.report.wording import counted
from handoff.road.dry_run import dry_run
from handoff.road.house import House
from handoff.road.rerun import select

KEY = "dry-run"
_MOST_ROWS = 200
_NOTHING = "Nothing was created or changed."

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Foretold:
    """What would be done: one sentence, and the artifact's text. Ids, rules and counts; nothing about people."""

    sentence: str
    text: str
    exit_code: int = 0


def sync(name: str) -> State[None]:
    """What a sync would do now."""
    return _foretell(lambda house: of_sync(dry_run(house)), name)


def rerun(choice: Choice, name: str) -> State[None]:
    """Which entries a re-run would take up. What the gate would say of them is not worked out: that is the re-run."""
    return _foretell(lambda house: of_rerun(house, choice), name)


def of_sync(foreseen: Foreseen) -> Foretold:
    """The deals of a sync that would come, and what they would create."""
    sentence = (
        f"Dry run: {counted(foreseen.pulled, 'deal')} pulled, {len(foreseen.deals):,} would be delivered, "
        f"{len(foreseen.held):,} held, {len(foreseen.excluded):,} excluded, {len(foreseen.unchanged):,} unchanged. "
        f"{_NOTHING}"
    )
    warnings = f"{counted(len(foreseen.warnings), 'warning')}, to be read with `handoff sync --dry-run`."
    deals = [(d.deal_id, d.customer, _created(d.creates)) for d in foreseen.deals[:_MOST_ROWS]]
    parts = [
        f"# What a sync would do\n\n{sentence}",
        warnings if foreseen.warnings else "",
        counts("held by rule", "deals", foreseen.held_by_rule),
        counts("would create", "number", {kind: n for kind, n in foreseen.creates.items() if n}),
        table(("deal", "customer", "would create"), deals),
        _more(len(foreseen.deals)),
    ]
    return Foretold(sentence=sentence, text="\n\n".join(part for part in parts if part))


def of_rerun(house: House, choice: Choice) -> Foretold:
    """The entries that are chosen, as they stand. Raises UnknownNameError for what is not there."""
    chosen = choice.selection(house)
    with house.store.read() as tx:
        rows = select(tx, house.pack, chosen)
    many = f"{len(rows):,} {'entry' if len(rows) == 1 else 'entries'}"
    sentence = f"Dry run: {many} would be judged again. {_NOTHING}"
    shown = [(entry_name(row.id), row.deal_id, row.state, row.role) for row in rows[:_MOST_ROWS]]
    parts = [
        f"# What a re-run would take up\n\n{sentence}",
        "What the gate would say of them is not worked out here: a re-run finds out, and passed deals are delivered.",
        counts("role", "entries", Counter(row.role for row in rows)),
        table(("entry", "deal", "state", "role"), shown),
        _more(len(rows)),
    ]
    return Foretold(sentence=sentence, text="\n\n".join(part for part in parts if part))


def _foretell(work: Callable[[House], Foretold], name: str) -> State[None]:
    told: list[Foretold] = []

    def foresee(house: House) -> Foretold:
        try:
            found = work(house)
        except ConnectorError as error:  # its text may quote a deal
            return Foretold(sentence=f"Dry run: {error.service} did not answer as it should.", text="", exit_code=1)
        told.append(found)
        return found

    state = errand.run(foresee, name)
    for found in told:
        try:
            create_markdown_artifact(found.text, key=KEY, description=found.sentence)
        except Exception as error:  # the sentence is in the run's state all the same
            _log.warning("Prefect did not take the dry run's artifact (%s).", type(error).__name__)
    return state


def _created(creates: Mapping[str, int]) -> str:
    return ", ".join(counted(n, kind) for kind, n in creates.items() if n) or "nothing more"


def _more(number: int) -> str:
    return f"The first {_MOST_ROWS} of {number:,} are shown." if number > _MOST_ROWS else ""
