"""The visitors' journal: entries close and keep what they said, the school's own columns, sheets of paper."""

from datetime import timedelta

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

VISITING = "category IN ('visitor', 'representative', 'contractor', 'official', 'emergency')"
KEPT = timedelta(days=365)
MOMENT = sa.DateTime(timezone=True)
ENTRY = (
    ("name_key", sa.String()),
    ("sheet", sa.Integer()),
    ("line", sa.Integer()),
    ("left_at", MOMENT),
    ("closed_at", MOMENT),
    ("said", sa.JSON()),
    ("settled_at", MOMENT),
    ("kept_until", MOMENT),
    ("erased_at", MOMENT),
)
INDEXES = (
    ("ix_journal_entries_site_holder", ["site", "holder", "opened_at"]),
    ("ix_journal_entries_settled_at", ["settled_at", "opened_at"]),
    ("ix_journal_entries_kept_until", ["kept_until"]),
)


def upgrade() -> None:
    """Add what an entry keeps; those that are there already get their term."""
    for name, kind in ENTRY:
        op.add_column("journal_entries", sa.Column(name, kind))
    op.add_column("journal_additions", sa.Column("form", sa.String()))
    for name, columns in INDEXES:
        op.create_index(name, "journal_entries", columns)
    condition = sa.text(VISITING)
    op.create_index(
        "ix_gate_acts_visiting",
        "gate_acts",
        ["holder", "site"],
        sqlite_where=condition,
        postgresql_where=condition,
    )
    op.create_table(
        "journal_columns",
        sa.Column("site", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("shown", sa.JSON(), nullable=False),
        sa.Column("own", sa.JSON(), nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("site", "version"),
    )
    op.create_table(
        "journal_sheets",
        sa.Column("site", sa.String(), nullable=False),
        sa.Column("sheet", sa.Integer(), nullable=False),
        sa.Column("printing", sa.String(), nullable=False),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.Column("printed_at", MOMENT, nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("site", "sheet"),
    )
    _give_terms()


def downgrade() -> None:
    """Take it away."""
    op.drop_table("journal_sheets")
    op.drop_table("journal_columns")
    op.drop_index("ix_gate_acts_visiting", "gate_acts")
    for name, _ in INDEXES:
        op.drop_index(name, "journal_entries")
    op.drop_column("journal_additions", "form")
    for name, _ in ENTRY:
        op.drop_column("journal_entries", name)


def _give_terms() -> None:
    entries = sa.table(
        "journal_entries",
        sa.column("site", sa.String()),
        sa.column("number", sa.Integer()),
        sa.column("opened_at", MOMENT),
        sa.column("kept_until", MOMENT),
    )
    connection = op.get_bind()
    for site, number, opened_at in connection.execute(
        sa.select(entries.c.site, entries.c.number, entries.c.opened_at)
    ).all():
        mine = (entries.c.site == site) & (entries.c.number == number)
        connection.execute(entries.update().where(mine).values(kept_until=opened_at + KEPT))
