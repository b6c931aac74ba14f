"""A party, a regular visit, a vehicle with papers: asked for, shown to the host, handed out as passes."""

import io

import httpx
import jwt
import zxingcpp
from PIL import Image

from services.store.database import Store
from services.store.records import visitor_passes
from services.web.shared.outside import Visits
from tests.services.web.browser import Browser
from tests.services.web.conftest import Clock
from tests.services.web.said import SITE
from tests.services.web.visit_school import HOME, all_visits, answer, ask, ask_for_all, the_code

NAMES = ["Серік Ахметов", "Айша Серікова", "Марат Серіков"]


async def approved(visitor: Browser, store: Store, visits: Visits, clock: Clock) -> str:
    """Ask for everything, have it approved, and give the address of the visit's page."""
    await ask_for_all(visitor, clock.now)
    sent = await visitor.send(f"{HOME}/code", f"{HOME}/code", code=the_code(store, visits))
    (row,) = all_visits(store)
    desk = f"{HOME}/host/{visits.seals.link('host', SITE, row.visit)}"
    shown = (await visitor.get(desk)).text
    for told in (*NAMES[1:], "123ABC02, ақ Газель", "парта", "З-2 № 17", "бұрғы", "Дс, Сс, Ср", "14:00"):
        assert told in shown, told
    assert (await visitor.send(desk, desk, deed="approve")).status_code == 303
    return str(sent.headers["location"])


async def test_what_was_asked_for_is_kept_and_shown_plainly(
    visitor: Browser, store: Store, visits: Visits, clock: Clock
) -> None:
    status = await approved(visitor, store, visits, clock)
    (row,) = all_visits(store)
    assert (row.companions, row.weekdays) == (NAMES[1:], [1, 2, 3, 4, 5, 6, 7])
    assert (row.vehicle, row.vehicle_make, row.cargo, row.waybill) == ("123ABC02", "ақ Газель", "парта", "З-2 № 17")
    page = (await visitor.get(status)).text
    assert all(name in page for name in (*NAMES, "парта", "Дс, Сс, Ср"))
    assert "қайта-қайта кіруге болады" in (await visitor.get(f"{status}/pass")).text


async def test_each_has_a_code_of_their_own_and_a_badge_on_one_sheet(
    visitor: Browser, store: Store, visits: Visits, clock: Clock
) -> None:
    status = await approved(visitor, store, visits, clock)
    (row,) = all_visits(store)
    known = store.read_now(lambda session: visitor_passes.of_visit(session, SITE, row.visit))
    pages = [(await visitor.get(f"{status}/pass{end}")).text for end in ("", "/1", "/2")]
    assert [name in page for name, page in zip(NAMES, pages, strict=True)] == [True] * 3
    read = set()
    for place in range(3):
        picture = await visitor.get(f"{status}/qr/{place}")
        assert picture.headers["content-type"] == "image/png"
        (code,) = zxingcpp.read_barcodes(Image.open(io.BytesIO(picture.content)))
        read.add(jwt.decode(code.text, options={"verify_signature": False})["jti"])
    assert read == {one.jti for one in known}
    sheet = (await visitor.get(f"{status}/badge")).text
    assert sheet.count('<article class="badge">') == 3
    assert [sheet.count(name) for name in NAMES] == [1, 1, 1]
    for nobody in ("pass/3", "qr/3", "pass/99", "pass/x"):
        assert (await visitor.get(f"{status}/{nobody}")).status_code in {404, 422}


async def test_the_leaders_no_takes_every_pass_away(
    visitor: Browser, store: Store, visits: Visits, clock: Clock
) -> None:
    status = await approved(visitor, store, visits, clock)
    assert "барлық рұқсаттамасы" in (await visitor.get(status)).text
    await visitor.send(f"{status}/cancel", status)
    for page in ("pass", "pass/1", "pass/2", "badge"):
        assert (await visitor.get(f"{status}/{page}")).headers["location"] == status
    assert (await visitor.get(f"{status}/qr/1")).status_code == 404


async def test_only_what_was_ticked_is_asked_and_what_was_unticked_is_not_sent(
    visitor: Browser, store: Store, visits: Visits, clock: Clock
) -> None:
    await ask(visitor, clock.now, "when")
    assert (await answer(visitor, "with", along="vehicle")).headers["location"] == f"{HOME}/ask/vehicle"
    assert (await visitor.get(f"{HOME}/ask/people")).status_code == 303
    await answer(visitor, "vehicle", vehicle="123 ABC 02", vehicle_make="", cargo="құм", waybill="")
    assert (await answer(visitor, "with")).headers["location"] == f"{HOME}/ask/consent"
    await answer(visitor, "consent", consent="2026-11")
    await answer(visitor, "contact", contact="serik@example.kz")
    await visitor.send(f"{HOME}/code", f"{HOME}/code", code=the_code(store, visits))
    assert [(row.vehicle, row.cargo) for row in all_visits(store)] == [(None, None)]


async def test_the_number_of_questions_follows_the_answers(visitor: Browser, clock: Clock) -> None:
    await ask(visitor, clock.now, "when")
    assert "барлығы 9" in (await visitor.get(f"{HOME}/ask/with")).text
    await visitor.send(f"{HOME}/ask/with", f"{HOME}/ask/with", along=["people", "vehicle"])
    assert "барлығы 11" in (await visitor.get(f"{HOME}/ask/people")).text


async def test_thirty_who_come_along_have_badges_on_four_sheets(
    visitor: Browser, store: Store, visits: Visits, clock: Clock
) -> None:
    await ask(visitor, clock.now, "when")
    await answer(visitor, "with", along="people")
    await answer(visitor, "people", companions="\n".join(["Серік Ахметов"] * 30))
    await answer(visitor, "consent", consent="2026-11")
    await answer(visitor, "contact", contact="serik@example.kz")
    sent = await visitor.send(f"{HOME}/code", f"{HOME}/code", code=the_code(store, visits))
    (row,) = all_visits(store)
    desk = f"{HOME}/host/{visits.seals.link('host', SITE, row.visit)}"
    await visitor.send(desk, desk, deed="approve")
    status = sent.headers["location"]
    sheets = [(await visitor.get(f"{status}/badge{end}")).text for end in ("", "/2", "/3", "/4")]
    assert [sheet.count('<article class="badge">') for sheet in sheets] == [10, 10, 10, 1]
    for nothing in ("0", "5", "-1"):
        assert (await visitor.get(f"{status}/badge/{nothing}")).status_code == 404
    shared = 0
    for file in ("look.css", "visit.css", "visit.js", "icon.svg"):
        shared += len((await visitor.get(f"/static/{file}")).content)
    pictures = [await visitor.get(f"{status}/qr/{place}") for place in range(10)]
    assert shared + len(sheets[0].encode()) + sum(_weight(picture) for picture in pictures) <= 60_000


def _weight(answered: httpx.Response) -> int:
    """Give what an answer weighs with its headers."""
    return len(answered.content) + sum(len(name) + len(value) + 4 for name, value in answered.headers.items())
