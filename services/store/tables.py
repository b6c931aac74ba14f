"""Every table of the store, imported once, for migrations and the test that holds them to the models."""

import sqlalchemy as sa
from sqlmodel import SQLModel

from services.store import audit, directory, messages, outbox, people, recording, users
from services.store.screenings import custody, photos, pupil_refusals
from services.store.visitors_journal import entries, walk_ins
from services.store.visits import codes, drafts, draws, hosts, links, party, visits

ALL = (
    audit,
    codes,
    custody,
    directory,
    drafts,
    draws,
    entries,
    hosts,
    links,
    messages,
    outbox,
    party,
    people,
    photos,
    pupil_refusals,
    recording,
    users,
    visits,
    walk_ins,
)


def metadata() -> sa.MetaData:
    """Give the tables as the models say them."""
    return SQLModel.metadata
