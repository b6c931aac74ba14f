"""Which columns a school's journal has, and in which order: its own choice out of the known ones, beside columns of its
own that the guard fills by hand. Every version is kept.
"""

from collections.abc import Sequence
from datetime import datetime

import msgspec
from sqlmodel import JSON, Field, Session, SQLModel, col, select

from services.store import audit
from services.store.administration import RuleForbids
from services.store.columns import UtcDateTime
from services.store.database import serialise
from services.store.visits.names import plain

KNOWN = (
    "number",
    "date",
    "time_in",
    "name",
    "document",
    "relation",
    "purpose",
    "host",
    "confirmed",
    "checked",
    "left_items",
    "escort",
    "time_out",
    "guard",
    "companions",
    "vehicle",
    "badge",
    "note",
)
"""Every column that fills itself; ``note`` shows what was added to the entry as a whole."""

DEFAULT = (
    "number",
    "date",
    "time_in",
    "name",
    "document",
    "relation",
    "purpose",
    "host",
    "confirmed",
    "checked",
    "escort",
    "time_out",
    "guard",
)
"""What a journal has before a school says otherwise (``law.md`` 2.4: no list is prescribed)."""

OWN_AT_MOST = 6
TITLE_AT_MOST = 60
_OWN = "own-"


class JournalColumnsRow(SQLModel, table=True):
    """One version of a school's choice: ``shown`` in order, ``own`` the titles of its own columns by their codes, those
    that are not shown any more included, since old entries have them.
    """

    __tablename__ = "journal_columns"

    site: str = Field(primary_key=True)
    version: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    shown: list[str] = Field(sa_type=JSON)
    own: dict[str, str] = Field(sa_type=JSON)
    changed_at: datetime = Field(sa_type=UtcDateTime)
    by: str


class Columns(msgspec.Struct, frozen=True, kw_only=True):
    """A journal's columns: the codes that are shown, in order, and the titles of the school's own."""

    version: int = 0
    shown: list[str]
    own: dict[str, str] = {}

    @property
    def fillable(self) -> list[str]:
        """Give the columns to which somebody may add: all that are shown but the number."""
        return [code for code in self.shown if code != "number"] + (["note"] if "note" not in self.shown else [])


def of_site(session: Session, site: str) -> Columns:
    """Give a site's columns; the default where it has chosen none."""
    query = select(JournalColumnsRow).where(JournalColumnsRow.site == site)
    row = session.exec(query.order_by(col(JournalColumnsRow.version).desc()).limit(1)).first()
    if row is None:
        return Columns(shown=list(DEFAULT))
    return Columns(version=row.version, shown=row.shown, own=row.own)


def choose(
    session: Session,
    *,
    site: str,
    shown: Sequence[str],
    own: dict[str, str],
    seen_version: int,
    by: str,
    at: datetime,
) -> Columns:
    """Choose a site's columns; the same choice again changes nothing. No column, too many of the school's own, a title
    that is too long or an unknown code are a RuleForbids, as is a choice that somebody else has changed meanwhile.
    """
    serialise(session, "journal_columns", site)
    known = of_site(session, site)
    titles = {code: plain(title) for code, title in own.items() if plain(title)}
    wanted = list(dict.fromkeys(code for code in shown if code in KNOWN or code in titles))
    if not wanted:
        raise RuleForbids("no_column")
    if len(titles) > OWN_AT_MOST:
        raise RuleForbids("too_many")
    if any(len(title) > TITLE_AT_MOST for title in titles.values()):
        raise RuleForbids("long_title")
    if (wanted, titles) == (known.shown, known.own):
        return known
    if seen_version != known.version:
        raise RuleForbids("meanwhile")
    version = known.version + 1
    session.add(JournalColumnsRow(site=site, version=version, shown=wanted, own=titles, changed_at=at, by=by))
    detail = {"version": str(version), "columns": " ".join(wanted)}
    audit.note(session, site=site, by=by, act="journal_columns_chosen", subject="journal", detail=detail, at=at)
    session.flush()
    return Columns(version=version, shown=wanted, own=titles)


def next_own(own: dict[str, str], count: int = 1) -> list[str]:
    """Give codes for columns of the school's own that are still to be named."""
    numbers = [int(code.removeprefix(_OWN)) for code in own if code.removeprefix(_OWN).isdecimal()]
    first = max(numbers, default=0) + 1
    return [f"{_OWN}{number}" for number in range(first, first + count)]


def is_own(code: str) -> bool:
    """Tell whether a code is that of a column of a school's own."""
    return code.startswith(_OWN) and code.removeprefix(_OWN).isdecimal()
