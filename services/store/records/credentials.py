"""Credentials: each as it stands. Administration owns them: issuing and revoking begin here and travel through the
outbox.
"""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field, Session, SQLModel, col, select

from services.store.columns import UtcDateTime


class CredentialRow(SQLModel, table=True):
    """A credential at its highest version; ``event`` is the record that said so."""

    __tablename__ = "credentials"
    __table_args__ = (sa.Index("ix_credentials_site_holder", "site", "holder"),)

    site: str = Field(primary_key=True)
    credential: str = Field(primary_key=True)
    version: int
    event: str
    holder: str
    category: str
    valid_from: datetime = Field(sa_type=UtcDateTime)
    valid_until: datetime = Field(sa_type=UtcDateTime)
    revoked_at: datetime | None = Field(sa_type=UtcDateTime)
    shift: str | None = None


def one(session: Session, site: str, credential: str) -> CredentialRow | None:
    """Give a credential of a site."""
    return session.get(CredentialRow, (site, credential))


def of_holder(session: Session, site: str, holder: str) -> Sequence[CredentialRow]:
    """Give what a person holds, revoked ones too."""
    query = select(CredentialRow).where(CredentialRow.site == site, CredentialRow.holder == holder)
    return session.exec(query.order_by(col(CredentialRow.valid_from))).all()
