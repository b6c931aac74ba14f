"""Who is signed in: a signed cookie, and a token that every form carries.

A session is a login, its site and a random name, signed with the key of ``web.session_key`` and good for a shift.
Nothing about a session is kept in the database; whether the user may still work is asked of the store at each request.
"""

import hashlib
import hmac
import secrets
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import msgspec
from itsdangerous import BadSignature, URLSafeSerializer

LASTS = timedelta(hours=12)
COOKIE = "qaqpa_session"
_NAME_BYTES = 18
_SIGNING = {"digest_method": hashlib.sha256, "key_derivation": "hmac"}


class Session(msgspec.Struct, frozen=True):
    """One browser's session. ``login`` and ``site`` are empty until somebody has signed in; ``began_at`` is when
    the cookie was made.
    """

    name: str
    login: str
    site: str
    began_at: datetime

    @property
    def signed_in(self) -> bool:
        """Tell whether somebody has signed in."""
        return bool(self.login)


class Sessions:
    """Makes and reads session cookies and form tokens, with one key and one clock."""

    def __init__(self, key: bytes, clock: Callable[[], datetime], of_whom: str = "session") -> None:
        """Take the 32 secret bytes of ``web.session_key``, the clock by which sessions end, and whose they are: a
        cookie of one kind of people is none of another's.
        """
        self._clock = clock
        self._serializer = URLSafeSerializer(
            hmac.digest(key, b"session", hashlib.sha256), salt=f"qaqpa.{of_whom}", signer_kwargs=_SIGNING
        )
        self._form_key = hmac.digest(key, b"form", hashlib.sha256)
        self._ended: dict[str, datetime] = {}

    def begin(self, login: str = "", site: str = "") -> str:
        """Make a new session's cookie; a new one at each sign-in, so that a cookie planted before it is worth
        nothing.
        """
        named = [secrets.token_urlsafe(_NAME_BYTES), login, site, self._clock().timestamp()]
        return str(self._serializer.dumps(named))

    def read(self, cookie: str | None) -> tuple[Session | None, bool]:
        """Read a cookie: its session, or None and whether it was a true one that has run out or been ended."""
        try:
            name, login, site, began_s = self._serializer.loads(cookie or "")
        except (BadSignature, ValueError, TypeError):
            return None, False
        session = Session(name, login, site, datetime.fromtimestamp(began_s, UTC))
        over = name in self._ended or self._clock() >= session.began_at + LASTS
        return (None, True) if over else (session, False)

    def end(self, session: Session) -> None:
        """End a session before its time, at signing out."""
        now = self._clock()
        self._ended = {name: until for name, until in self._ended.items() if until > now}
        self._ended[session.name] = session.began_at + LASTS

    def form_token(self, session: Session) -> str:
        """Give the token that forms of this session carry."""
        return hmac.digest(self._form_key, session.name.encode(), hashlib.sha256).hex()

    def is_form_token(self, session: Session, token: str | None) -> bool:
        """Tell whether a form came from a page of this session."""
        return hmac.compare_digest(self.form_token(session).encode(), (token or "").encode())
