"""Who said that a visitor has left; indexes for what is counted by address over all schools, and for what is erased."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column and the indexes."""
    op.add_column("journal_entries", sa.Column("left_by", sa.String(), nullable=True))
    op.create_index("ix_messages_to", "messages", ["to_hash", "created_at"])


def downgrade() -> None:
    """Take them away."""
    op.drop_index("ix_messages_to", "messages")
    op.drop_column("journal_entries", "left_by")
