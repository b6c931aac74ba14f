"""The school's own rules: what a policy says since visits came, the shift of a card, and what was wrong with a pass."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

COLUMNS: dict[str, tuple[tuple[str, type[sa.types.TypeEngine[Any]]], ...]] = {
    "site_policies": (
        ("calendar", sa.JSON),
        ("threat", sa.JSON),
        ("measures", sa.JSON),
        ("visitor_capacity", sa.Integer),
        ("screening_share", sa.Float),
        ("question_after_s", sa.Float),
        ("reserve_s", sa.Float),
        ("pass_keys", sa.JSON),
    ),
    "credentials": (("shift", sa.String),),
    "credential_reads": (("pass_fault", sa.String),),
}
"""All of them may be absent: a row of before reads back with the schema's own defaults."""


def upgrade() -> None:
    """Add the columns."""
    for table, columns in COLUMNS.items():
        for name, kind in columns:
            op.add_column(table, sa.Column(name, kind()))


def downgrade() -> None:
    """Take them away."""
    for table, columns in COLUMNS.items():
        for name, _ in columns:
            op.drop_column(table, name)
