"""An outage is one notice to one owner, however many deals wait for the service and however many runs it lasts."""

from collections.abc import Collection, Mapping
from datetime import timedelta

import sqlalchemy as sa

from handoff.core.ownership import accountable, resolve
from handoff.core.pack import Pack
from handoff.core.violation import Failure
from handoff.store import entries, outages
from handoff.store.events import Author, Event, append

PATIENCE = timedelta(minutes=15)
"""A call that failed in passing is nobody's matter; one that still fails after so long is."""


def note(
    tx: sa.Connection,
    pack: Pack,
    failing: Mapping[str, str],
    author: Author,
    *,
    given_up: Collection[str],
    working: Collection[str],
) -> None:
    """Write down what a run saw of the services: `failing` (service -> why), those it gave up, those that worked."""
    for service, why in failing.items():
        row, began = outages.failing(tx, service, why, author.at)
        if began:
            append(tx, author, [Event(subject=f"service:{service}", what="outage_began", why=why)])
        if service in given_up or author.at - row.began_at >= PATIENCE:
            _tell(tx, pack, row, author)
    for service, row in outages.open_ones(tx).items():
        if service in working and service not in failing:
            outages.end(tx, row.id, author.at)
            lasted = f"{author.at - row.began_at}".split(".")[0]
            append(tx, author, [Event(subject=f"service:{service}", what="outage_ended", why=f"lasted {lasted}")])


def _tell(tx: sa.Connection, pack: Pack, row: sa.Row[tuple[int]], author: Author) -> None:
    role = accountable(pack.owners, Failure.SERVICE_DOWN).role
    owner = resolve(pack.owners, role, {}, author.at)
    notice = {
        "dedupe_key": f"outage:{row.id}",
        "kind": "service_down",
        "about": f"{row.service} since {row.began_at:%Y-%m-%d %H:%M} UTC: {row.why}",
        "person": owner.person_id,
        "state": "pending",
        "created_at": author.at,
    }
    entries.notify(tx, [notice])
