"""What the queue finds, orders and adds up entries by, beside the entry: its answers need no join any more."""

import sqlalchemy as sa
from alembic import op

from handoff.store import sought

revision = "0006"
down_revision = "0005"
_PART = 1_000


def upgrade() -> None:
    for name in ("sought_account", "sought_deal"):
        op.add_column("entry", sa.Column(name, sa.String(length=255), server_default="", nullable=False))
    op.add_column("entry", sa.Column("sought_currency", sa.String(length=8), server_default="", nullable=False))
    op.add_column("entry", sa.Column("sought_minor", sa.BigInteger(), server_default=str(-(2**62)), nullable=False))
    _copy(op.get_bind())
    op.create_index("ix_entry_handoff_id", "entry", ["handoff_id"], unique=False)
    for name, columns in (
        ("amount", ["sought_currency", "sought_minor", "id"]),
        ("text", ["sought_account", "id", "sought_deal", "deal_id"]),
        ("sums", ["person", "owner_name", "role", "sought_currency", "due_at", "sought_minor", "deal_id"]),
    ):
        op.create_index(f"ix_entry_queue_{name}", "entry", ["state", *columns], unique=False)
    op.create_index("ix_violation_of_entry", "violation", ["entry_id", "current", "rule", "field"], unique=False)
    op.create_index("ix_violation_by_rule", "violation", ["rule", "current", "entry_id"], unique=False)
    op.drop_index("ix_violation_entry_id", table_name="violation")
    op.drop_index("ix_violation_rule", table_name="violation")


def _copy(tx: sa.Connection) -> None:
    """The tables are named here as they are at this step; what comes later to the code's own is not there yet."""
    entry = sa.table("entry", *map(sa.column, ("id", "handoff_id", *sought.COLUMNS)))
    handoff = sa.table("handoff", *map(sa.column, ("id", "account_name", "deal_name", "amount_minor", "currency")))
    joined = sa.select(entry.c.id, handoff).join(handoff, handoff.c.id == entry.c.handoff_id).order_by(entry.c.id)
    last = 0
    while rows := tx.execute(joined.where(entry.c.id > last).limit(_PART)).mappings().all():
        last = rows[-1]["id"]
        values = [{"entry_id": row["id"], **sought.copies(dict(row))} for row in rows]
        tx.execute(
            sa.update(entry)
            .where(entry.c.id == sa.bindparam("entry_id"))
            .values({name: sa.bindparam(name) for name in sought.COLUMNS}),
            values,
        )
