"""The form of one visitor: the cookie that names its draft, the code that checks its contact, and what may be done with
it how often.
"""

import logging
import math
import secrets
from datetime import datetime, timedelta

from fastapi import Request, Response, status
from fastapi.responses import RedirectResponse
from sqlmodel import Session

from services.store import messages
from services.store.database import serialise
from services.store.visits import drafts, links, visits
from services.store.visits.drafts import DraftRow
from services.store.visits.seals import Seals
from services.web.messages.letter import is_phone
from services.web.shared.outside import School, Visits, outside_page, visits_of
from services.web.shared.parts import parts_of
from services.web.shared.visitors import address_of
from services.web.visitor_portal.fields import Wrong

logger = logging.getLogger(__name__)

COOKIE = "qaqpa_visit"
_NAME_BYTES = 18
_MINUTE_S = 60
CODES_AN_HOUR = 5
SMS_CODES_AN_HOUR = 3
SMS_CODES_OF_A_SITE = 60
"""What telephones may cost: codes an hour to one number, whichever schools send them, and of one school to all numbers
together.
"""

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


async def told_in(request: Request) -> dict[str, str]:
    """Give what a form says; several ticks under one name are joined by commas."""
    form = await request.form()
    return {name: ",".join(value for value in form.getlist(name) if isinstance(value, str)) for name in form}


async def draft_here(request: Request, site: str) -> DraftRow | None:
    """Give the draft of a browser at a school, while it lasts."""
    parts, name = parts_of(request), draft_of(request)
    if name is None:
        return None
    now = parts.clock()
    return await parts.store.read(lambda session: drafts.one(session, site, name, now))


async def over(request: Request, here: School) -> Response:
    """Lead on from a form that is no more: to its visit when it has been sent, else to the beginning."""
    name = draft_of(request)
    if name is not None:
        sent = await parts_of(request).store.read(lambda session: visits.of_draft(session, here.site, name))
        if sent is not None:
            return to_status(request, here, sent.visit)
    return RedirectResponse(f"/visit/{here.site}?said=ended", status.HTTP_303_SEE_OTHER)


def to_status(request: Request, here: School, visit: str) -> Response:
    """Lead to the page of a visit."""
    link = visits_of(request).seals.link("status", here.site, visit)
    return RedirectResponse(f"/visit/{here.site}/v/{link}", status.HTTP_303_SEE_OTHER)


def try_code(session: Session, row: DraftRow, told: str, seals: Seals, now: datetime) -> Wrong | None:
    """Try a code on a draft, in the caller's transaction: nothing is said when it is the right one."""
    if not drafts.code_alive(row, now):
        return Wrong("visit.wrong.code_over")
    row.code_tries += 1
    session.add(row)
    digits = "".join(digit for digit in told if digit.isdecimal())
    if not seals.is_contact_code(digits, row.site, row.draft, row.answers["contact"], row.code_number):
        return Wrong("visit.wrong.code")
    row.contact_checked_at = now
    return None


def code_page(
    request: Request, here: School, draft: DraftRow, wrong: Wrong | None = None, *, again: bool = False
) -> Response:
    """Ask for the code that was sent to a draft's contact; ``again`` is the way of somebody who was here before."""
    contact = draft.answers["contact"]
    path = f"/visit/{here.site}{'/again' if again else ''}/code"
    values = {
        "contact": contact,
        "by_mail": "@" in contact,
        "wrong": wrong,
        "path": path,
        "button": "visit.again.code.button" if again else "visit.code.button",
        "other": f"/visit/{here.site}/{'again' if again else 'ask/contact'}",
    }
    code = status.HTTP_422_UNPROCESSABLE_CONTENT if wrong else status.HTTP_200_OK
    return outside_page(request, "visitor_portal/code.html", here, values, back=path, code=code)


async def code_again(request: Request, here: School, *, again: bool = False) -> Response:
    """Send another code for a draft and lead back to where it is typed; ``again`` as for ``code_page``."""
    draft = await draft_here(request, here.site)
    if draft is None or not draft.code_number:
        return await over(request, here)
    try:
        await send_code(request, here.site, draft.draft)
    except TooOften as often:
        return code_page(request, here, draft, Wrong("visit.often", {"minutes": often.minutes}), again=again)
    return RedirectResponse(f"/visit/{here.site}{'/again' if again else ''}/code", status.HTTP_303_SEE_OTHER)


async def send_code(request: Request, site: str, draft: str) -> None:
    """Send a code to the contact of a draft: one at a time, and so many an hour to one contact, whoever asks at
    whichever school.

    Raises TooOften.
    """
    parts, here = parts_of(request), visits_of(request)
    now = parts.clock()
    count(request, draft)

    def act(session: Session) -> bool:
        row = drafts.one(session, site, draft, now)
        return row is None or _sent(session, row, here)

    def _sent(session: Session, row: DraftRow, here: Visits) -> bool:
        contact = row.answers["contact"]
        to_hash = (messages.TEXTED if is_phone(contact) else "") + here.seals.contact_hash(contact)
        if drafts.code_alive(row, now) and row.code_sent_at is not None and now < row.code_sent_at + CODE_EVERY:
            return True
        serialise(session, "codes", to_hash)
        if not _may_send(session, site, to_hash, now):
            return False
        number = drafts.next_code(row, now)
        session.add(row)
        messages.put(session, site=site, kind="code", subject=draft, number=number, to_hash=to_hash, at=now)
        return True

    if not await parts.store.write(act):
        raise TooOften(int(_HOUR.total_seconds()) // _MINUTE_S)


def _may_send(session: Session, site: str, to_hash: str, now: datetime) -> bool:
    """Tell whether a contact may be sent one more code: so many an hour at all schools together, of SMS fewer, and of
    those a site not too many altogether, whoever asks from wherever.
    """
    lately = messages.sent_lately(session, "code", to_hash, now - _HOUR)
    if not to_hash.startswith(messages.TEXTED):
        return lately < CODES_AN_HOUR
    if messages.texted_lately(session, site, "code", now - _HOUR) >= SMS_CODES_OF_A_SITE:
        logger.warning("sms_codes_stopped site=%s most=%d", site, SMS_CODES_OF_A_SITE)
        return False
    return lately < SMS_CODES_AN_HOUR
