"""Outages, what a ledger is bound to, and which snapshot of a delivered deal was compared last."""

import sqlalchemy as sa
from alembic import op

from handoff.store.columns import UtcDateTime

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "outage",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("service", sa.String(length=80), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("began_at", UtcDateTime(), nullable=False),
        sa.Column("last_at", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outage")),
    )
    op.create_index(op.f("ix_outage_service"), "outage", ["service"], unique=False)
    op.create_table(
        "binding",
        sa.Column("what", sa.String(length=120), nullable=False),
        sa.Column("value", sa.String(length=120), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("what", name=op.f("pk_binding")),
    )
    op.add_column("handoff", sa.Column("compared_snapshot_id", sa.Integer(), nullable=True))
    op.add_column("notice", sa.Column("about", sa.Text(), nullable=True))
