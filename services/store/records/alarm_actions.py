"""Alarm actions: what people did about alarms, and the acknowledgement that begins at a page."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session, col, select

from schemas.alarm_action import AlarmAction
from schemas.topics import ALARM_ACTIONS
from services.store import audit, outbox
from services.store.columns import Recorded, by_alarm, by_time


class AlarmActionRow(Recorded, table=True):
    """What one person did about one alarm. A row says *sent*; the alarm's next version says what came of it."""

    __tablename__ = "alarm_actions"
    __table_args__ = (by_time(__tablename__), by_alarm(__tablename__))

    alarm: str
    action: str
    by: str
    post: str
    seen_version: int
    cause: str | None
    comment: str | None


def acknowledge(
    session: Session, *, site: str, alarm: str, by: str, post: str, seen_version: int, at: datetime | None = None
) -> str:
    """Acknowledge an alarm: its row, the outbox record and the audit line in one transaction. Gives the action's event
    id.

    Whether this was first, alarming decides: the page waits for the alarm's next version.
    """
    action = AlarmAction(
        alarm=alarm, action="acknowledge", by=by, post=post, seen_version=seen_version, cause=None, comment=None
    )
    sent = outbox.put(session, site=site, topic=ALARM_ACTIONS, data=action, by=by, at=at)
    session.add(
        AlarmActionRow(
            site=site,
            id=sent.event_id,
            source=outbox.SOURCE,
            at=sent.created_at,
            alarm=alarm,
            action=action.action,
            by=by,
            post=post,
            seen_version=seen_version,
            cause=None,
            comment=None,
        )
    )
    audit.note(
        session, site=site, by=by, act="alarm_acknowledged", subject=alarm, detail={"post": post}, at=sent.created_at
    )
    return sent.event_id


def of_alarm(session: Session, site: str, alarm: str) -> Sequence[AlarmActionRow]:
    """Give what was done about an alarm, first thing first."""
    query = select(AlarmActionRow).where(AlarmActionRow.site == site, AlarmActionRow.alarm == alarm)
    return session.exec(query.order_by(col(AlarmActionRow.at))).all()
