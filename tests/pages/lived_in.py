"""A school in which something has happened: who is on its lists, what lies at the post, who came, what was mended."""

from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

import msgspec
from PIL import Image
from sqlmodel import Session

from schemas.credential import Credential
from schemas.screening import FoundItem
from services.store import administration, users
from services.store.journal_book import paper
from services.store.lists import entries
from services.store.lists.entries import Entry
from services.store.releases import entitled
from services.store.releases.entitled import Entitled
from services.store.screenings import checks, custody, photos, pupil_refusals
from services.store.screenings.checks import Check
from services.store.screenings.custody import Thing
from services.store.visitors_journal import entries as journal
from services.store.visitors_journal import walk_ins
from services.store.visitors_journal.walk_ins import WalkIn
from services.store.visits import hosts, pass_keys
from services.store.visits.pass_keys import PassKeys
from tests.pages.school import PASSWORD, School
from tests.services.web.said import SITE, policy

MAIL = '[mail]\nhost = "127.0.0.1"\nport = {port}\nsender = "school@example.kz"\ntls = "off"\n'
VISITS = '[visits]\nkey = "visits.key"\npass_keys = "passes"\npublic_url = "http://127.0.0.1"\n'
CARD = Credential(
    credential="0" * 32,
    version=0,
    holder="visitor-1",
    category="visitor",
    valid_from=datetime(2026, 1, 1, tzinfo=UTC),
    valid_until=datetime(2036, 1, 1, tzinfo=UTC),
    revoked_at=None,
)
PUPIL_CARD = msgspec.structs.replace(CARD, credential="1" * 32, holder="pupil-1", category="pupil")
WALK_IN = WalkIn(
    visit=walk_ins.new_visit(),
    name="Касымов Болат",
    category="representative",
    document_kind="identity_card",
    document_tail="1234",
    host_text="5 «А»",
    purpose="жиналыс",
)


def open_doors(session: Session, folder: Path) -> None:
    """Let a school have rules, pass keys, a host, a director, and what follows here."""
    at = datetime.now(UTC)
    administration.publish_policy(session, site=SITE, policy=policy(at).data, by="test")
    administration.issue_credential(session, site=SITE, credential=CARD, by="test")
    pass_keys.rotate(session, site=SITE, keys=PassKeys(folder / "passes"), by="test", at=at)
    hosts.put(session, site=SITE, host="t-1", name="Ахметова Гүлнар", email="g@example.kz", language="kk", by="test")
    director = users.UserRole.DIRECTOR
    users.put(session, site=SITE, login="iman", name="Иман", role=director, language="kk", password=PASSWORD, by="test")
    _list_somebody(session, at)
    _lies_too_long(session)


def _list_somebody(session: Session, at: datetime) -> None:
    """Keep somebody from a pupil who has a mother, and let somebody of that name come to the post."""
    duty = users.UserRole.DUTY_ADMIN
    users.put(session, site=SITE, login="duty", name="Жанар", role=duty, language="kk", password=PASSWORD, by="test")
    administration.issue_credential(session, site=SITE, credential=PUPIL_CARD, by="test")
    mother = Entitled(pupil="pupil-1", name="Қасымова Айгүл", relation="mother", phone="+77011234567", tell=True)
    entitled.enter(session, site=SITE, told=mother, by="test", at=at)
    for number, until in enumerate((at + timedelta(days=365), at)):
        entry = Entry(
            entry=f"entry-{number:016x}",
            kind="custody",
            names=["Қасымов Болат Ерланұлы", "Kassymov Bolat"],
            iin_hash=None,
            pupil="pupil-1",
            basis="Алмалы аудандық сотының шешімі № 2-1234",
            basis_on=at.date(),
            until=until,
        )
        entries.enter(session, site=SITE, told=entry, by="test", at=at)
    walk_ins.register(session, site=SITE, told=WALK_IN, by="sabit", post="post-1", at=at)


def _lies_too_long(session: Session) -> None:
    """A knife with its photo lies at the post since yesterday, and a pupil would not show what they bring."""
    now, written = datetime.now(UTC), BytesIO()
    knife = Thing(holder="visitor-1", item="W2.knife", count=1, description="қара сапты, бүктемелі", form="f" * 16)
    yesterday = now - timedelta(days=1)
    number = custody.leave(session, site=SITE, thing=knife, by="sabit", post="entrance", at=yesterday)
    Image.linear_gradient("L").resize((1600, 900)).save(written, "JPEG")
    photos.keep(session, site=SITE, number=number, jpeg=written.getvalue(), by="sabit", at=yesterday)
    pupil = msgspec.structs.replace(CARD, credential="1" * 32, holder="pupil-1", category="pupil")
    administration.issue_credential(session, site=SITE, credential=pupil, by="test")
    pupil_refusals.tell(session, site=SITE, holder="pupil-1", by="sabit", post="entrance", at=now)
    found = FoundItem(code="W3.lighter", count=2, exception=None)
    check = Check(holder="visitor-1", category="visitor", method="shown", outcome="found", items=[found])
    checks.record_check(session, site=SITE, check=check, by="sabit", post="entrance", at=now)


def write_a_journal(school: School) -> None:
    """Have two visitors registered, one corrected, one written on paper."""
    at = datetime.now(UTC)

    def enter(session: Session) -> None:
        told = {"category": "visitor", "document_kind": "passport", "host_text": "7 «Б» сынып жетекшісі"}
        for number, name in enumerate(("Ерланова Мәдина Қуанышқызы", "Сыдықов Әділет"), 1):
            more = {"visit": f"walk-in-{number:016x}", "name": name, "document_tail": "5678", "purpose": "жиналыс"}
            walk_in = msgspec.convert({**told, **more}, WalkIn)
            walk_ins.register(session, site=SITE, told=walk_in, by="sabit", post="post-1", at=at)
        text = "Аты дұрысы: Ерланова Мадина"
        journal.add(session, site=SITE, number=1, column="name", text=text, by="sabit", at=at, form="f")
        paper.print_sheets(session, site=SITE, count=2, printing="p1", by="iman", at=at)
        line = {**told, "line": 1, "came_at": at, "left_at": at, "name": "Оспан Дана", "purpose": "іс"}
        lines = [msgspec.convert({**line, "document_tail": "12"}, paper.PaperLine)]
        paper.type_in(session, site=SITE, sheet=1, told=lines, by="sabit", post="post-1", at=at)

    school.store.write_now(enter)
