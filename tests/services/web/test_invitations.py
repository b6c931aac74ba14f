"""A host invites, the guest confirms from a real mail, and the pass is in hand at once."""

import asyncio
from datetime import timedelta

import pytest
from sqlmodel import select

from services.store.visits.invitations import InvitationRow
from tests.services.web.browser import Browser
from tests.services.web.desk_school import DESK, DeskSchool, app, form_of, post_office, school, visits
from tests.services.web.said import SITE
from tests.services.web.visit_school import all_visits

__all__ = ["app", "post_office", "school", "visits"]
INVITE = f"{DESK}/invite"
GUEST = "daulet@example.kz"
LONG = "Ә" * 10_000


def typed(school: DeskSchool, **changes: str) -> dict[str, str]:
    """Give what a host types of a guest."""
    day = (school.clock.now + timedelta(days=1)).date().isoformat()
    return {
        "name": "Дәулет Оспанов",
        "contact": GUEST,
        "category": "contractor",
        "purpose": "Терезе <b>жөндеу",
        "date": day,
        "from": "14:00",
        "until": "15:30",
        "entries": "multiple",
        "escort": "",
        **changes,
    }


def invitations(school: DeskSchool) -> list[InvitationRow]:
    return list(school.store.read_now(lambda session: session.exec(select(InvitationRow)).all()))


async def invited(school: DeskSchool, **changes: str) -> str:
    """Let the host invite somebody, and give the path of the link in the guest's mail."""
    async with school.browser() as host:
        await school.sign_in(host)
        sent = await host.client.post(INVITE, data={**await form_of(host, INVITE), **typed(school, **changes)})
        assert sent.status_code == 303, sent.text
        assert "Шақыру жіберілді" in (await host.get(sent.headers["location"])).text
    return await school.last_link(GUEST)


async def confirm(guest: Browser, link: str, **changes: str) -> str:
    """Confirm an invitation and give where that leads."""
    form = {"name": "Дәулет Оспанов", "consent": "2026-11", **changes}
    sent = await guest.send(link, link, **form)
    assert sent.status_code == 303, sent.text
    return str(sent.headers["location"])


async def test_who_is_invited_has_the_pass_in_hand_without_a_further_approval(school: DeskSchool) -> None:
    link = await invited(school)
    async with school.browser() as guest:
        page = (await guest.get(link)).text
        assert "Ахметова Гүлнар" in page
        assert "Терезе &lt;b&gt;жөндеу" in page
        status = await confirm(guest, link, iin="900101100014", vehicle="123 ABC 02")
        shown = await guest.get(f"{status}/pass")
        assert shown.status_code == 200
        assert 'class="code"' in shown.text
        assert (await guest.get(link)).headers["location"] == status, "opened again it leads to the visit"
    (row,) = all_visits(school.store)
    assert (row.state, row.host, row.decided_by, row.vehicle) == ("approved", "t-1", "host/t-1", "123ABC02")
    assert row.iin_hash is not None
    await school.post()
    assert [str(mail["To"]) for mail in school.mailbox.got] == ["g@example.kz", GUEST, GUEST], "no host is asked"


async def test_sent_twice_and_in_two_tabs_it_is_one_invitation_and_one_visit(school: DeskSchool) -> None:
    async with school.browser() as host:
        await school.sign_in(host)
        form = {**await form_of(host, INVITE), **typed(school)}
        sent = await asyncio.gather(*(host.client.post(INVITE, data=form) for _ in range(3)))
        assert {one.status_code for one in sent} == {303}
    assert len(invitations(school)) == 1
    link = await school.last_link(GUEST)
    async with school.browser() as guest:
        token = await guest.token(link)
        form = {"csrf": token, "name": "Дәулет Оспанов", "consent": "2026-11"}
        sent = await asyncio.gather(*(guest.client.post(link, data=form) for _ in range(4)))
        assert len({one.headers["location"] for one in sent}) == 1
    assert len(all_visits(school.store)) == 1


async def test_what_was_taken_back_or_has_run_out_is_no_page(school: DeskSchool) -> None:
    first = await invited(school)
    (row,) = invitations(school)
    async with school.browser() as host, school.browser() as other, school.browser() as guest:
        await school.sign_in(other, "e@example.kz")
        await other.send(f"{INVITE}/{row.invitation}/withdraw", DESK)
        assert (await guest.get(first)).status_code == 200, "another host's word does nothing"
        await school.sign_in(host)
        assert "Дәулет Оспанов" in (await host.get(DESK)).text
        token = await guest.token(first)
        await host.send(f"{INVITE}/{row.invitation}/withdraw", DESK)
        assert (await guest.get(first)).status_code == 404
        late = await guest.client.post(first, data={"csrf": token, "name": "Дәулет Оспанов", "consent": "2026-11"})
        assert late.status_code == 404
        second = await invited(school)
        school.clock.forward(days=3)
        assert (await guest.get(second)).status_code == 404
    assert all_visits(school.store) == []


async def test_the_host_declines_what_has_become_a_visit(school: DeskSchool) -> None:
    link = await invited(school)
    async with school.browser() as guest, school.browser() as host:
        status = await confirm(guest, link)
        await school.sign_in(host)
        page = f"{DESK}/visit/{all_visits(school.store)[0].visit}"
        assert (await host.send(page, page, deed="decline", reason="Сабақ ауысты")).status_code == 303
        assert (await guest.get(f"{status}/pass")).headers["location"] == status
        assert "Сабақ ауысты" in (await guest.get(status)).text


async def test_a_regular_guest_is_told_the_days(school: DeskSchool) -> None:
    first = (school.clock.now + timedelta(days=1)).date()
    last = (first + timedelta(days=14)).isoformat()
    link = await invited(school, weekday=str(first.isoweekday()), last=last)
    async with school.browser() as guest:
        status = await confirm(guest, link)
        assert (await guest.get(f"{status}/pass")).status_code == 200
    (row,) = all_visits(school.store)
    assert row.weekdays == [first.isoweekday()]


BAD_INVITATION: list[tuple[dict[str, str], str]] = [
    ({"name": ""}, "Аты-жөніңізді жазыңыз."),
    ({"name": "<script>alert(1)</script>"}, "тек әріппен"),
    ({"name": LONG}, "100 таңбадан асырмай"),
    ({"contact": "серик@почта.кз"}, "Мекенжайды тексеріңіз"),
    ({"contact": "a@b.kz\r\nBcc: x@y.kz"}, "Мекенжайды тексеріңіз"),
    ({"category": "pupil"}, "Біреуін таңдаңыз."),
    ({"purpose": "\u202e\u200f"}, "мақсат"),
    ({"date": "2020-01-01"}, "Бұл уақыт өтіп кетті."),
    ({"date": "2099-01-01"}, "Ең көбі 30 күн бұрын"),
    ({"until": "13:00"}, "кейін болуы керек"),
    ({"weekday": "9", "last": "2026-11-11"}, "Біреуін таңдаңыз."),
    ({"entrance": "gate-99"}, "Кіреберісті тізімнен"),
]


@pytest.mark.parametrize(("changes", "said"), BAD_INVITATION)
async def test_each_wrong_field_gets_a_sentence_and_nobody_is_written_to(
    school: DeskSchool, changes: dict[str, str], said: str
) -> None:
    async with school.browser() as host:
        await school.sign_in(host)
        form = {**await form_of(host, INVITE), **typed(school, **changes)}
        found = await host.client.post(INVITE, data=form)
    assert found.status_code == 422
    assert said in found.text
    assert form["invitation"] in found.text, "what was typed stays one form"
    assert "<script>alert" not in found.text
    assert invitations(school) == []


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"consent": ""}, "Келісімсіз"),
        ({"iin": "12"}, "ЖСН қате."),
        ({"companions": LONG}, "асырмай"),
        ({"vehicle": "<b>"}, "Көлік нөмірін"),
        ({"name": "😀😀"}, "тек әріппен"),
    ],
)
async def test_what_a_guest_types_wrong_is_said_and_makes_no_visit(
    school: DeskSchool, changes: dict[str, str], said: str
) -> None:
    link = await invited(school)
    async with school.browser() as guest:
        found = await guest.send(link, link, **{"name": "Дәулет Оспанов", "consent": "2026-11", **changes})
    assert (found.status_code, said in found.text) == (422, True)
    assert all_visits(school.store) == []


async def test_a_forged_form_or_link_invites_nobody(school: DeskSchool) -> None:
    async with school.browser() as host, school.browser() as stranger:
        await school.sign_in(host)
        form = {**await form_of(host, INVITE), **typed(school)}
        for invitation in ("", "../x", "invitation-1", LONG[:300]):
            assert (await host.client.post(INVITE, data={**form, "invitation": invitation})).status_code == 422
        assert (await stranger.get(f"/visit/{SITE}/i/{'A' * 24}")).status_code == 404
    assert invitations(school) == []
