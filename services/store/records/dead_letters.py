"""Dead letters: records that could not be taken, with the reason, for whoever mends their sender."""

from collections.abc import Sequence

from sqlalchemy import BigInteger
from sqlmodel import Field, Session, col, select

from services.store.columns import Recorded, by_time


class DeadLetterRow(Recorded, table=True):
    """One record that was refused; ``source`` is who refused it, ``site`` what the record's key claimed."""

    __tablename__ = "dead_letters"
    __table_args__ = (by_time(__tablename__),)

    topic: str = Field(index=True)
    partition: int
    offset: int = Field(sa_type=BigInteger)
    reason: str
    detail: str
    size: int
    sha256: str
    head: str


def recent_of_all(session: Session, limit: int, topic: str | None = None) -> Sequence[DeadLetterRow]:
    """Give the newest of the whole cluster, for its operator only: a record that cannot be read belongs to no site for
    sure.
    """
    query = select(DeadLetterRow).order_by(col(DeadLetterRow.at).desc()).limit(limit)
    return session.exec(query.where(DeadLetterRow.topic == topic) if topic else query).all()
