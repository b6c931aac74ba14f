"""Visits: who asks to come, their passes at the gates, the hosts who are asked, and the messages between them."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TABLES = [
    "visits",
    "visit_drafts",
    "visit_links",
    "hosts",
    "messages",
    "pass_codes",
    "visitor_passes",
    "pass_uses",
]


def upgrade() -> None:
    """Make every table."""
    _visits()
    _forms()
    _people_and_messages()
    _passes()


def downgrade() -> None:
    """Drop every table."""
    for table in TABLES:
        op.drop_table(table)


def _visits() -> None:
    op.create_table(
        "visits",
        *_texts("site", "visit"),
        _whole("version"),
        *_texts("state"),
        *_maybe_texts("draft"),
        *_texts("holder", "category", "name", "name_key"),
        *_maybe_texts("document_kind", "document_tail", "iin_hash"),
        *_texts("host_text"),
        *_maybe_texts("host"),
        *_texts("purpose"),
        *_moments("arrives_at", "leaves_at"),
        _json("companions"),
        *_maybe_texts("vehicle", "things", "contact"),
        *_maybe_moments("contact_checked_at"),
        *_texts("language", "consent_version"),
        *_moments("consent_at"),
        _truth("screening_due"),
        *_moments("requested_at"),
        *_maybe_moments("decided_at"),
        *_maybe_texts("decided_by", "reason"),
        *_maybe_moments("arrived_at", "left_at"),
        *_moments("kept_until"),
        sa.PrimaryKeyConstraint("site", "visit"),
    )
    op.create_index("ix_visits_site_draft", "visits", ["site", "draft"], unique=True)
    op.create_index("ix_visits_site_state", "visits", ["site", "state", "arrives_at"])
    op.create_index("ix_visits_site_holder", "visits", ["site", "holder"])
    op.create_index("ix_visits_kept_until", "visits", ["kept_until"])


def _forms() -> None:
    op.create_table(
        "visit_drafts",
        *_texts("site", "draft"),
        _json("answers"),
        *_texts("language"),
        *_moments("expires_at"),
        _whole("code_number"),
        *_maybe_moments("code_sent_at"),
        _whole("code_tries"),
        sa.PrimaryKeyConstraint("site", "draft"),
    )
    op.create_index("ix_visit_drafts_expires_at", "visit_drafts", ["expires_at"])
    op.create_table(
        "visit_links",
        *_texts("site", "link_hash", "purpose", "visit"),
        *_moments("expires_at"),
        sa.PrimaryKeyConstraint("site", "link_hash"),
    )
    op.create_index("ix_visit_links_site_visit", "visit_links", ["site", "visit"])


def _people_and_messages() -> None:
    op.create_table(
        "hosts",
        *_texts("site", "host", "name", "name_key", "email", "language"),
        *_maybe_texts("delegate"),
        sa.PrimaryKeyConstraint("site", "host"),
    )
    op.create_index("ix_hosts_site_name_key", "hosts", ["site", "name_key"])
    op.create_table(
        "messages",
        *_texts("site", "message", "kind", "subject"),
        _whole("number"),
        *_maybe_texts("to_hash"),
        *_moments("created_at", "next_try_at"),
        _whole("tries"),
        *_maybe_moments("done_at"),
        *_maybe_texts("outcome"),
        sa.PrimaryKeyConstraint("site", "message"),
    )
    waiting = sa.text("done_at IS NULL")
    op.create_index("ix_messages_waiting", "messages", ["next_try_at"], sqlite_where=waiting, postgresql_where=waiting)
    op.create_index("ix_messages_site_to", "messages", ["site", "to_hash", "created_at"])


def _passes() -> None:
    op.create_table("pass_codes", *_texts("site", "code_hash", "jti"), sa.PrimaryKeyConstraint("site", "code_hash"))
    op.create_index("ix_pass_codes_site_jti", "pass_codes", ["site", "jti"])
    op.create_table(
        "visitor_passes",
        *_texts("site", "jti"),
        _whole("version"),
        *_texts("event", "visit", "holder", "category"),
        *_moments("valid_from", "valid_until"),
        *_texts("entries", "escort"),
        _truth("screening_due"),
        *_maybe_moments("revoked_at"),
        sa.Column("entrances", sa.JSON()),
        _json("windows"),
        sa.PrimaryKeyConstraint("site", "jti"),
    )
    op.create_index("ix_visitor_passes_site_visit", "visitor_passes", ["site", "visit"])
    op.create_index("ix_visitor_passes_site_holder", "visitor_passes", ["site", "holder"])
    op.create_table(
        "pass_uses",
        *_texts("site", "id", "source"),
        *_moments("at"),
        *_texts("jti", "state", "gate", "read"),
        *_maybe_texts("passage"),
        *_texts("holder"),
        sa.PrimaryKeyConstraint("site", "id"),
    )
    op.create_index("ix_pass_uses_site_at", "pass_uses", ["site", "at"])
    op.create_index("ix_pass_uses_site_jti", "pass_uses", ["site", "jti"])


def _texts(*names: str) -> list[sa.Column[object]]:
    return [sa.Column(name, sa.String(), nullable=False) for name in names]


def _maybe_texts(*names: str) -> list[sa.Column[object]]:
    return [sa.Column(name, sa.String()) for name in names]


def _moments(*names: str) -> list[sa.Column[object]]:
    return [sa.Column(name, sa.DateTime(timezone=True), nullable=False) for name in names]


def _maybe_moments(*names: str) -> list[sa.Column[object]]:
    return [sa.Column(name, sa.DateTime(timezone=True)) for name in names]


def _whole(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.Integer(), nullable=False)


def _truth(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.Boolean(), nullable=False)


def _json(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.JSON(), nullable=False)
