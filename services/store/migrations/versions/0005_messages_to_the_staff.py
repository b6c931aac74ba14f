"""Where the staff are told what cannot wait, and to whom of them a message goes."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

COLUMNS = (("users", "email"), ("users", "phone"), ("messages", "receiver"))


def upgrade() -> None:
    """Add the columns; whoever was there before has none of them."""
    for table, name in COLUMNS:
        op.add_column(table, sa.Column(name, sa.String()))


def downgrade() -> None:
    """Take them away."""
    for table, name in COLUMNS:
        op.drop_column(table, name)
