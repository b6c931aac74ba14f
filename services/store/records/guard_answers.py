"""Guard answers: what people at the post decided about reads that asked, and whom they let in by name."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field, Session, col, select

from schemas.guard_answer import HOLDS, GuardAnswer
from schemas.topics import GUARD_ANSWERS
from services.store import audit, outbox
from services.store.columns import Recorded, UtcDateTime, by_time
from services.store.database import serialise
from services.store.outbox import OutboxRow
from services.store.records.gate_acts import GateActRow


class GuardAnswerRow(Recorded, table=True):
    """One answer of one person, with its reason. A row says *sent*; the gate's act that names it says what came of
    it.
    """

    __tablename__ = "guard_answers"
    __table_args__ = (by_time(__tablename__), sa.Index("ix_guard_answers_site_read", "site", "read"))

    gate: str
    direction: str
    read: str | None
    answer: str
    because: str
    holder: str | None
    category: str | None
    by: str
    post: str
    allowed_by: str | None
    comment: str | None
    expires_at: datetime = Field(sa_type=UtcDateTime)
    credential: str | None = None


def give(session: Session, *, site: str, answer: GuardAnswer, at: datetime) -> OutboxRow | None:
    """Give an answer: its row, the outbox record and the audit line in one transaction; gives the outbox row, whose
    event is the answer.

    A read is answered once, and a pass that is named let in once: None when somebody's answer to it has not expired
    yet.
    """
    serialise(session, GUARD_ANSWERS.name, site, answer.read or answer.holder or "")
    if any(known.expires_at > at for known in _given(session, site, answer)):
        return None
    sent = outbox.put(session, site=site, topic=GUARD_ANSWERS, data=answer, by=answer.by, at=at)
    fields = {name: getattr(answer, name) for name in answer.__struct_fields__}
    session.add(GuardAnswerRow(site=site, id=sent.event_id, source=outbox.SOURCE, at=sent.created_at, **fields))
    audit.note(
        session,
        site=site,
        by=answer.by,
        act=f"guard_answer_{answer.answer}",
        subject=answer.read or answer.holder or answer.gate,
        detail={"because": answer.because, "post": answer.post, "gate": answer.gate},
        at=sent.created_at,
    )
    return sent


def of_read(session: Session, site: str, read: str) -> Sequence[GuardAnswerRow]:
    """Give the answers to one read of a site, first one first."""
    query = select(GuardAnswerRow).where(GuardAnswerRow.site == site, GuardAnswerRow.read == read)
    return session.exec(query.order_by(col(GuardAnswerRow.at))).all()


def is_seen_to(session: Session, asked: GateActRow, at: datetime) -> bool:
    """Tell whether somebody has answered a question: the read itself, or its holder by name or by another read. An
    answer that ran out before its gate acted on it does not count.
    """
    whom = [col(GuardAnswerRow.read) == asked.read]
    if asked.holder is not None:
        whom.append(col(GuardAnswerRow.holder) == asked.holder)
    given = select(GuardAnswerRow).where(GuardAnswerRow.site == asked.site, GuardAnswerRow.at >= asked.at)
    answers = session.exec(given.where(sa.or_(*whom))).all()
    if any(answer.expires_at > at for answer in answers):
        return True
    acted = select(GateActRow.id).where(GateActRow.site == asked.site, GateActRow.at >= asked.at)
    acted = acted.where(col(GateActRow.decision).in_([answer.id for answer in answers]))
    return bool(answers) and session.exec(acted.limit(1)).first() is not None


def _given(session: Session, site: str, answer: GuardAnswer) -> Sequence[GuardAnswerRow]:
    """Give what was answered before to the same read, or about the same pass."""
    if answer.read is not None:
        return of_read(session, site, answer.read)
    if answer.credential is None:
        return []
    query = select(GuardAnswerRow).where(GuardAnswerRow.site == site, GuardAnswerRow.credential == answer.credential)
    return session.exec(query).all()


def by_name(session: Session, site: str, since: datetime) -> Sequence[GuardAnswerRow]:
    """Give the admissions by name since a moment, newest first; a gate held free for a crew is none."""
    query = select(GuardAnswerRow).where(
        GuardAnswerRow.site == site,
        col(GuardAnswerRow.read).is_(None),
        col(GuardAnswerRow.because).not_in(HOLDS),
        GuardAnswerRow.at >= since,
    )
    return session.exec(query.order_by(col(GuardAnswerRow.at).desc())).all()
