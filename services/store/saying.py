"""What administration says about one thing: the outbox record, its row as the recorder would keep it, and the audit
line, all in the caller's transaction.
"""

from datetime import datetime

from sqlmodel import Session

from schemas.catalogue import Said
from schemas.topics import Topic
from services.store import audit, outbox, recording


def say(  # noqa: PLR0913  a record and its audit line have all of this
    session: Session,
    *,
    site: str,
    topic: Topic,
    data: Said,
    by: str,
    act: str,
    subject: str,
    detail: dict[str, str] | None = None,
    at: datetime | None = None,
) -> None:
    """Say something: whoever looks into the store sees it now, everybody else when the recorder has sent it. ``act``,
    ``subject`` and ``detail`` are the audit's.
    """
    row = outbox.put(session, site=site, topic=topic, data=data, by=by, at=at)
    recording.record(session, [row.event()])
    audit.note(session, site=site, by=by, act=act, subject=subject, detail=detail, at=row.created_at)
