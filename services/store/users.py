"""Users: who may sign in to the pages, at which site, in which role and language. Passwords: argon2 hashes."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlmodel import Field, Session, SQLModel, col, select

from services.rules.contacts import is_email, is_telephone
from services.store import audit
from services.store.clock import now
from services.store.columns import UtcDateTime

MIN_PASSWORD_CHARACTERS = 8

_HASHER = PasswordHasher()


class UserRole(StrEnum):
    """What a user may do; the pages ask."""

    GUARD = "guard"
    DUTY_ADMIN = "duty_admin"
    DIRECTOR = "director"
    ADMINISTRATOR = "administrator"


class UserRow(SQLModel, table=True):
    """One person who signs in. ``login`` is unique in the whole store; ``name`` is shown on the pages; ``post`` is
    where a guard sits; ``email`` and ``phone`` (+77011234567) are where the system tells them what cannot wait for
    their next look at a page.
    """

    __tablename__ = "users"

    login: str = Field(primary_key=True)
    site: str = Field(index=True)
    name: str
    role: str
    language: str
    post: str | None
    email: str | None = None
    phone: str | None = None
    password_hash: str
    changed_at: datetime = Field(sa_type=UtcDateTime)
    disabled_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


def put(  # noqa: PLR0913  a user has all of this
    session: Session,
    *,
    site: str,
    login: str,
    name: str,
    role: UserRole,
    language: str,
    password: str,
    by: str,
    post: str | None = None,
    email: str | None = None,
    phone: str | None = None,
    at: datetime | None = None,
) -> bool:
    """Enter a user, or change one of the same site, and give True when anything changed. A login of another site, and
    an address that no message can go to, is a ValueError.
    """
    wanted = UserRow(
        login=login,
        site=site,
        name=name,
        role=role.value,
        language=language,
        post=post,
        email=email,
        phone=phone,
        password_hash="",
        changed_at=at or now(),
    )
    return _put(session, wanted, password, by)


def disable(session: Session, *, site: str, login: str, by: str, at: datetime | None = None) -> bool:
    """Keep a user of a site from signing in; False when there is none."""
    known = session.get(UserRow, login)
    if known is None or known.site != site:
        return False
    known.disabled_at = known.changed_at = at or now()
    audit.note(session, site=site, by=by, act="user_disabled", subject=login, at=known.disabled_at)
    return True


def of_site(session: Session, site: str, login: str) -> UserRow | None:
    """Give a user of a site who may still work; for each request of a signed-in session."""
    known = session.get(UserRow, login)
    return known if known is not None and known.site == site and known.disabled_at is None else None


def of_role(session: Session, site: str, role: UserRole) -> Sequence[UserRow]:
    """Give a site's users of a role who may still work, by name."""
    query = select(UserRow).where(UserRow.site == site, UserRow.role == role.value, col(UserRow.disabled_at).is_(None))
    return session.exec(query.order_by(col(UserRow.name))).all()


def on_duty(session: Session, site: str) -> Sequence[UserRow]:
    """Give whom a site asks for what a guard may not decide: its duty administrators, the director where it has
    none.
    """
    return of_role(session, site, UserRole.DUTY_ADMIN) or of_role(session, site, UserRole.DIRECTOR)


def verified(session: Session, login: str, password: str) -> UserRow | None:
    """Give the user whose login and password these are, for signing in; the site follows from the login.

    An unknown login takes as long as a wrong password.
    """
    known = session.get(UserRow, login)
    right = _matches(known.password_hash if known else _nobodys_hash(), password)
    return known if known is not None and right and known.disabled_at is None else None


def _put(session: Session, wanted: UserRow, password: str, by: str) -> bool:
    known = session.get(UserRow, wanted.login)
    _refuse(known, wanted.site, wanted.login, password)
    _refuse_contacts(wanted)
    if known is not None and _matches(known.password_hash, password) and _same(known, wanted):
        return False
    wanted.password_hash = _HASHER.hash(password)
    session.merge(wanted)
    audit.note(
        session,
        site=wanted.site,
        by=by,
        act="user_changed" if known else "user_added",
        subject=wanted.login,
        detail={"role": wanted.role},
        at=wanted.changed_at,
    )
    return True


def _refuse(known: UserRow | None, site: str, login: str, password: str) -> None:
    if len(password) < MIN_PASSWORD_CHARACTERS:
        message = f"the password of {login} is shorter than {MIN_PASSWORD_CHARACTERS} characters"
        raise ValueError(message)
    if known is not None and known.site != site:
        message = f"the login {login} is taken"
        raise ValueError(message)


def _refuse_contacts(user: UserRow) -> None:
    if user.email is not None and not is_email(user.email):
        message = f"the e-mail of {user.login} is no e-mail address: write it as name@school.kz"
        raise ValueError(message)
    if user.phone is not None and not is_telephone(user.phone):
        message = f"the phone of {user.login} is no telephone: write it as +77011234567"
        raise ValueError(message)


@cache
def _nobodys_hash() -> str:
    """Give a hash that nobody's password has, for taking as long over nobody; made when first needed: it costs 64
    MiB.
    """
    return _HASHER.hash("nobody signs in with this")


def _same(known: UserRow, wanted: UserRow) -> bool:
    kept = {"password_hash", "changed_at"}
    return known.model_dump(exclude=kept) == wanted.model_dump(exclude=kept)


def _matches(password_hash: str, password: str) -> bool:
    try:
        return _HASHER.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False
