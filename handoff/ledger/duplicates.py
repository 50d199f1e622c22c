"""Projects that were made twice: Asana has no keys, so a torn connection and a hidden list may bring that about."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from connectors.ports import Body, Tracker
from handoff.core.handoff import EffectKind, EffectState
from handoff.core.keys import marker
from handoff.store.tables import effect, handoff

_MARK = re.compile(r"\[(HO-[0-9a-f]{12})\]$")
_SKEW = timedelta(minutes=10)
"""A tracker's clock may be off from ours by this much."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surplus:
    """A project that carries the mark of a deal whose project is another one."""

    deal_id: str
    gid: str
    kept: str
    kept_link: str


def surplus(tx: sa.Connection, projects: Iterable[Body]) -> Iterator[Surplus]:
    """Those of `projects` that we made twice: our mark, made while we were sending, and not the ledger's.

    A copy that people made of a project carries its mark, too: made at another time, it is theirs.
    """
    kept = {marker(row.billing_key): row for row in tx.execute(_kept())}
    for project in projects:
        found = _MARK.search(project["name"])
        row = kept.get(found[1]) if found else None
        if row is None or project["gid"] == row.external_id or project.get("archived"):
            continue
        made = datetime.fromisoformat(project["created_at"])
        if row.tried_since is not None and row.tried_since - _SKEW <= made <= row.last_sent_at + _SKEW:
            link = str((row.answer or {}).get("link") or row.external_id)
            yield Surplus(deal_id=row.deal_id, gid=project["gid"], kept=row.external_id, kept_link=link)


def archive(tracker: Tracker, found: Surplus) -> None:
    """Close a surplus project, with a link to the one that stays. Absolute values: twice is as once."""
    note = f"Made twice by Handoff for deal {found.deal_id}: the project in use is {found.kept_link}"
    tracker.update_project(found.gid, {"archived": True, "notes": note})


def _kept() -> sa.Select[tuple[str, str, str, datetime | None, datetime, dict[str, object] | None]]:
    roots = (EffectKind.PROJECT, EffectKind.TEMPLATE)
    own = (effect.c.external_id, effect.c.tried_since, effect.c.last_sent_at, effect.c.answer)
    return (
        sa.select(handoff.c.billing_key, handoff.c.deal_id, *own)
        .join(effect, effect.c.handoff_id == handoff.c.id)
        .where(effect.c.kind.in_(roots), effect.c.state == EffectState.CONFIRMED)
    )
