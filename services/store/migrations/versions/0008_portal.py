"""What visitors ask for: on which weekdays, with which vehicle and papers, and who comes along."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

COLUMNS = (
    ("visits", "vehicle_make"),
    ("visits", "cargo"),
    ("visits", "waybill"),
    ("guard_answers", "credential"),
)


def upgrade() -> None:
    """Add the columns and the table; visits that were there are for once, and of one person."""
    for table, name in COLUMNS:
        op.add_column(table, sa.Column(name, sa.String()))
    op.add_column("visits", sa.Column("weekdays", sa.JSON()))
    op.add_column("visit_drafts", sa.Column("contact_checked_at", sa.DateTime(timezone=True)))
    op.create_index("ix_visits_site_contact", "visits", ["site", "contact"])
    op.create_table(
        "visit_party",
        sa.Column("site", sa.String(), nullable=False),
        sa.Column("visit", sa.String(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("holder", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("arrived_at", sa.DateTime(timezone=True)),
        sa.Column("left_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("site", "visit", "place"),
    )
    op.create_index("ix_visit_party_site_holder", "visit_party", ["site", "holder"])


def downgrade() -> None:
    """Take them away."""
    op.drop_table("visit_party")
    op.drop_index("ix_visits_site_contact", "visits")
    op.drop_column("visit_drafts", "contact_checked_at")
    op.drop_column("visits", "weekdays")
    for table, name in COLUMNS:
        op.drop_column(table, name)
