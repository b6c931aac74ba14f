"""The school's first page for visitors: today's hours, holiday, threat level, what may not be brought."""

from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest
from sqlmodel import Session

from schemas.site_policy import CategoryRules, Days, Measure, SitePolicy, Threat, Window
from services.store import administration
from services.store.database import Store
from services.web.shared.outside import Visits
from services.web.visitor_portal.opening import Today, today
from tests.services.web.browser import Browser
from tests.services.web.conftest import Clock
from tests.services.web.said import SITE, policy
from tests.services.web.visit_school import HOME

MONDAY = datetime(2026, 11, 23, 5, 0, tzinfo=UTC)
WINDOWS = [
    Window(weekdays=[1], opens_min=840, closes_min=960),
    Window(weekdays=[1, 2], opens_min=480, closes_min=720),
]
RULES = CategoryRules(windows=WINDOWS, anti_passback="off", admit_staleness_s=60.0, open_on_holidays=False)


def school(**changes: object) -> SitePolicy:
    return msgspec.structs.replace(policy(MONDAY).data, categories={"visitor": RULES}, **changes)


HOLIDAY = Days(first=date(2026, 11, 23), last=date(2026, 11, 29), kind="closed", name="Күзгі каникул")
WORKING = Days(first=date(2026, 11, 23), last=date(2026, 11, 23), kind="working", name="Жұмыс күні")
RED = Threat(level="red", valid_from=MONDAY, valid_until=MONDAY + timedelta(days=1), source="akimat")


@pytest.mark.parametrize(
    ("rules", "at", "holds"),
    [
        (school(), MONDAY, Today(["08:00–12:00", "14:00–16:00"], None, "none", "as_usual")),
        (school(), MONDAY + timedelta(days=1), Today(["08:00–12:00"], None, "none", "as_usual")),
        (school(), MONDAY + timedelta(days=2), Today([], None, "none", "as_usual")),
        (school(), MONDAY + timedelta(hours=14), Today(["08:00–12:00"], None, "none", "as_usual")),
        (school(calendar=[HOLIDAY]), MONDAY, Today([], "Күзгі каникул", "none", "as_usual")),
        (school(calendar=[HOLIDAY, WORKING]), MONDAY, Today(["08:00–12:00", "14:00–16:00"], None, "none", "as_usual")),
        (policy(MONDAY).data, MONDAY, Today([], None, "none", "as_usual")),
        (
            school(threat=RED, measures={"red": {"visitor": Measure(entry="refuse")}}),
            MONDAY,
            Today(["08:00–12:00", "14:00–16:00"], None, "red", "refuse"),
        ),
        (school(threat=RED), MONDAY + timedelta(days=1), Today(["08:00–12:00"], None, "none", "as_usual")),
    ],
)
def test_what_holds_for_visitors_today(rules: SitePolicy, at: datetime, holds: Today) -> None:
    assert today(rules, at) == holds


def publish(store: Store, rules: SitePolicy) -> None:
    def act(session: Session) -> None:
        administration.publish_policy(session, site=SITE, policy=rules, by="t")

    store.write_now(act)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "Бүгін келушілерді кіргізетін уақыт:"),
        ({"calendar": [HOLIDAY]}, "Бүгін мектеп келушілерді қабылдамайды: Күзгі каникул."),
        ({"threat": RED}, "Террористік қауіп деңгейі: қызыл."),
    ],
)
async def test_the_first_page_says_it_plainly(
    visitor: Browser, store: Store, clock: Clock, visits: Visits, changes: dict[str, object], said: str
) -> None:
    clock.now = MONDAY
    publish(store, school(**changes))
    page = (await visitor.get(HOME)).text
    assert said in page
    assert page.count("button first") == 1
    assert visits.public_url not in page, "no address but its own"


async def test_a_thing_is_looked_up_in_the_visitors_words_and_a_telephone_is_allowed(visitor: Browser) -> None:
    knife = (await visitor.get(f"{HOME}/items", params={"q": "нож"})).text
    assert "Пышақ" in knife
    assert "болмайды" in knife
    phone = (await visitor.get(f"{HOME}/items", params={"q": "телефон"})).text
    assert ">болады<" in phone
    assert ">болмайды<" not in phone
    for nothing in ("<script>alert(1)</script>", "' OR 1=1 --", "😀"):
        shown = await visitor.get(f"{HOME}/items", params={"q": nothing})
        assert shown.status_code == 200
        assert "<script>alert" not in shown.text
    assert (await visitor.get(f"{HOME}/items", params={"q": "Ә" * 10_000})).status_code == 422
