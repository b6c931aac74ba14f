"""The journal fills itself: from what gates say about people who are not of the school. For the recorder, in its own
transaction; whatever order records come in, and however often, the entries are the same.

Which entries somebody has follows from all that is known of them on a day: a registration is one, and the first passage
after it is its own; every other passage inwards is one. A passage outwards ends the entry before it, unless a guard
has said when the person left.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import zip_longest

from sqlmodel import Session, col, select

from schemas.catalogue import Said
from schemas.envelope import Event
from schemas.gate_act import GateAct
from schemas.passage import Passage
from services.store.database import serialise
from services.store.journal_book import lines
from services.store.local_time import local_midnight, zone_of
from services.store.records.gate_acts import IS_VISITING, VISITING, GateActRow
from services.store.records.passages import PassageRow
from services.store.visitors_journal import entries
from services.store.visitors_journal.entries import BY_GATE, JournalEntryRow

TIME_OUT = "time_out"
"""The column that a gate's late word is added to."""

STAY = timedelta(days=1)
"""How long after an entry a passage outwards still ends it."""

_MOVED = frozenset({("entry", "entered"), ("exit", "left")})

Where = tuple[str, str]


def note(session: Session, events: Iterable[Event[Said]]) -> None:
    """Bring the journal up to these events, which are recorded already. A batch of pupils costs one question."""
    acts: dict[Where, list[datetime]] = defaultdict(list)
    passages: dict[Where, list[datetime]] = defaultdict(list)
    for event in events:
        data = event.data
        if isinstance(data, Passage) and data.holder and (data.direction, data.outcome) in _MOVED:
            passages[event.site, data.holder].append(event.time)
        elif isinstance(data, GateAct) and data.holder and data.grant and data.category in VISITING:
            acts[event.site, data.holder].append(event.time)
    others = passages.keys() - acts.keys()
    touched = [*acts, *(_visiting(session, others) if others else ())]
    for site, holder in sorted(touched):
        times = [*acts[site, holder], *passages[site, holder]]
        _fill(session, site, holder, min(times), max(times))


def look_again(session: Session, site: str, since: datetime, until: datetime) -> None:
    """Fill a site's journal from what is recorded of a time, whoever has looked at it before."""
    query = select(GateActRow.holder).where(
        GateActRow.site == site, GateActRow.at >= since, GateActRow.at < until, IS_VISITING
    )
    for holder in sorted({holder for holder in session.exec(query) if holder}):
        _fill(session, site, holder, since, until)


def _visiting(session: Session, people: Iterable[Where]) -> list[Where]:
    """Tell who of these people has ever been a visitor to a gate: one question, answered by an index of visitors."""
    wanted = set(people)
    query = select(GateActRow.site, GateActRow.holder).where(
        col(GateActRow.holder).in_({holder for _, holder in wanted}), IS_VISITING
    )
    return [(site, holder) for site, holder in session.exec(query.distinct()) if holder and (site, holder) in wanted]


def _fill(session: Session, site: str, holder: str, first: datetime, last: datetime) -> None:
    """Make somebody's entries what all records around these moments say together."""
    serialise(session, "journal", site)
    since = local_midnight(session, site, first) - STAY
    moves = _moves(session, site, holder, since, last + 2 * STAY)
    known = entries.of_holders(session, site, [holder], since, last + STAY)
    day = _Days(session, site)
    opened = {entry.source for entry in known}
    registered = [entry for entry in known if entry.visit is not None]
    granted = _granted(session, site, holder, since)
    for passage in moves:
        if passage.direction != "entry" or passage.at >= last + STAY or passage.grant not in granted:
            continue
        before = [entry for entry in registered if day.same(entry.opened_at, passage.at, ordered=True)]
        taken = (
            before
            and not _is_over(before[-1], passage)
            and not any(
                move.direction == "entry" and before[-1].opened_at <= move.at and _is_before(move, passage)
                for move in moves
            )
        )
        if passage.id not in opened and not taken:
            entries.open_entry(session, site=site, source=passage.id, holder=holder, visit=None, at=passage.at)
    _note_departures(session, site, holder, since, last, moves)


def _note_departures(
    session: Session, site: str, holder: str, since: datetime, last: datetime, moves: Sequence[PassageRow]
) -> None:
    mine = entries.of_holders(session, site, [holder], since, last + 2 * STAY)
    for entry, later in zip_longest(mine, mine[1:]):
        if entry.sheet is not None or entry.left_by is not None or entry.opened_at >= last + STAY:
            continue
        until = min(later.opened_at if later else datetime.max.replace(tzinfo=UTC), entry.opened_at + STAY)
        left = [move for move in moves if move.direction == "exit" and entry.opened_at <= move.at < until]
        _end(session, entry, left[0] if left else None)


def end(session: Session, entry: JournalEntryRow, left_at: datetime | None, *, by: str, form: str) -> None:
    """Note when somebody has left, as gates say (``BY_GATE``) or a guard; once the day is settled this is an addition,
    made once for a ``form``.
    """
    if entry.settled_at is None:
        entry.left_at = left_at
        entry.left_by = by if by != BY_GATE else None
        session.add(entry)
        session.flush()
        if entry.said is None:
            lines.keep(session, entry.site, [entry], entry.left_at or entry.opened_at)
    elif left_at is not None:
        text = left_at.astimezone(zone_of(session, entry.site)).strftime("%d.%m.%Y %H:%M")
        entries.add(
            session, site=entry.site, number=entry.number, column=TIME_OUT, text=text, by=by, at=left_at, form=form
        )


def _end(session: Session, entry: JournalEntryRow, passage: PassageRow | None) -> None:
    left_at = passage.at if passage else None
    if left_at != entry.left_at:
        end(session, entry, left_at, by=BY_GATE, form=passage.id if passage else "")


def _is_over(registered: JournalEntryRow, passage: PassageRow) -> bool:
    """Tell whether a guard has said that somebody left before a passage: it is another coming then."""
    return registered.left_by is not None and registered.left_at is not None and registered.left_at <= passage.at


def _moves(session: Session, site: str, holder: str, since: datetime, until: datetime) -> list[PassageRow]:
    """Give somebody's passages of a time in the order in which they happened, by the index of a site's time."""
    query = select(PassageRow).where(
        PassageRow.site == site, PassageRow.at >= since, PassageRow.at < until, PassageRow.holder == holder
    )
    found = session.exec(query.order_by(col(PassageRow.at), col(PassageRow.id))).all()
    return [row for row in found if (row.direction, row.outcome) in _MOVED]


def _granted(session: Session, site: str, holder: str, since: datetime) -> set[str | None]:
    """Give the grants that opened for somebody as a visitor. A passage waits for the act that it follows: what its
    entry says may be kept at once.
    """
    query = select(GateActRow.grant).where(
        GateActRow.site == site, GateActRow.holder == holder, GateActRow.at >= since, IS_VISITING
    )
    return set(session.exec(query))


def _is_before(one: PassageRow, other: PassageRow) -> bool:
    return (one.at, one.id) < (other.at, other.id)


class _Days:
    """A site's days, asked for once."""

    def __init__(self, session: Session, site: str) -> None:
        self._zone = zone_of(session, site)

    def same(self, one: datetime, other: datetime, *, ordered: bool) -> bool:
        """Tell whether two moments lie in one day of the site, and the first not after the other."""
        return one.astimezone(self._zone).date() == other.astimezone(self._zone).date() and (
            not ordered or one <= other
        )
