"""Acknowledging an alarm from the page, once a person, however often the button is pressed."""

from datetime import datetime

from sqlmodel import Session

from services.store.database import serialise
from services.store.records import alarm_actions


def acknowledge_once(
    session: Session, *, site: str, alarm: str, by: str, post: str, seen_version: int, at: datetime
) -> datetime:
    """Write a person's acknowledgement, with its outbox record and audit line in the same transaction, and give
    when it was sent; a second press gives the first one's time.
    """
    serialise(session, "acknowledge", site, alarm, by)
    for action in alarm_actions.of_alarm(session, site, alarm):
        if action.action == "acknowledge" and action.by == by:
            return action.at
    alarm_actions.acknowledge(session, site=site, alarm=alarm, by=by, post=post, seen_version=seen_version, at=at)
    return at
