"""Every table of the store, imported once, for migrations and the test that holds them to the models."""

import sqlalchemy as sa
from sqlmodel import SQLModel

from services.store import audit, messages, outbox, people, recording, users
from services.store.journal_book import columns, paper
from services.store.screenings import custody
from services.store.visitors_journal import entries, walk_ins
from services.store.visits import codes, drafts, hosts, links, visits

ALL = (
    audit,
    codes,
    columns,
    custody,
    drafts,
    entries,
    hosts,
    links,
    messages,
    outbox,
    paper,
    people,
    recording,
    users,
    visits,
    walk_ins,
)


def metadata() -> sa.MetaData:
    """Give the tables as the models say them."""
    return SQLModel.metadata
