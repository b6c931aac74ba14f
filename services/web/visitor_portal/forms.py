"""The form of one visitor: the cookie that names its draft, and what may be done with it how often."""

import logging
import math
import secrets
from datetime import datetime, timedelta

from fastapi import Request, Response
from sqlmodel import Session

from services.store import messages
from services.store.visits import drafts, links
from services.store.visits.drafts import DraftRow
from services.web.messages.letter import is_phone
from services.web.shared.outside import Visits, visits_of
from services.web.shared.parts import parts_of
from services.web.shared.visitors import address_of

logger = logging.getLogger(__name__)

COOKIE = "qaqpa_visit"
_NAME_BYTES = 18
_MINUTE_S = 60
CODES_AN_HOUR = 5
SMS_CODES_AN_HOUR = 3
SMS_CODES_OF_A_SITE = 60
"""What telephones may cost a school: codes an hour to one number, and to all numbers together."""

CODE_EVERY = timedelta(seconds=20)
_HOUR = timedelta(hours=1)


class TooOften(Exception):  # noqa: N818  said to a person, who is told when to try again
    """Somebody asks for more than a person does; ``minutes`` is how long to wait."""

    def __init__(self, minutes: int) -> None:
        """Keep how long to wait."""
        super().__init__(minutes)
        self.minutes = minutes


def draft_of(request: Request) -> str | None:
    """Give the name of the draft that a browser's cookie is about: the cookie's hash, which is all that is kept."""
    cookie = request.cookies.get(COOKIE)
    return links.hash_of(cookie) if cookie else None


def begin(request: Request, response: Response, site: str, cookie: str) -> None:
    """Give a browser the cookie of its draft, for this school's pages alone."""
    response.set_cookie(
        COOKIE,
        cookie,
        max_age=int(drafts.LASTS.total_seconds()),
        httponly=True,
        samesite="lax",
        secure=parts_of(request).secure_cookies,
        path=f"/visit/{site}",
    )


def new_cookie() -> str:
    """Mint the text of a cookie."""
    return secrets.token_urlsafe(_NAME_BYTES)


def count(request: Request, what: str) -> None:
    """Count something that costs the school, by address, and by address and ``what``. Raises TooOften."""
    parts, attempts = parts_of(request), visits_of(request).attempts
    address, now = address_of(request), parts.clock()
    wait = attempts.wait(address, what, now)
    if wait:
        raise TooOften(max(1, math.ceil(wait.total_seconds() / _MINUTE_S)))
    attempts.failed(address, what, now)


async def send_code(request: Request, site: str, draft: str) -> None:
    """Send a code to the contact of a draft: one at a time, and so many an hour to one contact, whoever asks.

    Raises TooOften.
    """
    parts, visits = parts_of(request), visits_of(request)
    now = parts.clock()
    count(request, draft)

    def act(session: Session) -> bool:
        row = drafts.one(session, site, draft, now)
        return row is None or _sent(session, row, visits)

    def _sent(session: Session, row: DraftRow, visits: Visits) -> bool:
        contact = row.answers["contact"]
        to_hash = (messages.TEXTED if is_phone(contact) else "") + visits.seals.hashed(
            "contact", site, contact.casefold()
        )
        if drafts.code_alive(row, now) and row.code_sent_at is not None and now < row.code_sent_at + CODE_EVERY:
            return True
        if not _may_send(session, site, to_hash, now):
            return False
        number = drafts.next_code(row, now)
        session.add(row)
        messages.put(session, site=site, kind="code", subject=draft, number=number, to_hash=to_hash, at=now)
        return True

    if not await parts.store.write(act):
        raise TooOften(int(_HOUR.total_seconds()) // _MINUTE_S)


def _may_send(session: Session, site: str, to_hash: str, now: datetime) -> bool:
    """Tell whether a contact may be sent one more code: so many an hour, of SMS fewer, and of those a site not too many
    altogether, whoever asks from wherever.
    """
    lately = messages.sent_lately(session, site, "code", to_hash, now - _HOUR)
    if not to_hash.startswith(messages.TEXTED):
        return lately < CODES_AN_HOUR
    if messages.texted_lately(session, site, "code", now - _HOUR) >= SMS_CODES_OF_A_SITE:
        logger.warning("sms_codes_stopped site=%s most=%d", site, SMS_CODES_OF_A_SITE)
        return False
    return lately < SMS_CODES_AN_HOUR
