"""Panics: the presses themselves, version 0 of their alarms."""

from collections.abc import Sequence

from sqlmodel import Session, col, select

from services.store.columns import Recorded, by_time


class PanicRow(Recorded, table=True):
    """One press of one button."""

    __tablename__ = "panics"
    __table_args__ = (by_time(__tablename__),)

    gate: str
    button: str
    silent: bool
    test: str | None


def recent(session: Session, site: str, limit: int) -> Sequence[PanicRow]:
    """Give the newest presses at a site."""
    return session.exec(
        select(PanicRow).where(PanicRow.site == site).order_by(col(PanicRow.at).desc()).limit(limit)
    ).all()
