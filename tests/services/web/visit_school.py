"""A school whose visitors may ask: its policy, a host, pass keys, and what a visitor types."""

import re
from datetime import datetime, timedelta
from pathlib import Path

import httpx
from sqlmodel import Session, select

from services.store import administration
from services.store.database import Store
from services.store.visits import hosts, pass_keys
from services.store.visits.drafts import DraftRow
from services.store.visits.pass_keys import PassKeys
from services.store.visits.seals import Seals
from services.store.visits.visits import VisitRow
from services.web.shared.outside import Visits
from services.web.shared.rate_limit import Attempts
from tests.services.web.browser import Browser
from tests.services.web.said import SITE, policy

HOME = f"/visit/{SITE}"
CONTACT = "serik@example.kz"
TOKEN = re.compile(r'name="csrf" value="([^"]+)"')
STEPS = ("who", "role", "document", "whom", "often", "when", "with", "consent", "contact")


def open_school(store: Store, folder: Path, at: datetime) -> Visits:
    """Publish the school's policy, make its pass keys and enter its host."""
    keys = PassKeys(folder / "pass-keys")

    def act(session: Session) -> None:
        administration.publish_policy(session, site=SITE, policy=policy(at).data, by="t", at=at)
        pass_keys.rotate(session, site=SITE, keys=keys, by="t", at=at)
        hosts.put(session, site=SITE, host="t-1", name="Ахметова Гүлнар", email="g@example.kz", language="kk", by="t")

    store.write_now(act)
    return Visits(Seals(b"v" * 32), keys, "https://qaqpa.test", Attempts(of_address=60, of_account=8))


def answers(at: datetime) -> dict[str, dict[str, str]]:
    """Give what a visitor types, by question."""
    day = (at + timedelta(days=1)).date().isoformat()
    return {
        "who": {"name": "Серік Ахметов"},
        "role": {"category": "representative"},
        "document": {"iin": "900101100014", "passport": ""},
        "whom": {"host_text": "Ахметова", "purpose": 'Жиналыс <b>"; DROP TABLE visits --'},
        "often": {"often": "once"},
        "when": {"date": day, "from": "14:00", "until": "15:30"},
        "with": {},
        "consent": {"consent": "2026-11"},
        "contact": {"contact": CONTACT},
    }


def answers_with_everything(at: datetime, *, regularly: bool = False) -> dict[str, dict[str, str]]:
    """Give what a visitor types to whom every question is asked that can be."""
    told = answers(at)
    first = at + timedelta(days=1)
    days = {"date": first.date().isoformat(), "last": (first + timedelta(days=14)).date().isoformat()}
    more = {
        "often": {"often": "regularly"},
        "days": {"weekdays": "1,2,3,4,5,6,7", "from": "14:00", "until": "15:30", **days},
    }
    return {
        **{step: told[step] for step in ("who", "role", "document", "whom")},
        **(more if regularly else {step: told[step] for step in ("often", "when")}),
        "with": {"along": "people,vehicle,things"},
        "people": {"companions": "Айша Серікова\nМарат Серіков"},
        "vehicle": {"vehicle": "123 abc 02", "vehicle_make": "ақ Газель", "cargo": "парта", "waybill": "З-2 № 17"},
        "things": {"things": "бұрғы"},
        "consent": {"consent": "2026-11"},
        "contact": {"contact": CONTACT},
    }


async def answer(browser: Browser, step: str, **form: str) -> httpx.Response:
    """Answer one question."""
    return await browser.send(f"{HOME}/ask/{step}", f"{HOME}/ask/{step}", **form)


async def ask_for_all(browser: Browser, at: datetime) -> None:
    """Ask to come regularly, with others, a vehicle and things; up to the code."""
    for step, form in answers_with_everything(at, regularly=True).items():
        found = await answer(browser, step, **form)
        assert found.status_code == 303, f"{step}: {found.text}"


async def ask(browser: Browser, at: datetime, upto: str = "contact", **changes: dict[str, str]) -> None:
    """Answer the questions in their order, up to one."""
    told = {**answers(at), **changes}
    for step in STEPS[: STEPS.index(upto) + 1]:
        found = await answer(browser, step, **told[step])
        assert found.status_code == 303, f"{step}: {found.text}"


def the_code(store: Store, visits: Visits) -> str:
    """Give the code that the only draft's contact has been sent."""
    row = store.read_now(lambda session: session.exec(select(DraftRow)).one())
    return visits.seals.contact_code(SITE, row.draft, row.answers["contact"], row.code_number)


def all_visits(store: Store) -> list[VisitRow]:
    return list(store.read_now(lambda session: session.exec(select(VisitRow)).all()))
