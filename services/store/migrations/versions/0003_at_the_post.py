"""At the post: guards' answers, checks, custody, walk-ins and the visitors' journal."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

TABLES = [
    "guard_answers",
    "screenings",
    "custody",
    "custody_entries",
    "walk_ins",
    "journal_entries",
    "journal_additions",
]


def upgrade() -> None:
    """Make every table."""
    _answers_and_checks()
    _custody()
    _journal()


def downgrade() -> None:
    """Drop every table."""
    for table in TABLES:
        op.drop_table(table)


def _answers_and_checks() -> None:
    op.create_table(
        "guard_answers",
        *_recorded(),
        *_texts("gate", "direction"),
        *_maybe_texts("read"),
        *_texts("answer", "because"),
        *_maybe_texts("holder", "category"),
        *_texts("by", "post"),
        *_maybe_texts("allowed_by", "comment"),
        *_moments("expires_at"),
        sa.PrimaryKeyConstraint("site", "id"),
    )
    op.create_index("ix_guard_answers_site_at", "guard_answers", ["site", "at"])
    op.create_index("ix_guard_answers_site_read", "guard_answers", ["site", "read"])
    op.create_table(
        "screenings",
        *_recorded(),
        *_texts("screening"),
        *_wholes("version"),
        *_texts("holder", "category", "method", "outcome"),
        sa.Column("items", sa.JSON(), nullable=False),
        *_texts("standing"),
        *_wholes("refusals"),
        sa.Column("drawn", sa.Boolean(), nullable=False),
        *_texts("by", "post"),
        *_maybe_texts("gate"),
        *_moments("checked_at"),
        sa.Column("resolved_at", sa.DateTime(timezone=True)),
        *_maybe_texts("resolution"),
        sa.PrimaryKeyConstraint("site", "id"),
    )
    op.create_index("ix_screenings_site_at", "screenings", ["site", "at"])
    op.create_index("ix_screenings_site_holder", "screenings", ["site", "holder", "version"])


def _custody() -> None:
    op.create_table(
        "custody",
        *_texts("site"),
        *_wholes("number"),
        *_texts("holder", "item"),
        *_wholes("count"),
        *_texts("description"),
        *_maybe_texts("screening"),
        *_moments("due_at"),
        sa.PrimaryKeyConstraint("site", "number"),
    )
    op.create_index("ix_custody_site_holder", "custody", ["site", "holder"])
    op.create_table(
        "custody_entries",
        *_texts("site"),
        *_wholes("number", "step"),
        *_texts("act"),
        *_moments("at"),
        *_texts("by", "post", "to_whom", "note"),
        sa.PrimaryKeyConstraint("site", "number", "step"),
    )


def _journal() -> None:
    op.create_table(
        "walk_ins",
        *_texts("site", "visit", "holder", "category", "name", "name_key", "document_kind", "document_tail"),
        *_texts("host_text", "purpose"),
        sa.Column("drawn", sa.Boolean(), nullable=False),
        *_moments("came_at"),
        sa.Column("from_paper", sa.Boolean(), nullable=False),
        *_moments("registered_at"),
        *_texts("by", "post"),
        sa.PrimaryKeyConstraint("site", "visit"),
    )
    op.create_index("ix_walk_ins_site_came_at", "walk_ins", ["site", "came_at"])
    op.create_index("ix_walk_ins_site_holder", "walk_ins", ["site", "holder"])
    op.create_table(
        "journal_entries",
        *_texts("site"),
        *_wholes("number"),
        *_texts("source", "holder"),
        *_maybe_texts("visit"),
        *_moments("opened_at"),
        sa.PrimaryKeyConstraint("site", "number"),
    )
    op.create_index("ix_journal_entries_site_source", "journal_entries", ["site", "source"], unique=True)
    op.create_index("ix_journal_entries_site_opened_at", "journal_entries", ["site", "opened_at"])
    op.create_table(
        "journal_additions",
        *_texts("site"),
        *_wholes("number", "step"),
        *_texts("column", "text"),
        *_moments("at"),
        *_texts("by"),
        sa.PrimaryKeyConstraint("site", "number", "step"),
    )


def _recorded() -> list[sa.Column[object]]:
    return [*_texts("site", "id", "source"), *_moments("at")]


def _texts(*names: str) -> list[sa.Column[object]]:
    return [sa.Column(name, sa.String(), nullable=False) for name in names]


def _maybe_texts(*names: str) -> list[sa.Column[object]]:
    return [sa.Column(name, sa.String()) for name in names]


def _moments(*names: str) -> list[sa.Column[object]]:
    return [sa.Column(name, sa.DateTime(timezone=True), nullable=False) for name in names]


def _wholes(*names: str) -> list[sa.Column[object]]:
    return [sa.Column(name, sa.Integer(), nullable=False) for name in names]
