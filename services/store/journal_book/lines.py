"""What an entry of the journal says: looked up from the rows that it comes from while the person is inside, and as it
was kept once the entry is closed. Codes and names, in no language; pages and files put it into words.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar, cast

import msgspec
from sqlmodel import Session, SQLModel, col, select

from schemas.credential import Category
from services.store.local_time import local_midnight
from services.store.people import by_holders
from services.store.records import site_policies
from services.store.records.gate_acts import IS_VISITING, GateActRow
from services.store.records.guard_answers import GuardAnswerRow
from services.store.records.passages import PassageRow
from services.store.records.screenings import ScreeningRow
from services.store.records.visitor_passes import VisitorPassRow
from services.store.screenings.custody import CustodyEntryRow, CustodyRow
from services.store.users import UserRow
from services.store.visitors_journal.entries import KEPT, JournalEntryRow
from services.store.visitors_journal.walk_ins import WalkInRow
from services.store.visits.hosts import HostRow
from services.store.visits.names import name_key
from services.store.visits.visits import VisitRow

RowT = TypeVar("RowT", bound=SQLModel)

_DAY = timedelta(days=1)


class Left(msgspec.Struct, frozen=True, kw_only=True):
    """A thing that was left at the post: its receipt, the item's code, what became of it."""

    number: int
    item: str
    act: str


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """What one entry says, beside its number and its times. ``guard`` is the name of who registered the person or let
    them in, empty where a gate did; ``confirmed_by`` who approved the visit; ``check`` is what came of a check
    (``due``: drawn, not made), ``found`` the codes of what was found; ``badge`` the pass that the person came with.
    """

    name: str = ""
    category: str = ""
    document_kind: str = ""
    document_tail: str = ""
    host: str = ""
    purpose: str = ""
    confirmed_by: str = ""
    confirmed_at: datetime | None = None
    companions: list[str] = []
    vehicle: str = ""
    check: str = ""
    found: list[str] = []
    left: list[Left] = []
    escort: str = ""
    guard: str = ""
    badge: str = ""
    from_paper: bool = False


def of(session: Session, site: str, rows: Sequence[JournalEntryRow]) -> dict[int, Line]:
    """Give what entries of a site say, by their numbers: a closed one as it was kept, an open one as it stands."""
    opened = [row for row in rows if row.said is None]
    found = looked_up(session, site, opened) if opened else {}
    return {row.number: msgspec.convert(row.said, Line) if row.said is not None else found[row.number] for row in rows}


def looked_up(session: Session, site: str, rows: Sequence[JournalEntryRow]) -> dict[int, Line]:
    """Give what the rows that entries come from say now; a few questions, however many entries."""
    sources = _Sources(session, site, rows)
    return {row.number: sources.line(row) for row in rows}


def keep(session: Session, site: str, rows: Sequence[JournalEntryRow], at: datetime) -> None:
    """Close entries: what they say is kept in their rows, and nothing edits it later."""
    sources = _Sources(session, site, rows)
    for row in rows:
        line = sources.line(row)
        row.said, row.closed_at = msgspec.to_builtins(line), at
        row.name_key = name_key(line.name) or None
        row.kept_until = sources.term(row)
        session.add(row)
    session.flush()


class _Sources:
    """The rows that some entries of a site come from, asked for at once."""

    def __init__(self, session: Session, site: str, rows: Sequence[JournalEntryRow]) -> None:
        self._session, self._site = session, site
        holders = {row.holder for row in rows}
        self._people = by_holders(session, site, holders)
        self._walk_ins = {row.visit: row for row in self._all(WalkInRow, col(WalkInRow.holder), holders)}
        self._passes = _by_holder(self._all(VisitorPassRow, col(VisitorPassRow.holder), holders))
        self._visits = _by_holder(self._all(VisitRow, col(VisitRow.holder), holders))
        self._checks = _by_holder(self._all(ScreeningRow, col(ScreeningRow.holder), holders))
        self._custody = _by_holder(self._all(CustodyRow, col(CustodyRow.holder), holders))
        numbers = {thing.number for things in self._custody.values() for thing in things}
        self._steps: dict[int, list[CustodyEntryRow]] = {}
        for step in sorted(self._all(CustodyEntryRow, col(CustodyEntryRow.number), numbers), key=lambda row: row.step):
            self._steps.setdefault(step.number, []).append(step)
        passages = self._all(PassageRow, col(PassageRow.id), {row.source for row in rows if row.visit is None})
        self._passages = {passage.id: passage for passage in passages}
        self._acts = self._visiting_acts(holders)
        reads = {act.read for act in self._acts.values() if act.decided_by == "guard"}
        self._answers = {answer.read: answer for answer in self._all(GuardAnswerRow, col(GuardAnswerRow.read), reads)}
        given = {act.decision or "" for act in self._acts.values() if act.decided_by == "guard"}
        self._given = {answer.id: answer for answer in self._all(GuardAnswerRow, col(GuardAnswerRow.id), given)}
        self._names = self._staff()
        self._policy = site_policies.current(session, site)

    def line(self, row: JournalEntryRow) -> Line:
        """Put one entry's line together."""
        walk_in = self._walk_ins.get(row.visit or "")
        passed = _latest(self._passes.get(row.holder, []), row.opened_at)
        visit = self._visit(row, passed)
        person = self._people.get(row.holder)
        passage = self._passages.get(row.source)
        act = self._acts.get(passage.grant or "") if passage is not None else None
        known = walk_in or visit
        category = (known.category if known else None) or (act.category if act else None) or ""
        check, found = self._check(row, drawn=bool(walk_in and walk_in.drawn) or bool(visit and visit.screening_due))
        host = visit.host if visit is not None and walk_in is None else None
        return Line(
            name=known.name if known else person.name if person else "",
            category=category,
            document_kind=(known.document_kind if known else None) or "",
            document_tail=(known.document_tail if known else None) or "",
            host=self._names.get(f"host/{host}", known.host_text if known else ""),
            purpose=known.purpose if known else "",
            confirmed_by=self._confirmed(visit) if walk_in is None else "",
            confirmed_at=visit.decided_at if visit and walk_in is None else None,
            companions=visit.companions if visit and walk_in is None else [],
            vehicle=(visit.vehicle if visit and walk_in is None else None) or "",
            check=check,
            found=found,
            left=self._left(row),
            escort=passed.escort if passed and walk_in is None else self._escort(category),
            guard=self._guard(walk_in, act),
            badge=passed.jti if passed and walk_in is None else "",
            from_paper=walk_in is not None and walk_in.from_paper,
        )

    def term(self, row: JournalEntryRow) -> datetime:
        """Tell until when an entry names somebody: as long as the school has promised for the visit."""
        visit = None if row.visit else self._visit(row, _latest(self._passes.get(row.holder, []), row.opened_at))
        return visit.kept_until if visit is not None else row.opened_at + KEPT

    def _visit(self, row: JournalEntryRow, passed: VisitorPassRow | None) -> VisitRow | None:
        known = self._visits.get(row.holder, [])
        of_pass = [visit for visit in known if passed is not None and visit.visit == passed.visit]
        return next(reversed(of_pass or known), None)

    def _confirmed(self, visit: VisitRow | None) -> str:
        if visit is None or visit.decided_by is None:
            return ""
        by = visit.decided_by
        return self._names.get(f"host/{by}") or self._names.get(f"user/{by}") or by

    def _guard(self, walk_in: WalkInRow | None, act: GateActRow | None) -> str:
        if walk_in is not None:
            return self._names.get(f"user/{walk_in.by}", walk_in.by)
        answer = (self._answers.get(act.read) or self._given.get(act.decision or "")) if act is not None else None
        return self._names.get(f"user/{answer.by}", answer.by) if answer is not None else ""

    def _check(self, row: JournalEntryRow, *, drawn: bool) -> tuple[str, list[str]]:
        """Tell what came of the last check of the day; what was decided about it later is a new version of it."""
        since, until = self._day(row)
        made = [check for check in self._checks.get(row.holder, []) if since <= check.checked_at < until]
        if not made:
            return ("due" if drawn else ""), []
        last = max(made, key=lambda check: check.version)
        return last.outcome, [str(item["code"]) for item in last.items]

    def _left(self, row: JournalEntryRow) -> list[Left]:
        since, until = self._day(row)
        found = []
        for thing in sorted(self._custody.get(row.holder, []), key=lambda thing: thing.number):
            steps = self._steps.get(thing.number, [])
            if steps and since <= steps[0].at < until:
                found.append(Left(number=thing.number, item=thing.item, act=steps[-1].act))
        return found

    def _escort(self, category: str) -> str:
        rules = self._policy.categories.get(cast("Category", category)) if self._policy else None
        return rules.escort if rules is not None else ""

    def _day(self, row: JournalEntryRow) -> tuple[datetime, datetime]:
        since = local_midnight(self._session, self._site, row.opened_at)
        return since, since + _DAY

    def _visiting_acts(self, holders: Collection[str]) -> dict[str, GateActRow]:
        if not self._passages:
            return {}
        query = select(GateActRow).where(
            GateActRow.site == self._site,
            col(GateActRow.holder).in_(holders),
            GateActRow.at >= min(passage.at for passage in self._passages.values()) - _DAY,
            IS_VISITING,
        )
        return {act.grant: act for act in self._session.exec(query) if act.grant is not None}

    def _staff(self) -> dict[str, str]:
        """Name whoever registered, let in, confirmed or was visited."""
        logins = {row.by for row in self._walk_ins.values()}
        logins |= {answer.by for answer in (*self._answers.values(), *self._given.values())}
        hosts: set[str] = set()
        for visit in (visit for visits in self._visits.values() for visit in visits):
            hosts |= {name for name in (visit.host, visit.decided_by) if name}
        logins |= hosts
        users = self._all(UserRow, col(UserRow.login), logins)
        named = {f"user/{user.login}": user.name for user in users}
        return named | {f"host/{host.host}": host.name for host in self._all(HostRow, col(HostRow.host), hosts)}

    def _all(self, table: type[RowT], column: Any, wanted: Collection[object]) -> Sequence[RowT]:
        """Give the site's rows of a table that have one of these values in a column."""
        if not wanted:
            return []
        site = table.__table__.c.site  # type: ignore[attr-defined]
        return self._session.exec(select(table).where(site == self._site, column.in_(wanted))).all()


def _by_holder(rows: Sequence[RowT]) -> dict[str, list[RowT]]:
    found: dict[str, list[RowT]] = {}
    for row in rows:
        found.setdefault(row.holder, []).append(row)  # type: ignore[attr-defined]
    return found


def _latest(passes: Sequence[VisitorPassRow], at: datetime) -> VisitorPassRow | None:
    """Give the pass that somebody came with: one that held then, or the last that had begun."""
    begun = sorted((known for known in passes if known.valid_from <= at), key=lambda known: known.valid_from)
    held = [known for known in begun if at < known.valid_until]
    return next(reversed(held or begun), None)
