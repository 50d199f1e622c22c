"""The tables of the desk: what people decided on held deals, the clocks that run, and the messages that go out."""

import sqlalchemy as sa

from handoff.store.columns import UtcDateTime, number
from handoff.store.tables import metadata


def _deal() -> sa.Column[str]:
    return sa.Column("deal_id", sa.String(64), nullable=False, index=True)


def _actor(name: str = "actor", *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String(254), nullable=nullable)


def _state() -> sa.Column[str]:
    return sa.Column("state", sa.String(16), nullable=False, index=True)


notice = sa.Table(
    "notice",
    metadata,
    number(),
    sa.Column("dedupe_key", sa.String(120), nullable=False, unique=True),
    sa.Column("kind", sa.String(32), nullable=False),
    sa.Column("entry_id", sa.ForeignKey("entry.id")),
    sa.Column("about", sa.Text),
    _actor("person"),
    _state(),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("message_id", sa.Integer),
    sa.Column("dropped_why", sa.Text),
)
"""What an owner is to be told; the outbox."""

overlay = sa.Table(
    "overlay",
    metadata,
    number(),
    _deal(),
    sa.Column("field", sa.String(64), nullable=False),
    sa.Column("value", sa.Text),
    sa.Column("seen", sa.Text),
    _state(),
    _actor(),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("why", sa.Text, nullable=False),
    _actor("second_actor", nullable=True),
    sa.Column("second_at", UtcDateTime),
    sa.Column("proposal", sa.String(16)),
    sa.Column("ended_at", UtcDateTime),
    sa.Column("ended_why", sa.Text),
)
"""A correction of one field of a deal, laid over its snapshot; `seen` is what the CRM said then."""

waiver = sa.Table(
    "waiver",
    metadata,
    number(),
    _deal(),
    sa.Column("rule", sa.String(64), nullable=False),
    _state(),
    _actor(),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("until", UtcDateTime, nullable=False),
    sa.Column("why", sa.Text, nullable=False),
    sa.Column("ended_at", UtcDateTime),
    sa.Column("ended_why", sa.Text),
)
"""A rule that does not hold one deal until a moment."""

approval = sa.Table(
    "approval",
    metadata,
    number(),
    _deal(),
    sa.Column("rule", sa.String(64), nullable=False),
    sa.Column("role", sa.String(64), nullable=False),
    _state(),
    _actor("requested_by"),
    sa.Column("requested_at", UtcDateTime, nullable=False),
    sa.Column("why", sa.Text, nullable=False),
    sa.Column("deadline", UtcDateTime, nullable=False),
    sa.Column("person", sa.String(254), nullable=False, index=True),
    sa.Column("level", sa.Integer, nullable=False, server_default="0"),
    sa.Column("payload_hash", sa.String(64), nullable=False),
    sa.Column("concerns", sa.JSON, nullable=False),
    _actor("decided_by", nullable=True),
    sa.Column("decided_at", UtcDateTime),
    sa.Column("decision_why", sa.Text),
)
"""A yes or no for one rule of one deal: to exactly what would be written (`payload_hash`). `person` is asked for it."""

label_decision = sa.Table(
    "label_decision",
    metadata,
    number(),
    sa.Column("label_set", sa.String(64), nullable=False),
    sa.Column("seen", sa.Text, nullable=False),
    sa.Column("canonical", sa.Text, nullable=False),
    sa.Column("is_new", sa.Boolean, nullable=False),
    _state(),
    _actor(),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("why", sa.Text, nullable=False),
    sa.UniqueConstraint("label_set", "seen"),
)
"""A synonym, or a new canonical label, that the owner of a label set decided on; added to the pack as it is loaded."""

question = sa.Table(
    "question",
    metadata,
    number(),
    sa.Column("entry_id", sa.ForeignKey("entry.id"), nullable=False, index=True),
    sa.Column("episode", sa.Integer, nullable=False),
    _state(),
    _actor("asked_by"),
    sa.Column("asked_of", sa.String(254), nullable=False, index=True),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("deadline", UtcDateTime, nullable=False),
    sa.Column("answer", sa.Text),
    sa.Column("answered_at", UtcDateTime),
)
"""One question about an entry to one person."""

pause = sa.Table(
    "pause",
    metadata,
    number(),
    sa.Column("entry_id", sa.ForeignKey("entry.id"), nullable=False, index=True),
    sa.Column("episode", sa.Integer, nullable=False),
    sa.Column("reason", sa.String(64), nullable=False),
    _actor(),
    sa.Column("why", sa.Text, nullable=False),
    sa.Column("since", UtcDateTime, nullable=False),
    sa.Column("until", UtcDateTime, nullable=False),
    sa.Column("ended_at", UtcDateTime),
)
"""A time in which an entry's clock does not count: from `since` to the earlier of `until` and `ended_at`."""

step_clock = sa.Table(
    "step_clock",
    metadata,
    number(),
    sa.Column("handoff_id", sa.ForeignKey("handoff.id"), nullable=False, index=True),
    sa.Column("step", sa.String(64), nullable=False),
    sa.Column("role", sa.String(64), nullable=False),
    _actor("person"),
    sa.Column("owner_name", sa.Text, nullable=False),
    sa.Column("owner_email", sa.Text, nullable=False),
    sa.Column("clock", sa.JSON, nullable=False),
    sa.Column("started_at", UtcDateTime, nullable=False),
    sa.Column("due_at", UtcDateTime, nullable=False),
    sa.Column("done_at", UtcDateTime),
    _actor("done_by", nullable=True),
    sa.Column("how", sa.String(32)),
    sa.Column("late_at", UtcDateTime),
    sa.UniqueConstraint("handoff_id", "step"),
)
"""The time limit of one workflow step of a received handoff, and who has it."""

fired = sa.Table(
    "fired",
    metadata,
    sa.Column("what", sa.String(160), primary_key=True),
    sa.Column("at", UtcDateTime, nullable=False),
)
"""What a clock has set off: each once, whatever runs at the same time."""

message = sa.Table(
    "message",
    metadata,
    number(),
    sa.Column("dedupe_key", sa.String(160), nullable=False, unique=True),
    sa.Column("kind", sa.String(32), nullable=False),
    _actor("person"),
    sa.Column("address", sa.Text, nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    _state(),
    sa.Column("critical", sa.Boolean, nullable=False),
    sa.Column("channel", sa.String(32)),
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    sa.Column("next_at", UtcDateTime),
    sa.Column("error", sa.Text),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("sent_at", UtcDateTime),
)
"""What goes out to one person: several notices in one message, and by which channel it arrived."""

sign_in = sa.Table(
    "sign_in",
    metadata,
    sa.Column("token_hash", sa.String(64), primary_key=True),
    _actor("person"),
    sa.Column("email", sa.Text, nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("seen_at", UtcDateTime, nullable=False),
    sa.Column("ended_at", UtcDateTime),
)
"""Somebody who came in by the review page, until they go, are idle for long, or their day is over."""
