"""The way: the tables of one school morning, from the read to the delivery, with the people and the outbox."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TABLES = [
    "credential_reads",
    "access_decisions",
    "gate_acts",
    "passages",
    "gate_events",
    "heartbeats",
    "panics",
    "signals",
    "alarms",
    "alarm_versions",
    "alarm_actions",
    "deliveries",
    "dead_letters",
    "credentials",
    "site_policies",
    "site_modes",
    "people",
    "users",
    "audit",
    "outbox",
    "store_identity",
]


def upgrade() -> None:
    """Make every table."""
    _reads_and_decisions()
    _movements()
    _alarms()
    _facts()
    _people()
    _own_books()


def downgrade() -> None:
    """Drop every table."""
    for table in TABLES:
        op.drop_table(table)


def _reads_and_decisions() -> None:
    _recorded(
        "credential_reads",
        *_texts("gate", "reader", "direction", "credential", "technology"),
        _whole("bits"),
        _moment("answer_by"),
    )
    _recorded(
        "access_decisions",
        *_texts("read", "gate", "reader", "direction", "credential", "verdict", "reason"),
        _json("values"),
        *_maybe_texts("holder", "category"),
        _whole("policy_version"),
        _real("policy_age_s"),
        _truth("late"),
        _moment("expires_at"),
    )
    _recorded(
        "gate_acts",
        *_texts("read", "gate", "reader", "direction", "credential", "decided_by"),
        *_maybe_texts("decision"),
        *_texts("verdict", "reason"),
        _json("values"),
        *_maybe_texts("holder", "category"),
        _whole("policy_version"),
        _real("policy_age_s"),
        *_maybe_texts("grant"),
        _real("waited_ms"),
    )


def _movements() -> None:
    _recorded(
        "passages", *_texts("gate", "direction", "outcome"), *_maybe_texts("grant", "read", "credential", "holder")
    )
    _recorded(
        "gate_events", *_texts("gate", "kind"), *_maybe_texts("device"), sa.Column("gap_s", sa.Float()), _json("detail")
    )
    op.create_table(
        "heartbeats",
        *_texts("site", "gate", "id"),
        _moment("at"),
        _json("detail"),
        sa.PrimaryKeyConstraint("site", "gate"),
    )
    _recorded("panics", *_texts("gate", "button"), _truth("silent"), *_maybe_texts("test"))
    _recorded("signals", *_texts("rule", "gate", "read", "credential"), *_maybe_texts("holder"), _json("values"))


def _alarms() -> None:
    op.create_table("alarms", *_texts("site", "alarm"), *_alarm_columns(), sa.PrimaryKeyConstraint("site", "alarm"))
    _recorded("alarm_versions", *_texts("alarm"), *_alarm_columns())
    _recorded(
        "alarm_actions",
        *_texts("alarm", "action", "by", "post"),
        _whole("seen_version"),
        *_maybe_texts("cause", "comment"),
    )
    _recorded(
        "deliveries",
        *_texts("alarm", "event", "receiver", "path", "outcome"),
        _whole("sequence"),
        _whole("attempts"),
        _moment("sent_at"),
        sa.Column("answered_at", sa.DateTime(timezone=True)),
    )
    for table in ("alarm_versions", "alarm_actions", "deliveries"):
        op.create_index(f"ix_{table}_site_alarm", table, ["site", "alarm"])


def _alarm_columns() -> list[sa.Column[object]]:
    return [
        _whole("version"),
        *_texts("rule", "severity", "state", "gate", "subject"),
        _json("joined"),
        _moment("raised_at"),
        _moment("changed_at"),
        *_maybe_texts("changed_by", "action", "cause"),
        _truth("silent"),
        _truth("drill"),
    ]


def _facts() -> None:
    op.create_table(
        "credentials",
        *_texts("site", "credential"),
        _whole("version"),
        *_texts("event", "holder", "category"),
        _moment("valid_from"),
        _moment("valid_until"),
        sa.Column("revoked_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("site", "credential"),
    )
    op.create_index("ix_credentials_site_holder", "credentials", ["site", "holder"])
    policy = [
        _whole("version"),
        *_texts("name"),
        _whole("utc_offset_min"),
        _whole("answer_within_ms"),
        _json("categories"),
        _json("gates"),
    ]
    _recorded("site_policies", *policy)
    _recorded("site_modes", _whole("version"), *_texts("mode"), _truth("drill"), _json("by"), *_maybe_texts("because"))


def _people() -> None:
    op.create_table(
        "people",
        *_texts("site", "holder", "name"),
        *_maybe_texts("group_name"),
        sa.PrimaryKeyConstraint("site", "holder"),
    )
    op.create_table(
        "users",
        *_texts("login", "site", "name", "role", "language"),
        *_maybe_texts("post"),
        *_texts("password_hash"),
        _moment("changed_at"),
        sa.Column("disabled_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("login"),
    )
    op.create_index("ix_users_site", "users", ["site"])


def _own_books() -> None:
    _recorded(
        "dead_letters",
        *_texts("topic"),
        _whole("partition"),
        _large("offset"),
        *_texts("reason", "detail"),
        _whole("size"),
        *_texts("sha256", "head"),
    )
    op.create_index("ix_dead_letters_topic", "dead_letters", ["topic"])
    op.create_table(
        "audit",
        _counted(),
        *_texts("site"),
        _moment("at"),
        *_texts("by", "act", "subject"),
        _json("detail"),
        **_COUNTED,
    )
    op.create_index("ix_audit_site_at", "audit", ["site", "at"])
    op.create_table("store_identity", _whole("number"), _large("boot"), sa.PrimaryKeyConstraint("number"))
    op.create_table(
        "outbox",
        _counted(),
        _large("boot"),
        *_texts("site", "topic", "type", "data", "by"),
        _moment("created_at"),
        sa.Column("sent_at", sa.DateTime(timezone=True)),
        *_maybe_texts("refused"),
        **_COUNTED,
    )
    unsent = sa.text("sent_at IS NULL")
    op.create_index("ix_outbox_unsent", "outbox", ["number"], sqlite_where=unsent, postgresql_where=unsent)


_COUNTED = {"sqlite_autoincrement": True}


def _recorded(table: str, *columns: sa.Column[object]) -> None:
    """Make a table of recorded events: its key is the site with the event's id, and it is read newest first."""
    op.create_table(
        table, *_texts("site", "id", "source"), _moment("at"), *columns, sa.PrimaryKeyConstraint("site", "id")
    )
    op.create_index(f"ix_{table}_site_at", table, ["site", "at"])


def _texts(*names: str) -> list[sa.Column[object]]:
    return [sa.Column(name, sa.String(), nullable=False) for name in names]


def _maybe_texts(*names: str) -> list[sa.Column[object]]:
    return [sa.Column(name, sa.String()) for name in names]


def _whole(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.Integer(), nullable=False)


def _large(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.BigInteger(), nullable=False)


def _real(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.Float(), nullable=False)


def _truth(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.Boolean(), nullable=False)


def _moment(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=False)


def _json(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.JSON(), nullable=False)


def _counted() -> sa.Column[object]:
    return sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True)
