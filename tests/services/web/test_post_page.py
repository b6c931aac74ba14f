"""The guard's page, as a browser without script gets it."""

import re

import pytest

from schemas.reasons import Reason, Verdict
from services.store import audit, outbox
from services.store.database import Store
from services.store.records import alarm_actions
from services.web.guard_console.posts import Posts
from services.web.guard_console.sight import News
from tests.services.web.browser import Browser
from tests.services.web.conftest import Clock
from tests.services.web.said import SITE, acknowledged, act, alarm_of, gate_event, passage, press, refused


async def test_a_refusal_is_one_word_one_reason_and_one_thing_to_do(
    browser_at_post: Browser, posts: Posts, clock: Clock
) -> None:
    posts.take(refused(1, clock.now, Reason.EXPIRED, values={"until": "2026-09-01 08:00"}))
    page = (await browser_at_post.get("/post")).text
    assert "КІРГІЗБЕҢІЗ" in page
    assert "Рұқсаттаманың мерзімі бітті (01.09.2026 08:00). Жаңасын алу керек." in page
    assert "Шақырушы қызметкерге хабарласыңыз немесе кезекші әкімшіні шақырыңыз." in page


async def test_what_else_a_decision_says_is_said_in_words(browser_at_post: Browser, posts: Posts, clock: Clock) -> None:
    values = {"escort": "host", "also": "policy_stale"}
    asked = act(1, clock.now, Verdict.ASK, Reason.ESCORT_DUE, values=values, holder="visitor-1", category="visitor")
    posts.take(asked)
    for page in ("/post", f"/post/questions/{asked.id}"):
        text = (await browser_at_post.get(page)).text
        assert "Бірге жүретін адам: шақырушы қызметкер." in text
        assert "турникет деректері ескі" in text


async def test_names_are_escaped(browser_at_post: Browser, posts: Posts, clock: Clock) -> None:
    posts.take(refused(1, clock.now))
    page = (await browser_at_post.get("/post")).text
    assert "&lt;script&gt;alert" in page
    assert "<script>alert" not in page


async def test_a_pupil_who_may_not_enter_is_never_left_outside(
    browser_at_post: Browser, posts: Posts, clock: Clock
) -> None:
    posts.take(act(1, clock.now, Verdict.ASK, Reason.REVOKED, values={"since": "2026-09-01 08:00"}))
    page = (await browser_at_post.get("/post")).text
    assert "ТЕКСЕРІҢІЗ" in page
    assert "Оқушыны далада қалдырмаңыз" in page
    assert "Қасымов Арман" in page


async def test_a_held_verdict_stays_while_others_pass_and_goes_when_done(
    browser_at_post: Browser, posts: Posts, clock: Clock
) -> None:
    held = refused(1, clock.now)
    posts.take(held)
    for number in range(2, 6):
        posts.take(act(number, clock.now))
    assert 'data-held="yes"' in (await browser_at_post.get("/post")).text
    answer = await browser_at_post.send("/post/held/done", act=held.id)
    assert (answer.status_code, answer.headers["location"]) == (303, "/post")
    page = (await browser_at_post.get("/post")).text
    assert 'data-held="yes"' not in page


async def test_the_page_renews_itself_without_script(browser_at_post: Browser) -> None:
    page = (await browser_at_post.get("/post")).text
    assert '<noscript><meta http-equiv="refresh" content="5"></noscript>' in page


@pytest.mark.parametrize(("language", "word"), [("kk", "Дабыл жоқ"), ("ru", "Тревог нет"), ("en", "No alarms")])
async def test_the_page_speaks_the_chosen_language(browser_at_post: Browser, language: str, word: str) -> None:
    answer = await browser_at_post.send("/language", language=language, back="/post")
    assert (answer.status_code, answer.headers["location"]) == (303, "/post")
    page = (await browser_at_post.get("/post")).text
    assert f'<html lang="{language}">' in page
    assert word in page


async def test_the_first_page_is_kazakh_and_a_users_own_language_follows(stranger: Browser) -> None:
    assert '<html lang="kk">' in (await stranger.get("/sign-in", headers={"accept-language": "en"})).text
    await stranger.sign_in("aigul")
    assert '<html lang="ru">' in (await stranger.get("/post")).text


async def test_the_language_switch_leads_nowhere_else(browser_at_post: Browser) -> None:
    answer = await browser_at_post.send("/language", language="ru", back="https://elsewhere.example/")
    assert answer.headers["location"] == "/post"


async def test_a_press_is_shown_before_alarming_has_spoken_and_once_after(
    browser_at_post: Browser, posts: Posts, clock: Clock
) -> None:
    pressed = press(1, clock.now)
    posts.take(pressed)
    raised = alarm_of(pressed)
    before = (await browser_at_post.get("/post")).text
    assert f'data-alarm="{raised.data.alarm}" data-version="0"' in before
    posts.take(raised)
    after = (await browser_at_post.get("/post")).text
    assert f'data-alarm="{raised.data.alarm}" data-version="1"' in after
    assert after.count('data-rule="panic"') == 1


async def test_acknowledging_twice_is_one_row_one_record_and_one_audit_line(
    browser_at_post: Browser, posts: Posts, store: Store, clock: Clock
) -> None:
    pressed = press(1, clock.now)
    posts.take(pressed)
    alarm = alarm_of(pressed).data.alarm
    for _ in range(2):
        answer = await browser_at_post.send(f"/alarms/{alarm}/acknowledge", seen_version="0")
        assert answer.status_code == 303
    actions = await store.read(lambda session: alarm_actions.of_alarm(session, SITE, alarm))
    records = await store.read(lambda session: outbox.unsent(session, 10))
    deeds = await store.read(lambda session: audit.recent(session, SITE, 10))
    assert [(row.by, row.seen_version) for row in actions] == [("sabit", 0)]
    assert [row.topic for row in records] == ["alarm_actions"]
    assert [row.subject for row in deeds if row.act == "alarm_acknowledged"] == [alarm]
    assert 'data-standing="sent"' in (await browser_at_post.get("/post")).text


async def test_the_second_guard_is_told_who_was_first(browser_at_post: Browser, posts: Posts, clock: Clock) -> None:
    pressed = press(1, clock.now)
    raised = alarm_of(pressed)
    posts.take(raised)
    await browser_at_post.send(f"/alarms/{raised.data.alarm}/acknowledge", seen_version="1")
    posts.take(acknowledged(raised, "aigul", clock.now))
    page = (await browser_at_post.get("/post")).text
    assert 'data-standing="confirmed"' in page
    assert re.search(r"Бірінші қабылдаған: Aigul, \d\d:\d\d:\d\d\. Sabit: екінші болды\.", page)


@pytest.mark.parametrize("silent", [True, False])
async def test_a_guard_cannot_act_on_what_the_page_does_not_show(
    browser_at_post: Browser, posts: Posts, store: Store, clock: Clock, *, silent: bool
) -> None:
    pressed = press(1, clock.now, silent=True) if silent else press(1, clock.now, site="school-2")
    posts.take(pressed)
    posts.take(alarm_of(pressed))
    answer = await browser_at_post.send(f"/alarms/{alarm_of(pressed).data.alarm}/acknowledge", seen_version="1")
    assert answer.status_code == 404
    assert await store.read(lambda session: outbox.unsent(session, 10)) == []


@pytest.mark.parametrize("version", ["-1", "x", ""])
async def test_a_nonsense_version_is_refused_in_words(browser_at_post: Browser, version: str) -> None:
    answer = await browser_at_post.send("/alarms/alarm-1/acknowledge", seen_version=version)
    assert answer.status_code == 422
    assert "Жазылғаны түсініксіз болды" in answer.text


async def test_an_unconfirmed_press_says_call_102_and_a_confirmed_one_who_has_it(
    browser_at_post: Browser, posts: Posts, clock: Clock
) -> None:
    pressed = press(1, clock.now)
    posts.take(pressed)
    assert 'data-police="waiting"' in (await browser_at_post.get("/post")).text
    clock.forward(seconds=10)
    assert 'data-police="call"' in (await browser_at_post.get("/post")).text


async def test_a_gate_that_is_not_heard_or_decides_alone_says_since_when(
    browser_at_post: Browser, posts: Posts, clock: Clock
) -> None:
    posts.take(gate_event(1, clock.now, "heartbeat"))
    posts.take(act(2, clock.now, decided_by="gate", gate="gate-2", policy_age_s=200.0))
    page = (await browser_at_post.get("/post")).text
    assert re.search(r'data-gate="gate-1" data-link="online"', page)
    assert re.search(r'data-gate="gate-2" data-link="alone"', page)
    clock.forward(seconds=31)
    page = (await browser_at_post.get("/post")).text
    assert re.search(r'data-gate="gate-1" data-link="silent"', page)


async def test_the_page_says_since_when_it_has_no_news(browser_at_post: Browser, posts: Posts, clock: Clock) -> None:
    posts.tell_news(News("lost", clock.now))
    page = (await browser_at_post.get("/post")).text
    assert 'data-news="lost"' in page
    assert 'data-link="silent"' not in page
    assert page.count('data-link="unknown"') == 2
    assert "бастап келмей тұр" in page


async def test_a_forced_passage_stands_among_the_latest(browser_at_post: Browser, posts: Posts, clock: Clock) -> None:
    posts.take(passage(1, clock.now, "forced"))
    assert 'data-outcome="forced"' in (await browser_at_post.get("/post")).text
