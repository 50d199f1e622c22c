"""The runs: the balance of each, what it created, how long it took; and one of them whole."""

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from starlette.responses import Response

from handoff.core.entry import entry_name
from handoff.core.errors import UsageError
from handoff.report import outcomes
from handoff.report.visible import sees_all, visible_to
from handoff.review import pages
from handoff.review.access import NothingThereError, SignedIn
from handoff.store import run_pages

router = APIRouter()
_PAGE, _MOST = 50, 200
_OUTCOMES = ("delivered", "held", "excluded", "unchanged", "in_progress")
Kind = Annotated[Literal["sync", "rerun", "sweep"] | None, Query()]
After = Annotated[str | None, Query(max_length=100)]


@router.get("/runs")
def listed(visit: SignedIn, kind: Kind = None, after: After = None) -> Response:
    """Runs, newest first."""
    with visit.site.store.read() as tx:
        rows = run_pages.page(tx, _PAGE, _place(after), kind)
    shown = rows[:_PAGE]
    last = shown[-1] if len(rows) > _PAGE else None
    return pages.page(
        visit,
        "runs.html",
        runs=[_facts(row) for row in shown],
        kind=kind,
        older=f"{last.started_at.isoformat()}~{last.id}" if last else None,
        first=after is None,
        outcomes=_OUTCOMES,
        words=outcomes,
    )


@router.get("/runs/{run_id}")
def one(run_id: str, visit: SignedIn) -> Response:
    """One run, whole; of its deals those that the reader may read."""
    with visit.site.store.read() as tx:
        row = run_pages.one(tx, run_id)
        if row is None:
            raise NothingThereError("There is no such run: begin at the runs.")
        deals = run_pages.entries_of(tx, run_id, _MOST + 1, visible_to(visit.pack, visit.who.person))
    whole = sees_all(visit.pack.owners, visit.who.person)
    return pages.page(
        visit,
        "run.html",
        run=_facts(row),
        summary=row.summary or {},
        outcomes=_OUTCOMES,
        words=outcomes,
        deals=[(entry_name(d.number), d) for d in deals[:_MOST]],
        more=len(deals) > _MOST,
        whole=whole,
    )


def _facts(row: Any) -> dict[str, Any]:
    """A run in one line. Without a summary it has not ended, or was killed: the next one took over."""
    summary = row.summary or {}
    created = {kind: counts.get("created", 0) for kind, counts in (summary.get("effects") or {}).items()}
    return {
        "id": row.id,
        "kind": row.kind,
        "actor": row.actor,
        "started": row.started_at,
        "ended": row.ended_at,
        "pulled": summary.get("pulled"),
        "outcomes": {name: summary.get(name, 0) for name in _OUTCOMES},
        "balanced": summary.get("balanced"),
        "duration": round(summary["duration_s"]) if "duration_s" in summary else None,
        "created": {kind: n for kind, n in created.items() if n},
        "warnings": len(summary.get("warnings") or ()),
        "outages": sorted(summary.get("outages") or ()),
    }


def _place(text: str | None) -> run_pages.Place | None:
    if text is None:
        return None
    stamp, _, run_id = text.partition("~")
    try:
        at = datetime.fromisoformat(stamp)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None or not run_id:
        raise UsageError("That page of the runs is none of ours: begin at the newest.")
    return at, run_id
