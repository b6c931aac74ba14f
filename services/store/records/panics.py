"""Panics: the presses themselves, version 0 of their alarms."""

from services.store.columns import Recorded, by_time


class PanicRow(Recorded, table=True):
    """One press of one button."""

    __tablename__ = "panics"
    __table_args__ = (by_time(__tablename__),)

    gate: str
    button: str
    silent: bool
    test: str | None
