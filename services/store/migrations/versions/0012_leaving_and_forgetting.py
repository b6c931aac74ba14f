"""Who said that a visitor has left; indexes for what is counted by address over all schools, and for what is erased."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_IS_DONE = sa.text("done_at IS NOT NULL")


def upgrade() -> None:
    """Add the column and the indexes."""
    op.add_column("journal_entries", sa.Column("left_by", sa.String(), nullable=True))
    op.create_index("ix_messages_done", "messages", ["done_at"], sqlite_where=_IS_DONE, postgresql_where=_IS_DONE)
    op.create_index("ix_messages_to", "messages", ["to_hash", "created_at"])
    op.create_index("ix_draws_drawn_at", "draws", ["drawn_at"])


def downgrade() -> None:
    """Take them away."""
    op.drop_index("ix_draws_drawn_at", "draws")
    op.drop_index("ix_messages_to", "messages")
    op.drop_index("ix_messages_done", "messages")
    op.drop_column("journal_entries", "left_by")
