"""What hosts do: sign in by a link, invite, let somebody stand in for them, hold a parents' evening; and what waits."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

TABLES = [
    "host_sign_ins",
    "visit_conditions",
    "invitations",
    "evenings",
    "evening_guests",
    "evening_visits",
    "visits_raised",
]
_OF_HOSTS = ("delegate_until", "changed_at")


def upgrade() -> None:
    """Make every table; a host who was there before has no end of a delegation and was never changed."""
    for name in _OF_HOSTS:
        op.add_column("hosts", *_maybe_moments(name))
    _signing_in()
    _visits()
    _evenings()


def downgrade() -> None:
    """Drop every table and column."""
    for table in TABLES:
        op.drop_table(table)
    for name in _OF_HOSTS:
        op.drop_column("hosts", name)


def _signing_in() -> None:
    op.create_table(
        "host_sign_ins",
        *_texts("site", "sign_in", "host", "link_hash"),
        *_moments("created_at", "expires_at"),
        *_maybe_moments("used_at"),
        sa.PrimaryKeyConstraint("site", "sign_in"),
    )
    op.create_index("ix_host_sign_ins_site_link", "host_sign_ins", ["site", "link_hash"])


def _visits() -> None:
    op.create_table(
        "visit_conditions",
        *_texts("site", "visit", "entries"),
        *_maybe_texts("escort"),
        *_json("entrances"),
        sa.PrimaryKeyConstraint("site", "visit"),
    )
    op.create_table(
        "invitations",
        *_texts("site", "invitation", "host", "name", "contact", "category", "purpose"),
        *_moments("arrives_at", "leaves_at"),
        *_json("weekdays"),
        *_texts("entries"),
        *_maybe_texts("escort"),
        *_json("entrances"),
        *_texts("language"),
        *_moments("created_at"),
        *_maybe_moments("withdrawn_at"),
        *_maybe_texts("visit"),
        *_moments("kept_until"),
        sa.PrimaryKeyConstraint("site", "invitation"),
    )
    op.create_index("ix_invitations_site_host", "invitations", ["site", "host", "leaves_at"])
    op.create_index("ix_invitations_kept_until", "invitations", ["kept_until"])
    op.create_table(
        "visits_raised",
        *_texts("site", "visit", "why"),
        sa.Column("number", sa.Integer(), nullable=False),
        *_moments("at"),
        sa.PrimaryKeyConstraint("site", "visit", "why", "number"),
    )


def _evenings() -> None:
    op.create_table(
        "evenings",
        *_texts("site", "evening", "title", "host_text"),
        *_maybe_texts("host"),
        *_texts("made_by", "open_to"),
        sa.Column("seats", sa.Integer(), nullable=False),
        *_moments("begins_at", "ends_at"),
        *_texts("entries"),
        *_json("entrances"),
        *_moments("created_at"),
        *_maybe_moments("cancelled_at", "closed_at"),
        *_moments("kept_until"),
        sa.PrimaryKeyConstraint("site", "evening"),
    )
    op.create_index("ix_evenings_site_ends_at", "evenings", ["site", "ends_at"])
    op.create_table(
        "evening_guests",
        *_texts("site", "evening"),
        sa.Column("line", sa.Integer(), nullable=False),
        *_texts("name", "name_key", "holder"),
        sa.PrimaryKeyConstraint("site", "evening", "line"),
    )
    op.create_index("ix_evening_guests_site_holder", "evening_guests", ["site", "holder"])
    op.create_table(
        "evening_visits",
        *_texts("site", "visit", "evening"),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("site", "visit"),
    )
    op.create_index("ix_evening_visits_site_evening", "evening_visits", ["site", "evening"])


def _texts(*names: str) -> list[sa.Column[object]]:
    return [sa.Column(name, sa.String(), nullable=False) for name in names]


def _maybe_texts(*names: str) -> list[sa.Column[object]]:
    return [sa.Column(name, sa.String()) for name in names]


def _moments(*names: str) -> list[sa.Column[object]]:
    return [sa.Column(name, sa.DateTime(timezone=True), nullable=False) for name in names]


def _maybe_moments(*names: str) -> list[sa.Column[object]]:
    return [sa.Column(name, sa.DateTime(timezone=True)) for name in names]


def _json(*names: str) -> list[sa.Column[object]]:
    return [sa.Column(name, sa.JSON()) for name in names]
