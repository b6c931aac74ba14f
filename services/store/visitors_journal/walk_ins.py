"""Walk-ins: visitors registered at the post without a visit asked for before. Of a document only its kind and last four
characters are kept; whether somebody is checked is drawn here, so that a guard can neither pick nor spare anybody.
"""

import re
import secrets
from collections.abc import Collection, Sequence
from datetime import datetime

import msgspec
import sqlalchemy as sa
from sqlmodel import Field, Session, SQLModel, col, select

from schemas.credential import Category
from schemas.site_policy import SitePolicy
from services.rules.asked import measure_now
from services.store import audit, people
from services.store.administration import NotAllowed
from services.store.columns import UtcDateTime
from services.store.database import serialise
from services.store.lists import matching
from services.store.lists.matching import Person
from services.store.records import site_policies
from services.store.visitors_journal import entries
from services.store.visits import draws
from services.store.visits.names import name_key, plain

WALK_IN_CATEGORIES: tuple[Category, ...] = ("visitor", "representative", "contractor", "official", "emergency")
DOCUMENT_KINDS: tuple[str, ...] = ("identity_card", "passport", "digital", "service_card", "driving_licence", "none")
TAIL = 4
_WORDS_AT_MOST = 200
_HOLDER_BYTES = 8
_VISIT = re.compile(r"walk-in-[0-9a-f]{16}")


class WalkInRow(SQLModel, table=True):
    """One registration at the post. ``drawn`` says that the person is to be checked before going in; ``from_paper``
    that it was written on paper first and typed in later, ``came_at`` being the paper's time.
    """

    __tablename__ = "walk_ins"
    __table_args__ = (
        sa.Index("ix_walk_ins_site_came_at", "site", "came_at"),
        sa.Index("ix_walk_ins_site_holder", "site", "holder"),
    )

    site: str = Field(primary_key=True)
    visit: str = Field(primary_key=True)
    holder: str
    category: str
    name: str
    name_key: str
    document_kind: str
    document_tail: str
    host_text: str
    purpose: str
    drawn: bool
    came_at: datetime = Field(sa_type=UtcDateTime)
    from_paper: bool
    registered_at: datetime = Field(sa_type=UtcDateTime)
    by: str
    post: str


class WalkIn(msgspec.Struct, frozen=True, kw_only=True):
    """What a guard types of a visitor. ``visit`` was minted with the form, so that a form sent twice registers once;
    ``holder`` is that of a returning visitor.
    """

    visit: str
    name: str
    category: Category
    document_kind: str
    document_tail: str
    host_text: str
    purpose: str
    holder: str | None = None
    came_at: datetime | None = None


def new_visit() -> str:
    """Mint the id of a registration that is about to be typed."""
    return f"walk-in-{secrets.token_hex(_HOLDER_BYTES)}"


def is_visit(text: str) -> bool:
    """Tell whether a text has the form of such an id."""
    return _VISIT.fullmatch(text) is not None


def register(session: Session, *, site: str, told: WalkIn, by: str, post: str, at: datetime) -> WalkInRow:
    """Register a visitor: the row, the name for the pages, the journal's entry and the draw in one transaction; a form
    that was sent before gives its first row. A category that may not come unasked is a NotAllowed.
    """
    serialise(session, "walk_ins", site, told.visit)
    known = session.get(WalkInRow, (site, told.visit))
    if known is not None:
        return known
    policy = site_policies.current(session, site)
    if policy is not None and not _may_walk_in(policy, told.category, at):
        message = "walk_in"
        raise NotAllowed(message)
    name = plain(told.name)[:_WORDS_AT_MOST]
    row = WalkInRow(
        site=site,
        visit=told.visit,
        holder=_returning(session, site, told) or f"visitor-{secrets.token_hex(_HOLDER_BYTES)}",
        category=told.category,
        name=name,
        name_key=name_key(name),
        document_kind=told.document_kind,
        document_tail=plain(told.document_tail).replace(" ", "")[-TAIL:],
        host_text=plain(told.host_text)[:_WORDS_AT_MOST],
        purpose=plain(told.purpose)[:_WORDS_AT_MOST],
        drawn=draws.draw(session, site=site, visit=told.visit, category=told.category, policy=policy, at=at),
        came_at=told.came_at or at,
        from_paper=told.came_at is not None,
        registered_at=at,
        by=by,
        post=post,
    )
    session.add(row)
    people.put(session, site=site, holder=row.holder, name=row.name, group_name=row.host_text or None)
    entries.open_entry(session, site=site, source=row.visit, holder=row.holder, visit=row.visit, at=row.came_at)
    audit.note(
        session, site=site, by=by, act="walk_in_registered", subject=row.visit, detail={"drawn": str(row.drawn)}, at=at
    )
    session.flush()
    if row.category not in matching.SPARED:
        matching.note(session, site=site, subject=row.visit, people=[person_of(row)], at=at)
    return row


def person_of(row: WalkInRow) -> Person:
    """Give a visitor as the lists are looked through, known by the document that was seen."""
    return Person(name=row.name, known_by=f"{row.document_kind}/{row.document_tail}" if row.document_tail else "")


def one(session: Session, site: str, visit: str) -> WalkInRow | None:
    """Give a registration of a site."""
    return session.get(WalkInRow, (site, visit))


def of_holder(session: Session, site: str, holder: str) -> WalkInRow | None:
    """Give a visitor's last registration."""
    query = select(WalkInRow).where(WalkInRow.site == site, WalkInRow.holder == holder)
    return session.exec(query.order_by(col(WalkInRow.came_at).desc()).limit(1)).first()


def of_holders(session: Session, site: str, holders: Collection[str]) -> dict[str, WalkInRow]:
    """Give the last registration of each of some people who were registered at the post."""
    query = select(WalkInRow).where(WalkInRow.site == site, col(WalkInRow.holder).in_(holders))
    return {row.holder: row for row in session.exec(query.order_by(col(WalkInRow.came_at)))}


def since(session: Session, site: str, moment: datetime) -> Sequence[WalkInRow]:
    """Give who was registered since a moment, the newest first."""
    query = select(WalkInRow).where(WalkInRow.site == site, WalkInRow.came_at >= moment)
    return session.exec(query.order_by(col(WalkInRow.came_at).desc())).all()


def last_drawn(session: Session, site: str, holder: str, since: datetime) -> datetime | None:
    """Give when a visitor last came since a moment whom the system chose for a check, in any registration: to register
    somebody again spares nobody.
    """
    query = select(WalkInRow.came_at).where(WalkInRow.site == site, WalkInRow.holder == holder, WalkInRow.drawn)
    query = query.where(WalkInRow.came_at >= since)
    return session.exec(query.order_by(col(WalkInRow.came_at).desc()).limit(1)).first()


def returning(session: Session, site: str, wanted: str, limit: int) -> list[WalkInRow]:
    """Give visitors who were registered before and whose name has words that begin so, each once, the latest first."""
    asked = name_key(wanted).split()
    if not asked:
        return []
    query = select(WalkInRow).where(WalkInRow.site == site)
    for word in asked:
        begins = col(WalkInRow.name_key).startswith(word, autoescape=True)
        query = query.where(begins | col(WalkInRow.name_key).contains(f" {word}", autoescape=True))
    found: dict[str, WalkInRow] = {}
    for row in session.exec(query.order_by(col(WalkInRow.came_at).desc()).limit(limit * 10)):
        found.setdefault(row.holder, row)
    return list(found.values())[:limit]


def _returning(session: Session, site: str, told: WalkIn) -> str | None:
    """Give the reference of a returning visitor, if this site has registered one so: it keeps what stands."""
    known = of_holder(session, site, told.holder) if told.holder else None
    return known.holder if known is not None else None


def _may_walk_in(policy: SitePolicy, category: Category, at: datetime) -> bool:
    measure = measure_now(policy, category, at)
    if measure is not None and measure.walk_in is not None:
        return measure.walk_in
    rules = policy.categories.get(category)
    return rules is None or rules.walk_in
