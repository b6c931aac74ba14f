"""Every table of the store, imported once, for migrations and the test that holds them to the models."""

import sqlalchemy as sa
from sqlmodel import SQLModel

from services.store import audit, outbox, people, recording, users

ALL = (audit, outbox, people, recording, users)


def metadata() -> sa.MetaData:
    """Give the tables as the models say them."""
    return SQLModel.metadata
