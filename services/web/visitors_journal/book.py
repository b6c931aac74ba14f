"""Entries as the journal's pages and files show them: what each says, what was added beneath, the columns' words."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timezone

import msgspec
from sqlmodel import Session, col, select

from services.i18n.words import Words
from services.store.journal_book import lines
from services.store.journal_book.columns import Columns, is_own
from services.store.journal_book.lines import Left, Line
from services.store.screenings.items import item_list
from services.store.users import UserRow
from services.store.visitors_journal import entries
from services.store.visitors_journal.entries import BY_GATE, JournalAdditionRow, JournalEntryRow

DATE, CLOCK = "%d.%m.%Y", "%H:%M"


class Entry(msgspec.Struct, frozen=True):
    """One entry: its row, what it says, what was added to it."""

    row: JournalEntryRow
    line: Line
    added: list[JournalAdditionRow]

    @property
    def inside(self) -> bool:
        """Tell whether the person has not left, as far as is known, and the day is not over."""
        return self.row.left_at is None and self.row.closed_at is None


def read(session: Session, site: str, rows: Sequence[JournalEntryRow]) -> tuple[list[Entry], dict[str, str]]:
    """Give entries of a site, and the names of whoever added to them, by login."""
    said = lines.of(session, site, rows)
    added = entries.additions(session, site, list(said))
    logins = {addition.by for additions in added.values() for addition in additions}
    query = select(UserRow).where(UserRow.site == site, col(UserRow.login).in_(logins))
    names = {user.login: user.name for user in session.exec(query)} if logins else {}
    return [Entry(row, said[row.number], added.get(row.number, [])) for row in rows], names


class Wording(msgspec.Struct, frozen=True):
    """How entries are put into words for one reader: language, the school's clock, its columns, names of its staff."""

    words: Words
    zone: timezone
    columns: Columns
    names: Mapping[str, str]

    def title(self, code: str) -> str:
        """Give what a column is called."""
        return self.columns.own.get(code, code) if is_own(code) else self.words.say(f"journal.column.{code}")

    def titles(self) -> list[str]:
        """Give what the shown columns are called, in order."""
        return [self.title(code) for code in self.columns.shown]

    def cells(self, entry: Entry) -> list[str]:
        """Give an entry's cells, in the order of the columns."""
        return [self.cell(entry, code) for code in self.columns.shown]

    def cell(self, entry: Entry, code: str) -> str:
        """Give what an entry says in one column; empty where it says nothing."""
        if is_own(code) or code == "note":
            told = [addition.text for addition in entry.added if addition.column == code]
            return " · ".join(told if code == "note" else told[-1:])
        return CELLS[code](self, entry)

    def beneath(self, entry: Entry) -> list[str]:
        """Give the lines that stand beneath an entry: that it was written on paper first, and what was added."""
        row = entry.row
        told = []
        if entry.line.from_paper:
            key = "journal.from_sheet" if row.sheet is not None else "journal.from_paper"
            told = [self.words.say(key, sheet=row.sheet, line=row.line)]
        return told + [self._addition(addition) for addition in entry.added]

    def when(self, at: datetime | None, form: str = f"{DATE} {CLOCK}") -> str:
        """Give a moment on the school's wall; empty for none."""
        return at.astimezone(self.zone).strftime(form) if at is not None else ""

    def _addition(self, addition: JournalAdditionRow) -> str:
        by = self.words.say("journal.by_gate") if addition.by == BY_GATE else self.names.get(addition.by, addition.by)
        text = addition.text or self.words.say("journal.erased")
        at, column = self.when(addition.at), self.title(addition.column)
        return self.words.say("journal.addition", at=at, by=by, column=column, text=text)

    def word(self, prefix: str, code: str) -> str:
        """Give the word for a code; empty for none, the code itself where there is no word for it."""
        key = f"{prefix}.{code}"
        return self.words.say(key) if key in self.words else code

    def item(self, code: str) -> str:
        """Give what an item of the list is called."""
        item = item_list().item(code)
        return item.name(self.words.language) if item is not None else code


def _name(told: Wording, entry: Entry) -> str:
    return told.words.say("journal.erased") if entry.row.erased_at is not None else entry.line.name


def _document(told: Wording, entry: Entry) -> str:
    word = told.word("document", entry.line.document_kind)
    return f"{word} …{entry.line.document_tail}" if entry.line.document_tail else word


def _confirmed(told: Wording, entry: Entry) -> str:
    line = entry.line
    return f"{line.confirmed_by}, {told.when(line.confirmed_at)}" if line.confirmed_by else ""


def _checked(told: Wording, entry: Entry) -> str:
    outcome = told.word("journal.check", entry.line.check)
    found = ", ".join(told.item(code) for code in entry.line.found)
    return f"{outcome}: {found}" if found else outcome


def _left(told: Wording, left: Left) -> str:
    return f"№ {left.number:06d} {told.item(left.item)} ({told.word('custody', left.act)})"


Cell = Callable[[Wording, Entry], str]

CELLS: dict[str, Cell] = {
    "number": lambda _, entry: str(entry.row.number),
    "date": lambda told, entry: told.when(entry.row.opened_at, DATE),
    "time_in": lambda told, entry: told.when(entry.row.opened_at, CLOCK),
    "time_out": lambda told, entry: told.when(entry.row.left_at, CLOCK),
    "name": _name,
    "document": _document,
    "relation": lambda told, entry: told.word("category", entry.line.category),
    "purpose": lambda _, entry: entry.line.purpose,
    "host": lambda _, entry: entry.line.host,
    "confirmed": _confirmed,
    "checked": _checked,
    "left_items": lambda told, entry: "; ".join(_left(told, left) for left in entry.line.left),
    "escort": lambda told, entry: told.word("policy.escort", entry.line.escort),
    "guard": lambda _, entry: entry.line.guard,
    "companions": lambda _, entry: ", ".join(entry.line.companions),
    "vehicle": lambda _, entry: entry.line.vehicle,
    "badge": lambda _, entry: entry.line.badge,
}
"""What stands in each known column but the note. A column without a line here fails a test."""
