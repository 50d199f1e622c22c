"""The tables. All timestamps UTC, money in integer minor units, payloads plain JSON for now."""

import sqlalchemy as sa

from handoff.store.columns import UtcDateTime, number

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(column_0_label)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

snapshot = sa.Table(
    "snapshot",
    metadata,
    number(),
    sa.Column("deal_id", sa.String(64), nullable=False, index=True),
    sa.Column("source", sa.String(32), nullable=False),
    sa.Column("content_hash", sa.String(64), nullable=False),
    sa.Column("content", sa.JSON, nullable=False),
    sa.Column("seen_at", UtcDateTime, nullable=False),
)

handoff = sa.Table(
    "handoff",
    metadata,
    number(),
    sa.Column("deal_id", sa.String(64), nullable=False, unique=True),
    sa.Column("billing_key", sa.String(64), nullable=False, unique=True),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("revision", sa.Integer, nullable=False),
    sa.Column("state", sa.String(16), nullable=False, index=True),
    sa.Column("reason", sa.Text),
    sa.Column("snapshot_id", sa.ForeignKey("snapshot.id"), nullable=False),
    sa.Column("planned_snapshot_id", sa.ForeignKey("snapshot.id")),
    sa.Column("compared_snapshot_id", sa.Integer),
    sa.Column("planned_overlay", sa.JSON),
    sa.Column("pack_fingerprint", sa.String(64)),
    sa.Column("customer_scope", sa.String(255), index=True),
    sa.Column("stripe_account", sa.String(64)),
    sa.Column("account_id", sa.String(64), index=True),
    sa.Column("account_name", sa.Text),
    sa.Column("deal_name", sa.Text),
    sa.Column("po_number", sa.Text),
    sa.Column("amount", sa.Text),
    sa.Column("amount_minor", sa.BigInteger),
    sa.Column("currency", sa.String(8)),
    sa.Column("closed_on", sa.String(32)),
    sa.Column("kickoff_on", sa.String(32)),
    sa.Column("next_at", UtcDateTime),
    sa.Column("since", UtcDateTime, nullable=False),
    sa.Column("written_hash", sa.String(64)),
    sa.Column("row_version", sa.Integer, nullable=False, server_default="0"),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("updated_at", UtcDateTime, nullable=False),
)

effect = sa.Table(
    "effect",
    metadata,
    number(),
    sa.Column("scope", sa.String(255), nullable=False, unique=True),
    sa.Column("handoff_id", sa.ForeignKey("handoff.id"), index=True),
    sa.Column("seq", sa.Integer, nullable=False),
    sa.Column("step", sa.String(64), nullable=False),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("service", sa.String(80), nullable=False),
    sa.Column("generation", sa.Integer, nullable=False, server_default="0"),
    sa.Column("idempotency_key", sa.String(80)),
    sa.Column("fingerprint", sa.String(64)),
    sa.Column("body", sa.JSON, nullable=False),
    sa.Column("tried_since", UtcDateTime),
    sa.Column("first_sent_at", UtcDateTime),
    sa.Column("last_sent_at", UtcDateTime),
    sa.Column("send_deadline", UtcDateTime),
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    sa.Column("external_id", sa.String(255)),
    sa.Column("answer", sa.JSON),
    sa.Column("outcome", sa.String(16)),
    sa.Column("status_code", sa.Integer),
    sa.Column("error", sa.Text),
    sa.Column("row_version", sa.Integer, nullable=False, server_default="0"),
    sa.UniqueConstraint("kind", "service", "external_id", "scope"),
)

SUMMED_BY = ("person", "owner_name", "role", "sought_currency")
UNREADABLE = -(2**62)
"""Where an amount stands that cannot be read: below all others."""

entry = sa.Table(
    "entry",
    metadata,
    number(),
    sa.Column("deal_id", sa.String(64), nullable=False, unique=True),
    sa.Column("handoff_id", sa.ForeignKey("handoff.id"), nullable=False, index=True),
    sa.Column("state", sa.String(16), nullable=False, index=True),
    sa.Column("episode", sa.Integer, nullable=False),
    sa.Column("person", sa.String(254), nullable=False),
    sa.Column("owner_name", sa.Text, nullable=False),
    sa.Column("owner_email", sa.Text, nullable=False),
    sa.Column("role", sa.String(64), nullable=False),
    sa.Column("opened_at", UtcDateTime, nullable=False),
    sa.Column("due_at", UtcDateTime, nullable=False),
    sa.Column("judged_at", UtcDateTime, nullable=False),
    sa.Column("released_at", UtcDateTime),
    sa.Column("pack_fingerprint", sa.String(64), nullable=False),
    sa.Column("kind", sa.String(16)),
    sa.Column("clock", sa.JSON),
    sa.Column("first_due_at", UtcDateTime),
    sa.Column("level", sa.Integer, nullable=False, server_default="0"),
    sa.Column("reassigned_by", sa.String(254)),
    sa.Column("answered_at", UtcDateTime),
    sa.Column("row_version", sa.Integer, nullable=False, server_default="0"),
    # Copied from the handoff, see store.sought.
    sa.Column("sought_account", sa.String(255), nullable=False, server_default=""),
    sa.Column("sought_deal", sa.String(255), nullable=False, server_default=""),
    sa.Column("sought_currency", sa.String(8), nullable=False, server_default=""),
    sa.Column("sought_minor", sa.BigInteger, nullable=False, server_default=str(UNREADABLE)),
    sa.Index("ix_entry_queue_due", "state", "due_at", "id"),
    sa.Index("ix_entry_queue_opened", "state", "opened_at", "id"),
    sa.Index("ix_entry_queue_person", "state", "person", "due_at", "id"),
    sa.Index("ix_entry_queue_amount", "state", "sought_currency", "sought_minor", "id"),
    sa.Index("ix_entry_queue_text", "state", "sought_account", "id", "sought_deal", "deal_id"),
    sa.Index("ix_entry_queue_sums", "state", *SUMMED_BY, "due_at", "sought_minor", "deal_id"),
)

violation = sa.Table(
    "violation",
    metadata,
    number(),
    sa.Column("entry_id", sa.ForeignKey("entry.id"), nullable=False),
    sa.Column("episode", sa.Integer, nullable=False),
    sa.Column("current", sa.Boolean, nullable=False),
    sa.Column("rule", sa.String(64), nullable=False),
    sa.Column("field", sa.String(64), nullable=False),
    sa.Column("seen", sa.Text),
    sa.Column("allowed", sa.Text, nullable=False),
    sa.Column("message", sa.Text, nullable=False),
    sa.Column("judged", sa.Boolean, nullable=False),
    sa.Index("ix_violation_of_entry", "entry_id", "current", "rule", "field"),
    sa.Index("ix_violation_by_rule", "rule", "current", "entry_id"),
)

event = sa.Table(
    "event",
    metadata,
    sa.Column("seq", sa.Integer, primary_key=True),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("actor", sa.String(254), nullable=False),
    sa.Column("subject", sa.String(300), nullable=False, index=True),
    sa.Column("what", sa.String(64), nullable=False),
    sa.Column("old", sa.JSON),
    sa.Column("new", sa.JSON),
    sa.Column("why", sa.Text),
    sa.Column("run_id", sa.String(40)),
    sa.Column("previous_hash", sa.String(64)),
    sa.Column("hash", sa.String(64)),
)

run = sa.Table(
    "run",
    metadata,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("actor", sa.String(254), nullable=False),
    sa.Column("started_at", UtcDateTime, nullable=False),
    sa.Column("ended_at", UtcDateTime),
    sa.Column("pack_fingerprint", sa.String(64), nullable=False),
    sa.Column("summary", sa.JSON),
)

run_deal = sa.Table(
    "run_deal",
    metadata,
    sa.Column("run_id", sa.ForeignKey("run.id"), primary_key=True),
    sa.Column("deal_id", sa.String(64), primary_key=True),
    sa.Column("outcome", sa.String(16)),
    sa.Column("reason", sa.Text),
)

watermark = sa.Table(
    "watermark",
    metadata,
    sa.Column("source", sa.String(64), primary_key=True),
    sa.Column("stamp", UtcDateTime, nullable=False),
    sa.Column("last_id", sa.String(64)),
    sa.Column("updated_at", UtcDateTime, nullable=False),
)

adoption = sa.Table(
    "adoption",
    metadata,
    sa.Column("account_id", sa.String(64), primary_key=True),
    sa.Column("stripe_account", sa.String(64), primary_key=True),
    sa.Column("customer_id", sa.String(255), nullable=False),
    sa.Column("actor", sa.String(254), nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("why", sa.Text),
)

line_stop = sa.Table(
    "line_stop",
    metadata,
    sa.Column("step", sa.String(64), primary_key=True),
    sa.Column("actor", sa.String(254), nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("why", sa.Text, nullable=False),
)

outage = sa.Table(
    "outage",
    metadata,
    number(),
    sa.Column("service", sa.String(80), nullable=False, index=True),
    sa.Column("why", sa.Text, nullable=False),
    sa.Column("began_at", UtcDateTime, nullable=False),
    sa.Column("last_at", UtcDateTime, nullable=False),
    sa.Column("ended_at", UtcDateTime),
)

binding = sa.Table(
    "binding",
    metadata,
    sa.Column("what", sa.String(120), primary_key=True),
    sa.Column("value", sa.String(120), nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
)
