"""Draws with their secret, photos of what lies in custody, and pupils who would not show what they bring."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

TABLES = ("drawing_secrets", "draws", "custody_photos", "pupil_refusals")


def upgrade() -> None:
    """Make the tables; what was in custody before has been told of by nobody, and came from no form that is known."""
    op.create_table("drawing_secrets", *_texts("site", "secret"), *_moments("made_at"), sa.PrimaryKeyConstraint("site"))
    op.create_table(
        "draws",
        *_texts("site", "visit", "category", "rule"),
        sa.Column("share", sa.Float(), nullable=False),
        sa.Column("policy_version", sa.Integer(), nullable=False),
        sa.Column("due", sa.Boolean(), nullable=False),
        *_moments("drawn_at"),
        sa.PrimaryKeyConstraint("site", "visit"),
    )
    op.create_table(
        "custody_photos",
        *_texts("site"),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("jpeg", sa.LargeBinary(), nullable=False),
        *_texts("by"),
        *_moments("taken_at", "kept_until"),
        sa.PrimaryKeyConstraint("site", "number"),
    )
    op.create_index("ix_custody_photos_kept_until", "custody_photos", ["kept_until"])
    op.create_table(
        "pupil_refusals",
        *_texts("site", "holder", "day"),
        *_moments("at"),
        *_texts("by", "post"),
        sa.Column("settled_at", sa.DateTime(timezone=True)),
        sa.Column("settled_by", sa.String()),
        sa.Column("parent_told", sa.String()),
        sa.PrimaryKeyConstraint("site", "holder", "day"),
    )
    op.create_index("ix_pupil_refusals_site_at", "pupil_refusals", ["site", "at"])
    op.add_column("custody", sa.Column("form", sa.String()))
    op.add_column("custody", sa.Column("overdue_told_at", sa.DateTime(timezone=True)))
    op.create_index("ix_custody_site_form", "custody", ["site", "form"], unique=True)
    op.create_index("ix_custody_due_at", "custody", ["due_at"])


def downgrade() -> None:
    """Drop them."""
    for index in ("ix_custody_due_at", "ix_custody_site_form"):
        op.drop_index(index, "custody")
    for column in ("overdue_told_at", "form"):
        op.drop_column("custody", column)
    for table in TABLES:
        op.drop_table(table)


def _texts(*names: str) -> list[sa.Column[object]]:
    return [sa.Column(name, sa.String(), nullable=False) for name in names]


def _moments(*names: str) -> list[sa.Column[object]]:
    return [sa.Column(name, sa.DateTime(timezone=True), nullable=False) for name in names]
