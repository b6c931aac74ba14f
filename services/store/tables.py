"""Every table of the store, imported once, for migrations and the test that holds them to the models."""

import sqlalchemy as sa
from sqlmodel import SQLModel

from services.store import audit, messages, outbox, people, recording, users
from services.store.visits import codes, drafts, hosts, links, visits

ALL = (audit, codes, drafts, hosts, links, messages, outbox, people, recording, users, visits)


def metadata() -> sa.MetaData:
    """Give the tables as the models say them."""
    return SQLModel.metadata
