"""A pupil waits at the gate, and the post does not answer: after half a minute the duty administrator's telephone says
where, and who is not named.

Everything is real: the gate's lines, Kafka, the processes, the SMS gateway (Kannel).
"""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from deploy.demo.pupils import CARD_BITS, Person
from deploy.demo.stage import READER, SITE
from deploy.kafka.broker import LocalKafka
from deploy.ports import free_ports
from schemas.envelope import Event
from schemas.gate_act import GateAct
from tests.journey.site import Site, staged
from tests.parts.kannel import PASSWORD, Kannel
from tests.parts.waiting import eventually_async

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(300)]

DUTY = "+77011234567"
QUESTION_AFTER = timedelta(seconds=30)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def school(home: Path, journey_kafka: LocalKafka, kannel: Kannel) -> AsyncIterator[Site]:
    """Give a school with an SMS gateway, and a duty administrator with a telephone."""
    site = staged(home / "school", journey_kafka, free_ports(2))
    site.stage.sms_url = kannel.url
    (site.stage.folder / "keys" / "sms.password").write_text(PASSWORD, encoding="utf-8")
    async with site:
        await site.enters_duty_administrator(phone=DUTY)
        await site.a_pupil_enters_online()
        yield site


async def _asks_about(site: Site, person: Person) -> Event[GateAct]:
    """Let a pupil who is inside already show the card again, which opens nothing and asks."""
    await site.morning.enters(person)
    acts = site.observed.acts_of_credential[site.morning.credential(person)]

    async def asked() -> bool:  # the reader takes the same card for one read for three seconds
        site.morning.school.do("show_card", reader=READER, bits=CARD_BITS, data=person.data.hex())
        return await site.observed.until(lambda: len(acts) > 1, 1)

    await eventually_async(asked, 20)
    assert acts[1].data.verdict == "ask"
    return acts[1]


async def _is_answered(site: Site, person: Person) -> None:
    """Let the guard answer what the gate asks about a pupil, who then walks through."""
    question = await _asks_about(site, person)
    site.morning.school.do("walk_through", direction="entry", within_s=5)
    assert await eventually_async(lambda: site.page.answer(question.id, "admit/known_to_me"), 10) in {204, 303}
    acts = site.observed.acts_of_credential[site.morning.credential(person)]
    assert await site.observed.until(lambda: acts[-1].data.decided_by == "guard", 10)
    assert await site.observed.until(lambda: bool(site.observed.passages_of[acts[-1].data.grant or ""]), 10)


async def test_the_post_answers_one_question_and_the_other_reaches_the_duty_administrators_telephone_once(
    school: Site, kannel: Kannel
) -> None:
    await _is_answered(school, school.pupil())
    waits = await _asks_about(school, school.pupil())

    await eventually_async(lambda: kannel.got(DUTY), 60, saying="the duty administrator was not told")
    told_after = datetime.now(UTC) - waits.time
    assert QUESTION_AFTER <= told_after < QUESTION_AFTER + timedelta(seconds=15), told_after
    wall = waits.time + timedelta(minutes=school.stage.utc_offset_min)
    (sms,) = kannel.got(DUTY)
    assert sms.text == (
        f"Бас кіреберіс: сұраққа жауап жоқ (Оқушы, сағат {wall:%H:%M}). "
        "Бекетке барыңыз немесе бекет бетінде жауап беріңіз."
    )
    assert sms.parts <= 2


async def test_a_web_process_that_was_killed_tells_what_still_waits_and_nothing_twice(
    school: Site, kannel: Kannel
) -> None:
    told = len(kannel.got(DUTY))
    await school.kill("web")
    waits = await _asks_about(school, school.pupil())
    await school.start_again("web")
    await eventually_async(lambda: len(kannel.got(DUTY)) > told, 60, saying="the question was not told")
    names = kannel.names()
    assert names[-1] == f"question_unanswered.{waits.id.replace(':', '-')}.1.duty.{SITE}"
    assert len(names) == len(set(names)) == len(kannel.got(DUTY))
