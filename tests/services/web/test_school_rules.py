"""The director changes the school's rules in a browser without script: shown first, published once, and never over what
somebody else has published.
"""

import re
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from fastapi import FastAPI

from schemas.site_policy import CategoryRules, Measure, SitePolicy, Window
from services.store import administration, outbox
from services.store.database import Store
from services.store.records import site_policies
from services.store.users import UserRole
from services.web.administration.entered import entered_of
from services.web.administration.sections import CATEGORIES, LEVELS, proposed, section_of
from tests.services.web.browser import Browser
from tests.services.web.conftest import client_of, employ, signed_in
from tests.services.web.said import SITE, policy

BEFORE = datetime.now(UTC) - timedelta(hours=1)
DAYTIME = CategoryRules(
    windows=[Window(weekdays=[1, 2, 3, 4, 5], opens_min=480, closes_min=1080)],
    anti_passback="hard",
    admit_staleness_s=3600.0,
)
_FIELD = re.compile(
    r'<input[^>]*name="(?P<name>[^"]+)"[^>]*>|<select[^>]*name="(?P<select>[^"]+)"[^>]*>(?P<body>.*?)</select>',
    re.DOTALL,
)


@pytest.fixture
def known(store: Store) -> SitePolicy:
    """The rules in force: weekdays for everybody."""
    rules = msgspec.structs.replace(policy_now(), categories=dict.fromkeys(CATEGORIES, DAYTIME))
    store.write_now(lambda session: administration.publish_policy(session, site=SITE, policy=rules, by="operator"))
    for login in ("director", "second"):
        employ(store, login, UserRole.DIRECTOR, BEFORE)
    return rules


@pytest.fixture
async def director(app: FastAPI, known: SitePolicy) -> Browser:
    """A browser in which the director of a school with rules has signed in."""
    assert known.categories
    return await signed_in(app, "director")


def policy_now() -> SitePolicy:
    """Give the policy of the pages' tests, as a policy."""
    return policy(BEFORE).data


def fields(page: str) -> list[tuple[str, str]]:
    """Give what a browser would send of the page's last form but the buttons."""
    inside = page[: page.rindex("<footer")]
    form = inside[inside.rindex("<form ") :]
    found: list[tuple[str, str]] = []
    for match in _FIELD.finditer(form):
        if match["select"]:
            options = re.findall(r'<option value="([^"]*)"( selected)?>', match["body"])
            found.append((match["select"], next((value for value, on in options if on), options[0][0])))
            continue
        tag = match[0]
        value = re.search(r'value="([^"]*)"', tag)
        if 'type="checkbox"' not in tag or " checked" in tag:
            found.append((match["name"], value[1] if value else ""))
    return found


def in_force(store: Store) -> SitePolicy:
    held = store.read_now(lambda session: site_policies.current(session, SITE))
    assert held is not None
    return held


async def sent(
    browser: Browser, path: str, step: str, changes: dict[str, str | list[str]], page: str = ""
) -> tuple[int, str]:
    """Send a page's form with some fields changed."""
    shown = page or (await browser.get(path)).text
    pairs = [(name, value) for name, value in fields(shown) if name not in changes]
    for name, value in changes.items():
        pairs += [(name, one) for one in (value if isinstance(value, list) else [value])]
    form: dict[str, list[str]] = {}
    for name, value in [*pairs, ("step", step)]:
        form.setdefault(name, []).append(value)
    answer = await browser.client.post(path, data=form)
    return answer.status_code, answer.text


@pytest.mark.parametrize(
    ("path", "changes", "shown"),
    [
        ("categories/visitor", {"window0.closes": "17:00"}, "Дс-Жм 08:00-17:00"),
        ("categories/pupil", {"closed": "yes"}, "кіру жоқ"),
        ("categories/official", {"escort": "host", "screening": "always"}, "барлығы тексеріледі"),
        (
            "categories/staff",
            {"window1.opens": "09:00", "window1.closes": "12:00", "window1.days": ["6"]},
            "Сн 09:00-12:00",
        ),
        ("categories/staff", {"refuse_staleness_s.number": "7", "refuse_staleness_s.unit": "day"}, "7 күн"),
        (
            "calendar",
            {"days0.first": "2026-12-28", "days0.last": "2027-01-07", "days0.name": "Қысқы каникул"},
            "Қысқы каникул",
        ),
        (
            "threat",
            {"level": "yellow", "begins": "2026-11-20T08:00", "ends": "2026-12-20T08:00", "source": "№ 12 өкім"},
            "сары, 20.11.2026 08:00",
        ),
        ("measures/red", {"visitor.entry": "refuse"}, "кіргізбеу"),
    ],
)
async def test_the_director_sees_what_changes_and_publishes_it(
    director: Browser, store: Store, path: str, changes: dict[str, str | list[str]], shown: str
) -> None:
    before = in_force(store)
    code, page = await sent(director, f"/administration/{path}", "check", changes)
    assert (code, shown in page, in_force(store)) == (200, True, before), page
    code, _ = await sent(director, f"/administration/{path}", "publish", {}, page)
    assert code == 303
    assert in_force(store).version == before.version + 1
    assert "жарияланды" in (await director.get("/administration?said=published")).text
    row = store.read_now(lambda session: outbox.unsent(session, 99))[-1]
    assert (row.topic, row.by) == ("site_policies", "director")


async def test_a_form_that_changes_nothing_says_so(director: Browser) -> None:
    for section in (f"categories/{category}" for category in CATEGORIES):
        code, page = await sent(director, f"/administration/{section}", "check", {})
        assert (code, "Ештеңе өзгермейді" in page) == (200, True), section
    for section in ("calendar", "threat", *(f"measures/{level}" for level in LEVELS)):
        assert "Ештеңе өзгермейді" in (await sent(director, f"/administration/{section}", "check", {}))[1]


@pytest.mark.parametrize(
    ("path", "changes", "told"),
    [
        ("categories/visitor", {"window0.closes": "07:00"}, "08:00-07:00 ашылмай тұрып жабылады"),
        ("categories/visitor", {"window0.closes": "noon"}, "«noon» түсініксіз"),
        ("categories/visitor", {"window0.opens": "", "window0.closes": ""}, "Кіру уақыты жоқ"),
        ("categories/visitor", {"window0.days": []}, "апта күндері таңдалмаған"),
        (
            "categories/visitor",
            {"window1.opens": "17:00", "window1.closes": "19:00", "window1.days": ["5"]},
            "17:00-19:00 уақыты 08:00-18:00 уақытымен қабаттасады",
        ),
        ("categories/visitor", {"entrance": "nowhere"}, "nowhere деген турникет жоқ"),
        ("categories/visitor", {"passback_within_s.number": "<b>"}, "«&lt;b&gt;» түсініксіз"),
        ("calendar", {"days0.first": "2027-01-07", "days0.last": "2026-12-28", "days0.name": "x"}, "күнінен кейін"),
        ("calendar", {"days0.name": "каникул"}, "«каникул» түсініксіз"),
        ("threat", {"level": "red", "begins": "2026-11-20T08:00", "source": "x"}, "аяқталу уақыты жоқ"),
        (
            "threat",
            {"level": "red", "begins": "2026-11-20T08:00", "ends": "2026-11-19T08:00", "source": ""},
            "кім жариялағаны",
        ),
    ],
)
async def test_what_is_wrong_is_told_and_the_form_keeps_what_was_entered(
    director: Browser, store: Store, path: str, changes: dict[str, str | list[str]], told: str
) -> None:
    before, page = in_force(store), ""
    for step in ("check", "publish"):
        code, page = await sent(director, f"/administration/{path}", step, changes)
        assert (code, told in page) == (422, True), page
    assert in_force(store) == before
    assert dict(fields(page)).items() >= {(name, "noon") for name, value in changes.items() if value == "noon"}


async def test_of_two_who_change_at_once_the_second_is_told(director: Browser, app: FastAPI, store: Store) -> None:
    path = "/administration/categories/visitor"
    second = await signed_in(app, "second")
    _, mine = await sent(director, path, "check", {"window0.closes": "17:00"})
    _, theirs = await sent(second, path, "check", {"window0.closes": "16:00"})
    assert (await sent(director, path, "publish", {}, mine))[0] == 303
    code, page = await sent(second, path, "publish", {}, theirs)
    assert code == 409
    assert "басқа адам 2-нұсқаны жариялады" in page
    assert in_force(store).categories["visitor"].windows[0].closes_min == 1020


async def test_a_guard_may_not_look_and_a_stranger_signs_in_first(
    browser_at_post: Browser, stranger: Browser, known: SitePolicy
) -> None:
    for path in ("/administration", "/administration/threat", "/administration/categories/pupil"):
        answer = await browser_at_post.get(path)
        assert (answer.status_code, "директор өзгертеді" in answer.text) == (403, True)
        assert (await stranger.get(path)).headers["location"] == "/sign-in?said=first"
    refused = await browser_at_post.send("/administration/threat", step="publish", level="none", seen_version="1")
    assert refused.status_code == 403


async def test_a_page_that_there_is_not_is_a_404_and_a_form_from_elsewhere_a_403(director: Browser) -> None:
    for path in ("categories/pupils", "categories", "measures/none", "calendar/1", "secrets"):
        assert (await director.get(f"/administration/{path}")).status_code == 404
    assert (await director.client.post("/administration/threat", data={"level": "none"})).status_code == 403


async def test_before_anything_is_published_the_page_says_what_to_do(app: FastAPI, store: Store) -> None:
    employ(store, "d", UserRole.DIRECTOR, BEFORE)
    browser = Browser(client_of(app))
    assert (await browser.sign_in("d")).headers["location"] == "/administration"
    assert "Ереже әлі жарияланбаған" in (await browser.get("/administration")).text


def test_every_part_of_a_policy_comes_back_from_its_form_as_it_was() -> None:
    shift = Window(weekdays=[1, 3], opens_min=420, closes_min=800, shift="1", late_from_min=500)
    rules = msgspec.structs.replace(
        DAYTIME, windows=[shift], lessons=[shift], entrances=["gate-1"], passback_within_s=900.0, walk_in=False
    )
    measures = {"red": {"visitor": Measure(entry="refuse", screening="always", escort="staff", walk_in=False)}}
    known = msgspec.structs.replace(policy_now(), categories=dict.fromkeys(CATEGORIES, rules), measures=measures)
    for kind, name in (
        *(("categories", c) for c in CATEGORIES),
        *(("measures", level) for level in LEVELS),
        ("calendar", ""),
    ):
        section = section_of(kind, name)
        assert section is not None
        assert proposed(section, entered_of(section.shown(known).pairs), known) == (known, [])
