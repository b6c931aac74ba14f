"""Insertion that may be repeated: once and never again, or the newest wins, on both databases."""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, SQLModel

Row = Mapping[str, Any]


def insert_once(session: Session, table: type[SQLModel], rows: Sequence[Row]) -> None:
    """Insert rows; one whose key is there already changes nothing, so a replay changes nothing."""
    if rows:
        session.execute(_insert(session, table).on_conflict_do_nothing(), rows)


def keep_highest(session: Session, table: type[SQLModel], rows: Sequence[Row], order: str) -> None:
    """Insert rows, or replace the one of the same key when the column ``order`` is higher; an older one that comes
    later changes nothing.
    """
    if not rows:
        return
    statement = _insert(session, table)
    columns = sa.inspect(table).local_table.c
    statement = statement.on_conflict_do_update(
        index_elements=_key(table),
        set_={name: statement.excluded[name] for name in rows[0]},
        where=columns[order] < statement.excluded[order],
    )
    session.execute(statement, rows)


def upsert(session: Session, table: type[SQLModel], row: Row) -> None:
    """Insert a row or replace the one of the same key."""
    statement = _insert(session, table)
    session.execute(
        statement.on_conflict_do_update(
            index_elements=_key(table), set_={name: statement.excluded[name] for name in row}
        ),
        [row],
    )


def _key(table: type[SQLModel]) -> list[str]:
    return [column.name for column in sa.inspect(table).primary_key]


def _insert(session: Session, table: type[SQLModel]) -> Any:
    return postgresql.insert(table) if session.get_bind().dialect.name == "postgresql" else sqlite.insert(table)
