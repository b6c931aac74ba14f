"""Registrations of visitors, on the portal and at the post in one shape, for whoever looks at draws and checks."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta, timezone

import msgspec
from sqlmodel import Session, col, select

from services.store.visitors_journal import walk_ins
from services.store.visitors_journal.walk_ins import WalkInRow
from services.store.visits import visits
from services.store.visits.states import WITH_PASS
from services.store.visits.visits import VisitRow

PORTAL = "portal"


class Registration(msgspec.Struct, frozen=True, kw_only=True):
    """One visit: by whom it was registered (a guard at a post, or ``portal``), whether the system drew it (``due``),
    and when its holder came, or was to come, ``at``, and left or was to leave, ``until``. ``is_expected`` says that the
    school lets the visit take place. ``same_person`` is what one
    registration at the post has in common with another of the same person.
    """

    visit: str
    holder: str
    category: str
    by: str
    due: bool
    came: bool
    at: datetime
    until: datetime
    registered_at: datetime
    from_paper: bool = False
    same_person: tuple[str, ...] = ()

    is_expected: bool = True

    @property
    def on_the_portal(self) -> bool:
        """Tell whether it was asked for on the portal."""
        return self.by == PORTAL


def registrations(session: Session, site: str, since: datetime, until: datetime) -> list[Registration]:
    """Give a site's registrations from a moment until another (not within), in the order in which people came."""
    found = [*_at_the_post(session, site, since, until), *_on_the_portal(session, site, since, until)]
    return sorted(found, key=lambda registration: (registration.at, registration.visit))


def due_today(session: Session, site: str, midnight: datetime) -> list[Registration]:
    """Give whom the system drew among those who come on the day that begins at ``midnight``."""
    found = registrations(session, site, midnight, midnight + timedelta(days=1))
    return [registration for registration in found if registration.due]


def is_drawn(session: Session, site: str, holder: str, midnight: datetime) -> bool:
    """Tell whether the system drew a holder for a check on the day that begins at ``midnight``, at the post or when
    the visit was asked for; being registered once more takes nobody out of it.
    """
    if walk_ins.last_drawn(session, site, holder, midnight) is not None:
        return True
    visit = visits.of_holder(session, site, holder)
    return (
        visit is not None
        and visit.screening_due
        and visit.arrives_at < midnight + timedelta(days=1)
        and visit.leaves_at >= midnight
    )


def registered_again(known: Sequence[Registration], zone: timezone) -> Iterator[tuple[Registration, Registration]]:
    """Give, of one person and day, a registration that was drawn with a later one that was not."""
    drawn: dict[tuple[date, tuple[str, ...]], Registration] = {}
    for registration in known:
        key = registration.at.astimezone(zone).date(), registration.same_person
        if registration.due:
            drawn.setdefault(key, registration)
        elif registration.same_person and key in drawn:
            yield drawn[key], registration


def _at_the_post(session: Session, site: str, since: datetime, until: datetime) -> Iterator[Registration]:
    query = select(WalkInRow).where(
        WalkInRow.site == site, WalkInRow.registered_at >= since, WalkInRow.registered_at < until
    )
    for row in session.exec(query.order_by(col(WalkInRow.registered_at))):
        yield Registration(
            visit=row.visit,
            holder=row.holder,
            category=row.category,
            by=f"{row.by} at {row.post}",
            due=row.drawn,
            came=True,
            at=row.came_at,
            until=row.registered_at,
            registered_at=row.registered_at,
            from_paper=row.from_paper,
            same_person=(row.name_key, row.document_kind, row.document_tail),
        )


def _on_the_portal(session: Session, site: str, since: datetime, until: datetime) -> Iterator[Registration]:
    query = select(VisitRow).where(VisitRow.site == site, VisitRow.arrives_at >= since, VisitRow.arrives_at < until)
    for row in session.exec(query.order_by(col(VisitRow.arrives_at))):
        yield Registration(
            visit=row.visit,
            holder=row.holder,
            category=row.category,
            by=PORTAL,
            due=row.screening_due,
            came=row.arrived_at is not None,
            at=row.arrives_at,
            until=row.leaves_at,
            registered_at=row.requested_at,
            is_expected=row.standing in WITH_PASS,
        )
