"""What a message says, put together when it is sent: address, link and code are looked up or made then, and nowhere
kept.
"""

from collections.abc import Callable
from datetime import datetime

from sqlmodel import Session

from services.i18n.words import Words, language_of, words_in
from services.store.messages import MessageRow
from services.store.records import site_policies
from services.store.visits import drafts, hosts, visits
from services.store.visits.visits import VisitRow
from services.web.messages.mail import Mail
from services.web.shared.outside import School, Visits

_TEXTS: dict[str, tuple[str, str]] = {
    "code": ("mail.code.subject", "mail.code.text"),
    "host_asked": ("mail.host_asked.subject", "mail.host_asked.text"),
    "host_cancelled": ("mail.host_cancelled.subject", "mail.host_cancelled.text"),
    "host_arrived": ("mail.host_arrived.subject", "mail.host_arrived.text"),
    "visitor_approved": ("mail.visitor_approved.subject", "mail.visitor_approved.text"),
    "visitor_changed": ("mail.visitor_changed.subject", "mail.visitor_changed.text"),
    "visitor_declined": ("mail.visitor_declined.subject", "mail.visitor_declined.text"),
}


def compose(session: Session, row: MessageRow, visits_parts: Visits, now: datetime) -> Mail | None:
    """Give a message as it is sent now; None when it has nothing more to say or nobody to say it to."""
    policy = site_policies.current(session, row.site)
    if policy is None:
        return None
    school = School(row.site, policy)
    if row.kind == "code":
        return _code(session, row, visits_parts, school, now)
    visit = visits.one(session, row.site, row.subject)
    if visit is None:
        return None
    to_host = row.kind.startswith("host_")
    if to_host and visit.version != row.number and row.kind == "host_asked":
        return None
    return (
        _of_visit(session, row, visit, visits_parts, school)
        if to_host
        else _to_visitor(row, visit, visits_parts, school)
    )


def _code(session: Session, row: MessageRow, parts: Visits, school: School, now: datetime) -> Mail | None:
    draft = drafts.one(session, row.site, row.subject, now)
    if draft is None or draft.code_number != row.number:
        return None
    contact = draft.answers["contact"]
    code = parts.seals.contact_code(row.site, row.subject, contact, row.number)
    return _mail(row, contact, words_in(language_of(draft.language)), school=school.policy.name, code=code)


def _to_visitor(row: MessageRow, visit: VisitRow, parts: Visits, school: School) -> Mail | None:
    if visit.contact is None:
        return None
    link = parts.seals.link("status", visit.site, visit.visit)
    return _mail(
        row,
        visit.contact,
        words_in(language_of(visit.language)),
        school=school.policy.name,
        name=visit.name,
        begins=school.said(visit.arrives_at),
        ends=f"{school.local(visit.leaves_at):%H:%M}",
        reason=visit.reason or "",
        link=f"{parts.public_url}/visit/{visit.site}/v/{link}",
    )


def _of_visit(session: Session, row: MessageRow, visit: VisitRow, parts: Visits, school: School) -> Mail | None:
    meant = hosts.one(session, visit.site, visit.host) if visit.host else None
    if meant is None:
        return None
    asked = hosts.asked_for(session, meant)
    words = words_in(language_of(asked.language))
    link = parts.seals.link("host", visit.site, visit.visit)
    return _mail(
        row,
        asked.email,
        words,
        school=school.policy.name,
        name=visit.name,
        role=words.say(f"category.{visit.category}"),
        purpose=visit.purpose,
        begins=school.said(visit.arrives_at),
        ends=f"{school.local(visit.leaves_at):%H:%M}",
        link=f"{parts.public_url}/visit/{visit.site}/host/{link}",
    )


def _mail(row: MessageRow, to: str, words: Words, **values: object) -> Mail:
    subject, text = _TEXTS[row.kind]
    said: Callable[..., str] = words.say
    return Mail(
        to=to,
        subject=" ".join(said(subject, **values).split()),
        text=said(text, **values) + "\n",
        name=f"{row.message.replace('/', '.')}.{row.site}",
    )
