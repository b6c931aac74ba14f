"""Those who come along have a link of their own: their pass, its badge, and nothing else of the visit."""

import io
import re
from datetime import timedelta

import jwt
import pytest
import zxingcpp
from PIL import Image
from sqlmodel import col, delete, select

from services.store.database import Store
from services.store.records import visitor_passes
from services.store.visits import party
from services.store.visits.forgetting import forget
from services.store.visits.links import LinkRow
from services.web.shared.outside import Visits
from tests.services.web.browser import Browser
from tests.services.web.conftest import Clock
from tests.services.web.said import SITE
from tests.services.web.test_party_and_days import NAMES, approved
from tests.services.web.visit_school import HOME, all_visits

OF_THE_VISIT = (NAMES[0], NAMES[2], "DROP TABLE", "123ABC02", "парта", "З-2 № 17", "бұрғы", "serik@example.kz", "/v/")


async def links(visitor: Browser, status: str) -> list[str]:
    """Give the paths of the links that whoever asked sees to send on."""
    page = (await visitor.get(status)).text
    found = re.findall(r'value="https://qaqpa\.test(/visit/[^"]+)" readonly', page)
    assert found == re.findall(r'data-share="https://qaqpa\.test([^"]+)"', page)
    return found


async def test_each_who_comes_along_has_a_link_to_their_pass_alone(
    visitor: Browser, store: Store, visits: Visits, clock: Clock
) -> None:
    status = await approved(visitor, store, visits, clock)
    (row,) = all_visits(store)
    own, other = await links(visitor, status)
    assert own in (await visitor.get(f"{status}/pass/1")).text
    assert "readonly" not in (await visitor.get(f"{status}/pass")).text
    visitor.client.cookies.clear()
    page, badge = await visitor.get(own), await visitor.get(own.replace("/pass", "/badge"))
    for shown in (page.text, badge.text):
        assert NAMES[1] in shown
        assert [secret for secret in OF_THE_VISIT if secret in shown] == []
        assert other.removesuffix("/pass") not in shown
    assert 'data-keep="/visit/worker.js"' in page.text
    assert f'data-watch="{own.removesuffix("/pass")}/state"' in page.text
    picture = await visitor.get(own.replace("/pass", "/qr"))
    (code,) = zxingcpp.read_barcodes(Image.open(io.BytesIO(picture.content)))
    claims = jwt.decode(code.text, options={"verify_signature": False})
    member = store.read_now(lambda session: party.of_visit(session, SITE, row.visit))[1]
    known = store.read_now(lambda session: visitor_passes.of_visit(session, SITE, row.visit))
    assert [one.jti for one in known if one.holder == member.holder] == [claims["jti"]]
    assert (await visitor.get(own.replace("/pass", "/state"))).json() == {"version": row.version}


async def test_a_pass_that_was_taken_back_is_gone_and_says_whom_to_ask(
    visitor: Browser, store: Store, visits: Visits, clock: Clock
) -> None:
    status = await approved(visitor, store, visits, clock)
    own, _ = await links(visitor, status)
    await visitor.send(f"{status}/cancel", status)
    for page in ("pass", "badge"):
        gone = await visitor.get(own.replace("/pass", f"/{page}"))
        assert gone.status_code == 404
        assert "енді жарамайды" in gone.text
        assert NAMES[1] not in gone.text
    for page in ("qr", "state"):
        assert (await visitor.get(own.replace("/pass", f"/{page}"))).status_code == 404
    assert await links(visitor, status) == []


async def test_a_link_is_of_one_school_one_purpose_and_one_time_and_lies_nowhere(
    visitor: Browser, store: Store, visits: Visits, clock: Clock
) -> None:
    status = await approved(visitor, store, visits, clock)
    (row,) = all_visits(store)
    own, _ = await links(visitor, status)
    token = own.split("/")[-2]
    lead = status.rpartition("/")[2]
    for wrong in (f"{HOME}/v/{token}", f"{HOME}/c/{lead}/pass", f"/visit/school-2/c/{token}/pass", f"{HOME}/c/x/pass"):
        assert (await visitor.get(wrong)).status_code == 404
    assert token not in str([one.model_dump() for one in _links(store)])
    clock.now = row.leaves_at + timedelta(days=30)
    assert (await visitor.get(own)).status_code == 404


async def test_a_party_from_before_there_were_links_shows_none_and_the_links_go_with_the_visit(
    visitor: Browser, store: Store, visits: Visits, clock: Clock
) -> None:
    status = await approved(visitor, store, visits, clock)
    (row,) = all_visits(store)
    assert len(_links(store)) == 4
    store.write_now(lambda session: session.exec(delete(LinkRow).where(col(LinkRow.purpose) == "companion")))
    assert await links(visitor, status) == []
    assert "readonly" not in (await visitor.get(f"{status}/pass/1")).text
    store.write_now(lambda session: forget(session, row.kept_until))
    assert _links(store) == []


def _links(store: Store) -> list[LinkRow]:
    return list(store.read_now(lambda session: session.exec(select(LinkRow)).all()))


@pytest.mark.parametrize("page", ["pass", "badge", "qr", "state"])
async def test_guessed_links_of_companions_are_counted(visitor: Browser, visits: Visits, page: str) -> None:
    found = [(await visitor.get(f"{HOME}/c/{number:024}/{page}")).status_code for number in range(40)]
    assert (found[0], found[-1]) == (404, 429)
