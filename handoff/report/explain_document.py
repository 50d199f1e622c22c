"""The parts of what `explain --json` says, for programs; amounts and times as the store has them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from handoff.store.effects import Effect


def effect(row: Effect) -> Mapping[str, Any]:
    """One effect of a deal."""
    answer = row.answer or {}
    return {
        "kind": row.kind,
        "state": row.state,
        "service": row.service,
        "external_id": row.external_id,
        "link": answer.get("hosted_invoice_url") or answer.get("link"),
        "outcome": row.outcome,
        "attempts": row.attempts,
        "sent": iso(row.last_sent_at),
        "error": row.error,
    }


def event(row: sa.Row[Any], on: Mapping[str, str]) -> Mapping[str, Any]:
    """One event; `on`: its subject -> what that is to the deal."""
    return {
        "at": iso(row.at),
        "actor": row.actor,
        "on": on[row.subject],
        "subject": row.subject,
        "what": row.what,
        "old": row.old,
        "new": row.new,
        "why": row.why,
        "run": row.run_id,
    }


def iso(at: datetime | None) -> str | None:
    """A moment for programs."""
    return at.isoformat() if at else None
