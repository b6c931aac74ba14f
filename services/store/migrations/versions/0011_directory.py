"""The school's directory of offices, and the calls by which somebody on duty is known."""

import sqlalchemy as sa
from alembic import op

from services.store.columns import UtcDateTime

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "directory_offices",
        *(sa.Column(name, sa.String(), nullable=False) for name in ("site", "office", "name", "name_key")),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("phone", "source")),
        sa.PrimaryKeyConstraint("site", "office"),
    )
    op.create_table(
        "call_backs",
        *(sa.Column(name, sa.String(), nullable=False) for name in ("site", "holder")),
        sa.Column("number", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("office", "phone", "outcome", "spoke_with")),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("by", "post")),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("site", "holder", "number"),
    )


def downgrade() -> None:
    """Take them away."""
    op.drop_table("call_backs")
    op.drop_table("directory_offices")
