"""A host's own desk: signing in without a password, who sees what, deciding with conditions, standing in."""

from datetime import timedelta

import pytest

from services.store import audit
from services.store.visits import hosts, sign_ins
from tests.services.web.desk_school import DESK, HOME, DeskSchool, app, post_office, school, visits
from tests.services.web.said import SITE
from tests.services.web.visit_school import all_visits, answers, ask, the_code

__all__ = ["app", "post_office", "school", "visits"]
LONG = "Ә" * 10_000


async def asked(school: DeskSchool) -> str:
    """Let a visitor ask to come, and give the visit."""
    async with school.browser() as visitor:
        await ask(visitor, school.clock.now)
        code = the_code(school.store, school.visits)
        await visitor.send(f"/visit/{SITE}/code", f"/visit/{SITE}/code", code=code)
    return all_visits(school.store)[-1].visit


def decided_by(school: DeskSchool) -> list[str]:
    rows = school.store.read_now(lambda session: audit.recent(session, SITE, 50))
    return [row.by for row in rows if row.act in {"visit_approved", "visit_changed", "visit_declined"}]


async def test_a_host_signs_in_by_a_link_once_and_out(school: DeskSchool) -> None:
    async with school.browser() as host:
        assert (await host.get(DESK)).headers["location"] == HOME
        await school.sign_in(host)
        assert "Ахметова Гүлнар" in (await host.get(DESK)).text
        assert (await host.get(HOME)).headers["location"] == DESK
        link = await school.last_link("g@example.kz", "/enter/")
        assert (await host.get(link)).headers["location"] == f"{HOME}?said=over"
        cookie = host.client.cookies["qaqpa_host"]
        assert (await host.send(f"{HOME}/out", DESK)).headers["location"] == f"{HOME}?said=out"
        assert (await host.get(DESK)).headers["location"] == HOME
        copied = {"cookie": f"qaqpa_host={cookie}"}
        assert (await host.get(DESK, headers=copied)).headers["location"] == HOME, "ended where it was copied to"


async def test_looking_at_the_link_signs_nobody_in_and_it_runs_out(school: DeskSchool) -> None:
    async with school.browser() as host:
        await host.send(HOME, HOME, email="G@EXAMPLE.kz")
        link = await school.last_link("g@example.kz", "/enter/")
        for _ in range(2):
            assert (await host.get(link)).status_code == 200
        assert (await host.get(DESK)).headers["location"] == HOME
        token = await host.token(link)
        school.clock.now += sign_ins.LASTS
        late = await host.client.post(link, data={"csrf": token})
        assert late.headers["location"] == f"{HOME}?said=over"
        assert "енді жарамайды" in (await host.get(late.headers["location"])).text


async def test_a_stranger_is_told_the_same_and_learns_no_host(school: DeskSchool) -> None:
    async with school.browser() as stranger:
        told = [await stranger.send(HOME, HOME, email=email) for email in ("g@example.kz", "nobody@example.kz")]
        assert {(one.status_code, one.headers["location"]) for one in told} == {(303, f"{HOME}?said=sent")}
        await school.post()
        assert [mail["To"] for mail in school.mailbox.got] == ["g@example.kz"]
        for path in (f"{HOME}/enter/{'A' * 24}", f"{DESK}/visit/visit-1", f"{DESK}/invite", f"{DESK}/evenings/new"):
            assert (await stranger.get(path)).status_code == 303
        for path in (f"{HOME}/visit-1/{'A' * 24}", f"{HOME}/{'A' * 24}"):
            assert (await stranger.get(path)).status_code == 404


@pytest.mark.parametrize("typed", ["", "серик@почта.кз", LONG, "a@b.kz\r\nBcc: x@y.kz", "<script>alert(1)</script>"])
async def test_what_is_no_address_gets_a_sentence(school: DeskSchool, typed: str) -> None:
    async with school.browser() as host:
        found = await host.send(HOME, HOME, email=typed)
    assert found.status_code in {413, 422}
    assert "<script>alert" not in found.text


async def test_a_robot_is_told_to_wait(school: DeskSchool) -> None:
    async with school.browser() as robot:
        token = await robot.token(HOME)
        form = {"csrf": token, "email": "g@example.kz"}
        found = [(await robot.client.post(HOME, data=form)).status_code for _ in range(12)]
    assert (found[0], found[-1]) == (303, 429)
    await school.post()
    assert len(school.mailbox.got) == sign_ins.AN_HOUR


async def test_a_session_ends_with_the_shift_the_address_and_the_host(school: DeskSchool) -> None:
    async with school.browser() as host:
        await school.sign_in(host)
        told = {"site": SITE, "host": "t-1", "by": "t"}
        school.clock.forward(minutes=1)
        school.store.write_now(
            lambda session: hosts.put(
                session,
                name="Ахметова Гүлнар",
                email="new@example.kz",
                language="kk",
                at=school.clock.now,
                **told,
            )
        )
        assert (await host.get(DESK)).headers["location"] == HOME
        await school.sign_in(host, "new@example.kz")
        assert (await host.get(DESK)).status_code == 200
        school.store.write_now(lambda session: hosts.remove(session, at=school.clock.now, **told))
        assert (await host.get(DESK)).headers["location"] == HOME


async def test_a_host_sees_their_own_visits_and_no_others(school: DeskSchool) -> None:
    visit = await asked(school)
    async with school.browser() as host, school.browser() as other:
        await school.sign_in(host)
        await school.sign_in(other, "e@example.kz")
        assert "Серік Ахметов" in (await host.get(DESK)).text
        assert "Серік Ахметов" not in (await other.get(DESK)).text
        page = f"{DESK}/visit/{visit}"
        assert (await other.get(page)).status_code == 404
        assert (await other.send(page, DESK, deed="approve")).status_code == 404
        foreign = f"/visit/school-2/host/desk/visit/{visit}"
        assert (await host.get(foreign)).status_code in {303, 404}
        assert (await host.send(page, page, deed="approve")).status_code == 303
    assert decided_by(school) == ["host/t-1"]


async def test_a_form_from_elsewhere_changes_nothing(school: DeskSchool) -> None:
    visit = await asked(school)
    async with school.browser() as host:
        await school.sign_in(host)
        for path in (f"{DESK}/visit/{visit}", f"{DESK}/invite", f"{DESK}/delegate", f"{DESK}/evenings/new"):
            assert (await host.client.post(path, data={"csrf": "0" * 64, "deed": "approve"})).status_code == 403
    assert decided_by(school) == []


async def test_a_host_changes_time_and_conditions_and_the_visitor_is_told(school: DeskSchool) -> None:
    visit = await asked(school)
    async with school.browser() as host:
        await school.sign_in(host)
        page = f"{DESK}/visit/{visit}"
        day = answers(school.clock.now)["when"]["date"]
        form = {"deed": "change", "date": day, "from": "10:00", "until": "11:00", "escort": "staff"}
        bad = await host.send(page, page, **{**form, "entrance": "gate-99"})
        assert (bad.status_code, "Кіреберісті тізімнен" in bad.text) == (422, True)
        bad = await host.send(page, page, **{**form, "escort": "dog", "entries": "many"})
        assert bad.text.count("Біреуін таңдаңыз.") == 2
        assert (await host.send(page, page, **form, entries="multiple", entrance="gate-1")).status_code == 303
        shown = (await host.get(page)).text
        assert 'value="multiple" checked' in shown
        assert 'value="staff" checked' in shown
    assert "10:00" in await school.last_mail("serik@example.kz")


async def test_a_delegate_is_asked_decides_by_their_own_link_and_the_audit_says_who(school: DeskSchool) -> None:
    visit = await asked(school)
    day = (school.clock.now + timedelta(days=3)).date().isoformat()
    async with school.browser() as host:
        await school.sign_in(host)
        for typed, until, said in (
            ("Жоқ Адам", day, "Мұндай қызметкер табылмады"),
            ("Ахметова", day, "Мұндай қызметкер табылмады"),
            ("Сәбитов", "2020-01-01", "бір жыл ішіндегі"),
            ("Сәбитов", "2099-01-01", "бір жыл ішіндегі"),
            (LONG, day, "Мұндай қызметкер табылмады"),
        ):
            assert said in (await host.send(f"{DESK}/delegate", DESK, delegate=typed, until=until)).text
        assert (await host.send(f"{DESK}/delegate", DESK, delegate="Сабитов", until=day)).status_code == 303
        assert "Сәбитов Ержан" in (await host.get(DESK)).text
    mail = await school.last_mail("e@example.kz")
    assert "Сіз Ахметова орнына шешесіз" in mail
    link = await school.last_link("e@example.kz", "/host/visit-")
    async with school.browser() as delegate:
        await school.sign_in(delegate, "e@example.kz")
        assert "орнына шешесіз" in (await delegate.get(DESK)).text
        assert (await delegate.send(link, link, deed="approve")).status_code == 303
        assert (await delegate.get(f"{DESK}/visit/{visit}")).status_code == 200
    assert decided_by(school) == ["host/t-2"]
    async with school.browser() as host:
        await school.sign_in(host)
        assert (await host.send(f"{DESK}/delegate", DESK, deed="stop")).status_code == 303
        assert (await host.get(link)).status_code == 404


async def test_a_request_while_somebody_stands_in_goes_to_them(school: DeskSchool) -> None:
    async with school.browser() as host:
        await school.sign_in(host)
        day = (school.clock.now + timedelta(days=3)).date().isoformat()
        await host.send(f"{DESK}/delegate", DESK, delegate="Сәбитов", until=day)
    visit = await asked(school)
    link = await school.last_link("e@example.kz", "/host/visit-")
    assert f"/host/{visit}/" in link
    async with school.browser() as delegate:
        assert "Серік Ахметов" in (await delegate.get(link)).text
