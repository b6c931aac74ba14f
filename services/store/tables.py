"""Every table of the store, imported once, for migrations and the test that holds them to the models."""

import sqlalchemy as sa
from sqlmodel import SQLModel

from services.store import audit, directory, messages, outbox, people, recording, users
from services.store.journal_book import columns, paper
from services.store.lists import entries as list_entries
from services.store.lists import matches
from services.store.releases import entitled, papers
from services.store.screenings import custody, photos, pupil_refusals
from services.store.visitors_journal import entries, walk_ins
from services.store.visits import (
    codes,
    conditions,
    drafts,
    draws,
    evenings,
    hosts,
    invitations,
    links,
    party,
    sign_ins,
    visits,
    waiting,
)

ALL = (
    audit,
    codes,
    conditions,
    columns,
    custody,
    directory,
    drafts,
    draws,
    entitled,
    entries,
    evenings,
    hosts,
    invitations,
    links,
    list_entries,
    matches,
    messages,
    outbox,
    party,
    papers,
    paper,
    people,
    photos,
    pupil_refusals,
    recording,
    sign_ins,
    users,
    visits,
    waiting,
    walk_ins,
)


def metadata() -> sa.MetaData:
    """Give the tables as the models say them."""
    return SQLModel.metadata
