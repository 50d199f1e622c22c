"""Indexes for the queue of the review page: a page of it is found by its place, however many entries are open."""

from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_index("ix_entry_queue_due", "entry", ["state", "due_at", "id"], unique=False)
    op.create_index("ix_entry_queue_opened", "entry", ["state", "opened_at", "id"], unique=False)
    op.create_index("ix_entry_queue_person", "entry", ["state", "person", "due_at", "id"], unique=False)
    op.create_index("ix_question_asked_of", "question", ["asked_of"], unique=False)
    op.create_index("ix_approval_person", "approval", ["person"], unique=False)
