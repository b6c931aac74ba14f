"""The outbox: the only way from a page or a command to a topic. A row lies in the transaction of its cause; the
recorder's process sends it.
"""

from collections.abc import Sequence
from datetime import datetime

import msgspec
import sqlalchemy as sa
from sqlmodel import Field, Session, SQLModel, col, select

from schemas.catalogue import BY_SHAPE, BY_TYPE, Said
from schemas.envelope import Event, data_bytes
from schemas.ids import EventId
from schemas.topics import BY_NAME, MAX_VALUE_BYTES, Role, Topic
from schemas.trust import service_source
from services.store.clock import now
from services.store.columns import ROW_NUMBER, UtcDateTime

SOURCE = service_source(Role.ADMINISTRATION)
_ENVELOPE_BYTES = 1024


class StoreIdentityRow(SQLModel, table=True):
    """The one row that tells this database from one made anew in its place: ``boot`` is part of every event id that
    begins here.
    """

    __tablename__ = "store_identity"

    number: int = Field(default=1, primary_key=True)
    boot: int = Field(sa_type=sa.BigInteger)


class OutboxRow(SQLModel, table=True):
    """One record to send. ``data`` is its JSON as it will be signed; ``refused``: why no broker will ever take it."""

    __tablename__ = "outbox"
    __table_args__ = (
        sa.Index(
            "ix_outbox_unsent",
            "number",
            sqlite_where=sa.text("sent_at IS NULL"),
            postgresql_where=sa.text("sent_at IS NULL"),
        ),
        {"sqlite_autoincrement": True},
    )

    number: int | None = Field(default=None, primary_key=True, sa_type=ROW_NUMBER)
    boot: int = Field(sa_type=sa.BigInteger)
    site: str
    topic: str
    type: str
    data: str
    by: str
    created_at: datetime = Field(sa_type=UtcDateTime)
    sent_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    refused: str | None = None

    @property
    def event_id(self) -> str:
        """Give the id of the record: made from the row alone, so that a record sent again is the same one."""
        return str(EventId(Role.ADMINISTRATION.value, self.boot, self.number or 0))

    def event(self) -> Event[Said]:
        """Give the event as it will be signed."""
        data = msgspec.json.decode(self.data, type=BY_TYPE[self.type].shape)
        return Event(id=self.event_id, source=SOURCE, time=self.created_at, site=self.site, data=data)


def put(session: Session, *, site: str, topic: Topic, data: Said, by: str, at: datetime | None = None) -> OutboxRow:
    """Queue a record in the caller's transaction and give its row, whose ``event_id`` is final.

    Strict: a topic that administration does not write, data of another topic, or more than a topic takes is a
    ValueError here, at its writer.
    """
    kind = BY_SHAPE[type(data)]
    if topic.writer is not Role.ADMINISTRATION or kind.noun != topic.noun:
        message = f"administration does not write {kind.noun} into {topic.name}"
        raise ValueError(message)
    written = data_bytes(data)
    if len(written) > MAX_VALUE_BYTES - _ENVELOPE_BYTES:
        message = f"{kind.noun}: {len(written)} bytes are more than a record holds"
        raise ValueError(message)
    identity = session.get_one(StoreIdentityRow, 1)
    row = OutboxRow(
        boot=identity.boot,
        site=site,
        topic=topic.name,
        type=kind.type,
        data=written.decode(),
        by=by,
        created_at=at or now(),
    )
    session.add(row)
    session.flush()
    return row


def unsent(session: Session, limit: int) -> Sequence[OutboxRow]:
    """Give the rows still to send, of all sites, in the order in which they were put."""
    query = select(OutboxRow).where(col(OutboxRow.sent_at).is_(None)).order_by(col(OutboxRow.number)).limit(limit)
    return session.exec(query).all()


def newest(session: Session, site: str, topic: Topic) -> OutboxRow | None:
    """Give the row that was put last for a site's topic, for whoever waits until it is sent."""
    query = select(OutboxRow).where(OutboxRow.site == site, OutboxRow.topic == topic.name)
    return session.exec(query.order_by(col(OutboxRow.number).desc()).limit(1)).first()


def mark_sent(session: Session, numbers: Sequence[int], at: datetime, refused: str | None = None) -> None:
    """Note that the broker has these rows, or that it will never take them."""
    session.execute(sa.update(OutboxRow).where(col(OutboxRow.number).in_(numbers)).values(sent_at=at, refused=refused))


def topic_of(row: OutboxRow) -> Topic:
    """Give the topic of a row."""
    return BY_NAME[row.topic]
