"""Lists of people who must not simply be let in, possible matches with them, and releases of pupils."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

TABLES = ["list_entries", "list_matches", "list_false_matches", "entitled_persons", "releases", "release_papers"]


def upgrade() -> None:
    """Make every table."""
    _lists()
    _entitled()
    _releases()


def downgrade() -> None:
    """Drop every table."""
    for table in TABLES:
        op.drop_table(table)


def _lists() -> None:
    op.create_table(
        "list_entries",
        *_texts("site", "entry", "kind"),
        sa.Column("names", sa.JSON(), nullable=False),
        *_maybe_texts("iin_hash", "pupil"),
        *_texts("basis"),
        sa.Column("basis_on", sa.Date(), nullable=False),
        *_moments("until", "entered_at"),
        *_texts("entered_by"),
        *_maybe_moments("ended_at"),
        *_maybe_texts("ended_by"),
        *_moments("kept_until"),
        sa.PrimaryKeyConstraint("site", "entry"),
    )
    op.create_index("ix_list_entries_site_until", "list_entries", ["site", "until"])
    op.create_index("ix_list_entries_site_pupil", "list_entries", ["site", "pupil"])
    op.create_index("ix_list_entries_kept_until", "list_entries", ["kept_until"])
    op.create_table(
        "list_matches",
        *_texts("site", "match", "subject", "entry"),
        sa.Column("place", sa.Integer(), nullable=False),
        *_maybe_texts("person_key"),
        sa.Column("likeness", sa.Float(), nullable=False),
        sa.Column("same_iin", sa.Boolean()),
        *_texts("state"),
        *_moments("found_at"),
        *_maybe_moments("decided_at"),
        *_maybe_texts("decided_by", "note"),
        sa.PrimaryKeyConstraint("site", "match"),
    )
    op.create_index("ix_list_matches_site_subject", "list_matches", ["site", "subject", "entry"], unique=True)
    op.create_index("ix_list_matches_site_state", "list_matches", ["site", "state", "found_at"])
    op.create_table(
        "list_false_matches",
        *_texts("site", "entry", "person_key"),
        *_moments("at"),
        *_texts("by"),
        sa.PrimaryKeyConstraint("site", "entry", "person_key"),
    )


def _entitled() -> None:
    op.create_table(
        "entitled_persons",
        *_texts("site", "person", "pupil", "name", "relation"),
        *_maybe_texts("document_kind", "document_tail", "phone", "email"),
        *_texts("language"),
        sa.Column("tell", sa.Boolean(), nullable=False),
        *_moments("entered_at"),
        *_texts("entered_by"),
        *_maybe_moments("ended_at", "kept_until"),
        sa.PrimaryKeyConstraint("site", "person"),
    )
    op.create_index("ix_entitled_persons_site_pupil", "entitled_persons", ["site", "pupil"])
    op.create_index("ix_entitled_persons_kept_until", "entitled_persons", ["kept_until"])


def _releases() -> None:
    op.create_table(
        "releases",
        *_texts("site", "id", "source"),
        *_moments("at"),
        *_texts("release"),
        sa.Column("version", sa.Integer(), nullable=False),
        *_texts("holder"),
        *_moments("valid_from", "valid_until"),
        *_texts("allowed_by", "by", "post"),
        *_maybe_moments("withdrawn_at"),
        sa.PrimaryKeyConstraint("site", "id"),
    )
    op.create_index("ix_releases_site_at", "releases", ["site", "at"])
    op.create_index("ix_releases_site_holder", "releases", ["site", "holder", "version"])
    op.create_table(
        "release_papers",
        *_texts("site", "release", "pupil", "state", "basis", "taker"),
        *_maybe_texts("person"),
        *_texts("taker_name"),
        *_maybe_texts("document_kind", "document_tail", "caller", "called_number"),
        *_maybe_moments("called_at"),
        *_texts("allowed_by"),
        *_moments("valid_from", "valid_until", "recorded_at"),
        *_texts("by", "post"),
        *_moments("kept_until"),
        sa.PrimaryKeyConstraint("site", "release"),
    )
    op.create_index("ix_release_papers_site_recorded_at", "release_papers", ["site", "recorded_at"])
    op.create_index("ix_release_papers_site_pupil", "release_papers", ["site", "pupil"])
    op.create_index("ix_release_papers_kept_until", "release_papers", ["kept_until"])


def _texts(*names: str) -> list[sa.Column[object]]:
    return [sa.Column(name, sa.String(), nullable=False) for name in names]


def _maybe_texts(*names: str) -> list[sa.Column[object]]:
    return [sa.Column(name, sa.String()) for name in names]


def _moments(*names: str) -> list[sa.Column[object]]:
    return [sa.Column(name, sa.DateTime(timezone=True), nullable=False) for name in names]


def _maybe_moments(*names: str) -> list[sa.Column[object]]:
    return [sa.Column(name, sa.DateTime(timezone=True)) for name in names]
