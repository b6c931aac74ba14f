"""What messages are about, a composer for each kind of subject: it looks its subject up and gives the values of the
text, or None when there is nothing more to say.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlmodel import Session

from schemas.ids import EventId
from services.i18n.words import Words, language_of, words_in
from services.store import users
from services.store.messages import MessageRow
from services.store.records import guard_answers
from services.store.records.gate_acts import GateActRow
from services.store.visits import drafts, hosts, standing_in, visits
from services.store.visits.invitations import InvitationRow
from services.store.visits.visits import VisitRow
from services.web.messages.letter import is_phone
from services.web.shared.outside import School, Visits

Values = dict[str, object]

QUESTION_FOR = timedelta(minutes=10)
"""How long after it was told a gate's question is worth a message: as long as the post's page holds it."""


@dataclass(frozen=True)
class Matter:
    """What a composer works with: the message's row, its school, and what links and codes are made with (None in a
    school without the pages about visits).
    """

    session: Session
    row: MessageRow
    school: School
    parts: Visits | None
    now: datetime

    @property
    def visits(self) -> Visits:
        """Give what links and codes are made with; LookupError without a ``[visits]`` section."""
        if self.parts is None:
            raise LookupError("no [visits] in the settings")
        return self.parts


@dataclass(frozen=True)
class Addressee:
    """Whom a message goes to, in which language, and by which of our doors they come: it decides about the link."""

    door: Literal["visitor", "host", "staff"]
    language: str
    email: str | None = None
    phone: str | None = None

    @property
    def words(self) -> Words:
        """Give the texts of the language."""
        return words_in(language_of(self.language))


About = Callable[[Matter, Addressee], Values | None]
"""A composer: the values of the texts of a message about its subject."""

To = Callable[[Matter], Addressee | None]
"""Finds whom a message goes to."""


def to_receiver(matter: Matter) -> Addressee | None:
    """Find the one of the staff whom the row names; None for somebody who does not work here any more."""
    user = users.of_site(matter.session, matter.row.site, matter.row.receiver or "")
    return Addressee("staff", user.language, user.email, user.phone) if user else None


def to_form(matter: Matter) -> Addressee | None:
    """Find the contact that a form has named."""
    draft = drafts.one(matter.session, matter.row.site, matter.row.subject, matter.now)
    return outside(draft.answers.get("contact"), draft.language) if draft else None


def to_visitor(matter: Matter) -> Addressee | None:
    """Find the visitor of a visit, who may have left no contact."""
    visit = visits.one(matter.session, matter.row.site, matter.row.subject)
    return outside(visit.contact, visit.language) if visit else None


def to_host(matter: Matter) -> Addressee | None:
    """Find who is asked about a visit: its host, or the host's delegate."""
    visit = visits.one(matter.session, matter.row.site, matter.row.subject)
    meant = hosts.one(matter.session, visit.site, visit.host) if visit and visit.host else None
    if meant is None:
        return None
    asked = hosts.asked_for(matter.session, meant, matter.now)
    return Addressee("host", asked.language, asked.email)


def code(matter: Matter, _to: Addressee) -> Values | None:
    """Compose about a form: the code of its contact; only the newest one is worth sending."""
    row = matter.row
    draft = drafts.one(matter.session, row.site, row.subject, matter.now)
    if draft is None or draft.code_number != row.number:
        return None
    contact = draft.answers["contact"]
    return {"code": matter.visits.seals.contact_code(row.site, row.subject, contact, row.number)}


def visit(matter: Matter, to: Addressee) -> Values | None:
    """Compose about a visit."""
    found = visits.one(matter.session, matter.row.site, matter.row.subject)
    return of_visit(matter, to, found) if found is not None else None


def of_visit(matter: Matter, to: Addressee, found: VisitRow) -> Values:
    """Give what any message about a visit may say of it."""
    school = matter.school
    return {
        "name": found.name,
        "role": to.words.say(f"category.{found.category}"),
        "host": found.host_text,
        "purpose": found.purpose,
        "begins": school.said(found.arrives_at),
        "ends": f"{school.local(found.leaves_at):%H:%M}",
        "when": when(matter, to, found),
        "reason": found.reason or "",
        "link": _link(matter, to, found),
    }


def when(matter: Matter, to: Addressee, found: VisitRow | InvitationRow) -> str:
    """Say when somebody may come: on a day from when until when; of who comes regularly the weekdays, the times of day
    and between which dates.
    """
    begins, ends = matter.school.local(found.arrives_at), matter.school.local(found.leaves_at)
    if not found.weekdays:
        return f"{begins:%d.%m.%Y %H:%M} – {ends:%H:%M}"
    days = ", ".join(to.words.say(f"weekday.{day}") for day in sorted(found.weekdays))
    return f"{days} {begins:%H:%M} – {ends:%H:%M}, {begins:%d.%m.%Y} – {ends:%d.%m.%Y}"


def newest_visit(matter: Matter, to: Addressee) -> Values | None:
    """Compose about a visit as it was then; one that has changed since has been told again."""
    found = visits.one(matter.session, matter.row.site, matter.row.subject)
    return visit(matter, to) if found is not None and found.version == matter.row.number else None


def question(matter: Matter, to: Addressee) -> Values | None:
    """Compose about a gate's question, by its act: which gate, since when and what kind of person; names stay on the
    page. One that somebody has seen to meanwhile, or that is so old that nobody stands there, needs nobody. The act's
    row may not be there yet.
    """
    row = matter.row
    act = matter.session.get(GateActRow, (row.site, row.subject))
    if matter.now - row.created_at > QUESTION_FOR or (
        act and guard_answers.is_seen_to(matter.session, act, matter.now)
    ):
        return None
    gate = EventId.parse(row.subject).source
    known = matter.school.policy.gates.get(gate)
    category = act.category if act else None
    return {
        "gate": known.name if known else gate,
        "time": f"{matter.school.local(act.at if act else row.created_at):%H:%M}",
        "role": to.words.say(f"category.{category}" if category else "question.somebody"),
    }


def _link(matter: Matter, to: Addressee, found: VisitRow) -> str:
    seals, url = matter.visits.seals, matter.visits.public_url
    if to.door == "visitor":
        return f"{url}/visit/{found.site}/v/{seals.link('status', found.site, found.visit)}"
    if to.door == "host":
        meant = hosts.one(matter.session, found.site, found.host) if found.host else None
        delegate = hosts.delegate_of(matter.session, meant, matter.now) if meant else None
        if delegate is not None:
            return f"{url}{standing_in.path(seals, found.site, found.visit, delegate.host)}"
        return f"{url}/visit/{found.site}/host/{seals.link('host', found.site, found.visit)}"
    return f"{url}/visits/{found.visit}"


def outside(contact: str | None, language: str) -> Addressee | None:
    """Give somebody without an account by the one contact that is known of them; None without one."""
    if not contact:
        return None
    phone, email = (contact, None) if is_phone(contact) else (None, contact)
    return Addressee("visitor", language, email, phone)
