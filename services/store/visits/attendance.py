"""Who came to a parents' evening: with a pass, or let in by name at the post. For the school itself."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from services.store.records.guard_answers import GuardAnswerRow
from services.store.visits import evenings
from services.store.visits.evenings import EveningRow, GuestRow
from services.store.visits.passes import EARLY
from services.store.visits.states import WITH_PASS
from services.store.visits.visits import VisitRow


@dataclass(frozen=True)
class Guest:
    """One guest: the name, the name on the list that they registered for where that is another, whether they have
    registered, and when they came.
    """

    name: str
    listed: str | None
    registered: bool
    came_at: datetime | None


@dataclass(frozen=True)
class Attendance:
    """The guests of an evening by name, and how many of them have registered and came."""

    guests: list[Guest]

    @property
    def registered(self) -> int:
        """Count who has a pass."""
        return sum(guest.registered for guest in self.guests)

    @property
    def came(self) -> int:
        """Count who came."""
        return sum(guest.came_at is not None for guest in self.guests)


def of(session: Session, row: EveningRow) -> Attendance:
    """Give the guests of an evening: who registered, and the lines for which nobody has."""
    lines = {guest.line: guest for guest in evenings.guests(session, row)}
    visits = [(line, visit) for line, visit in evenings.registered(session, row) if visit.standing in WITH_PASS]
    holders = [visit.holder for _, visit in visits] + [guest.holder for guest in lines.values()]
    let_in = _let_in(session, row, holders)
    guests = [
        Guest(
            visit.name,
            _other_name(lines.get(line), visit),
            registered=True,
            came_at=visit.arrived_at or let_in.get(visit.holder),
        )
        for line, visit in visits
    ]
    taken = {line for line, _ in visits}
    guests += [
        Guest(guest.name, None, registered=False, came_at=let_in.get(guest.holder))
        for line, guest in lines.items()
        if line not in taken or guest.holder in let_in
    ]
    return Attendance(sorted(guests, key=lambda guest: guest.name.casefold()))


def _other_name(line: GuestRow | None, visit: VisitRow) -> str | None:
    """Give the name on the list where the guest has another, and not only in another order."""
    if line is None or set(visit.name_key.split()) <= set(line.name_key.split()):
        return None
    return line.name


def _let_in(session: Session, row: EveningRow, holders: Collection[str]) -> dict[str, datetime]:
    """Give when the post first let somebody of these in by name on the evening."""
    query = select(GuardAnswerRow.holder, GuardAnswerRow.at).where(
        GuardAnswerRow.site == row.site,
        GuardAnswerRow.answer == "admit",
        GuardAnswerRow.at >= row.begins_at - EARLY,
        GuardAnswerRow.at <= row.ends_at,
        col(GuardAnswerRow.read).is_(None),
    )
    let_in = session.exec(query.order_by(col(GuardAnswerRow.at).desc()))
    return {holder: at for holder, at in let_in if holder is not None and holder in set(holders)}
