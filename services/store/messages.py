"""Messages to people, waiting to be sent: rows in the transaction of their cause, so that none is lost with a process.

A row holds no address and no text: both are looked up when it is sent. Its name is made from its cause, so that a cause
told twice is one message.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal

import sqlalchemy as sa
from sqlmodel import Field, Session, SQLModel, col, select

from services.store import users
from services.store.columns import UtcDateTime
from services.store.database import serialise
from services.store.insertion import insert_once

MessageKind = Literal[
    "code",
    "host_asked",
    "host_cancelled",
    "host_arrived",
    "host_accepted",
    "visitor_approved",
    "visitor_changed",
    "visitor_declined",
    "host_sign_in",
    "delegate_asked",
    "host_overdue",
    "visitor_invited",
    "visit_unanswered",
    "visit_overdue",
    "question_unanswered",
    "custody_overdue",
    "pupil_refused_check",
    "possible_match",
    "left_early",
    "left_early_parent",
    "walk_ins_not_left",
]
TEXTED = "sms/"
KEPT = timedelta(days=90)
"""How long a message is kept after it was done: three times as long as a topic keeps what people are told of
(``schemas/topics.py``), so that a cause that is read again tells nobody again; and to say whether somebody was told.
"""

Outcome = Literal["sent", "refused", "dropped"]
_LEASE = timedelta(minutes=2)
_FIRST_PAUSE = timedelta(seconds=5)
_LONGEST_PAUSE = timedelta(minutes=15)
_AT_ONCE = 500
GIVEN_UP_AFTER = timedelta(days=2)


class MessageRow(SQLModel, table=True):
    """One message. ``subject`` is the visit or the form that it is about, ``number`` the version of it that it tells;
    ``receiver`` is the login of whom of the staff it goes to, None where the subject itself says to whom;
    ``to_hash`` is the keyed hash of its address, by which messages to one person are counted, after ``sms/`` where that
    is a telephone: those cost. ``outcome`` is sent, refused or dropped, once it is done.
    """

    __tablename__ = "messages"
    __table_args__ = (
        sa.Index(
            "ix_messages_waiting",
            "next_try_at",
            sqlite_where=sa.text("done_at IS NULL"),
            postgresql_where=sa.text("done_at IS NULL"),
        ),
        sa.Index(
            "ix_messages_done",
            "done_at",
            sqlite_where=sa.text("done_at IS NOT NULL"),
            postgresql_where=sa.text("done_at IS NOT NULL"),
        ),
        sa.Index("ix_messages_site_to", "site", "to_hash", "created_at"),
        sa.Index("ix_messages_to", "to_hash", "created_at"),
    )

    site: str = Field(primary_key=True)
    message: str = Field(primary_key=True)
    kind: str
    subject: str
    number: int
    receiver: str | None = None
    to_hash: str | None
    created_at: datetime = Field(sa_type=UtcDateTime)
    next_try_at: datetime = Field(sa_type=UtcDateTime)
    tries: int = 0
    done_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    outcome: str | None = None


def put(
    session: Session,
    *,
    site: str,
    kind: MessageKind,
    subject: str,
    number: int,
    at: datetime,
    receiver: str | None = None,
    to_hash: str | None = None,
) -> None:
    """Queue a message in the caller's transaction; one that is there already stays as it is."""
    name = f"{kind}/{subject}/{number}"
    row = MessageRow(
        site=site,
        message=f"{name}/{receiver}" if receiver else name,
        kind=kind,
        subject=subject,
        number=number,
        receiver=receiver,
        to_hash=to_hash,
        created_at=at,
        next_try_at=at,
    )
    insert_once(session, MessageRow, [row.model_dump()])


def tell_duty(session: Session, *, site: str, kind: MessageKind, subject: str, number: int, at: datetime) -> int:
    """Queue a message to each duty administrator of a site, to the director where it has none, and give to how many
    people that was.
    """
    told = users.on_duty(session, site)
    for user in told:
        put(session, site=site, kind=kind, subject=subject, number=number, at=at, receiver=user.login)
    return len(told)


def any_due(session: Session, at: datetime) -> bool:
    """Tell whether a message is due; asked often, so that nothing is locked for nothing."""
    query = select(MessageRow.message).where(col(MessageRow.done_at).is_(None), col(MessageRow.next_try_at) <= at)
    return session.exec(query.limit(1)).first() is not None


def claim(session: Session, at: datetime, limit: int) -> Sequence[MessageRow]:
    """Take messages of all sites that are due, for two minutes: whoever claims and dies leaves them to the next."""
    serialise(session, "messages")
    waiting = select(MessageRow).where(col(MessageRow.done_at).is_(None), col(MessageRow.next_try_at) <= at)
    rows = session.exec(waiting.order_by(col(MessageRow.next_try_at)).limit(limit)).all()
    for row in rows:
        row.tries += 1
        row.next_try_at = at + _LEASE
        session.add(row)
    session.flush()
    return rows


def done(session: Session, row: MessageRow, outcome: Outcome, at: datetime) -> None:
    """Note that a message needs no more tries."""
    _change(session, row, done_at=at, outcome=outcome)


def try_again(session: Session, row: MessageRow, at: datetime) -> None:
    """Let a message wait, longer each time; after two days it is given up."""
    if at - row.created_at >= GIVEN_UP_AFTER:
        _change(session, row, done_at=at, outcome="refused")
        return
    pause = min(_FIRST_PAUSE * 2 ** min(row.tries - 1, 10), _LONGEST_PAUSE)
    _change(session, row, next_try_at=at + pause)


def sent_lately(session: Session, kind: MessageKind, to_hash: str, since: datetime) -> int:
    """Count the messages of a kind that one address was given since a time, whichever schools they are of."""
    query = select(sa.func.count()).select_from(MessageRow)
    query = query.where(MessageRow.to_hash == to_hash, MessageRow.kind == kind)
    return session.exec(query.where(col(MessageRow.created_at) >= since)).one()


def texted_lately(session: Session, site: str, kind: MessageKind, since: datetime) -> int:
    """Count the messages of a kind that went to a site's telephones since a time."""
    query = select(sa.func.count()).select_from(MessageRow)
    query = query.where(MessageRow.site == site, col(MessageRow.to_hash).startswith(TEXTED), MessageRow.kind == kind)
    return session.exec(query.where(col(MessageRow.created_at) >= since)).one()


def forget(session: Session, at: datetime) -> int:
    """Erase the messages of all sites that were done long ago, and give how many; some hundred at once."""
    over = select(MessageRow).where(col(MessageRow.done_at) <= at - KEPT)
    rows = session.exec(over.order_by(col(MessageRow.done_at)).limit(_AT_ONCE)).all()
    for row in rows:
        session.delete(row)
    return len(rows)


def _change(session: Session, row: MessageRow, **values: object) -> None:
    same = (col(MessageRow.site) == row.site, col(MessageRow.message) == row.message)
    session.execute(sa.update(MessageRow).where(*same).values(**values))
