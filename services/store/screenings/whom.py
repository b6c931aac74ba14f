"""Whom a check is of: what kind of person a holder is, as the school knows them by card, visit or registration."""

from typing import cast

from sqlmodel import Session

from schemas.credential import Category
from services.store.records import credentials
from services.store.visitors_journal import walk_ins
from services.store.visits import visits


def category_of(session: Session, site: str, holder: str) -> Category | None:
    """Give a holder's category at a site; None for whom the site does not know."""
    cards = credentials.of_holder(session, site, holder)
    known = cards[-1] if cards else walk_ins.of_holder(session, site, holder) or visits.of_holder(session, site, holder)
    return cast("Category", known.category) if known is not None else None
