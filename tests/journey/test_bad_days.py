"""Bad days at one gate: a process is killed, the broker is gone, somebody starts a second bridge. Nothing is lost,
nothing happens twice.
"""

import asyncio
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest

from deploy.demo.stage import BRIDGE, SERVICES
from schemas.ids import EventId
from services.store.records.credential_reads import CredentialReadRow
from services.store.records.gate_acts import GateActRow
from services.store.records.passages import PassageRow
from tests.journey.site import Site

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(300)]

A_MINUTE_S = 60.0
BRIDGE_PROGRAM = str(Path(sys.executable).with_name("qaqpa-bridge"))


@pytest.mark.parametrize("name", [name for name in SERVICES if name != "admission"])
async def test_a_killed_service_is_not_missed_at_the_gate_and_comes_back_to_everything(site: Site, name: str) -> None:
    """While it is gone pupils enter by the stream's word; when it is back nothing was lost and nothing told twice."""
    await site.a_pupil_enters_online()
    await site.kill(name)
    assert await site.a_pupil_enters() == "online"
    await site.start_again(name)
    await site.a_pupil_enters_online()
    await site.holds()


async def test_with_admission_killed_the_gate_decides_alone_and_asks_again_when_it_is_back(site: Site) -> None:
    """No pupil waits outside for a worker."""
    await site.a_pupil_enters_online()
    await site.kill("admission")
    assert [await site.a_pupil_enters() for _ in range(3)] == ["gate"] * 3
    await site.start_again("admission")
    await site.a_pupil_enters_online()
    await site.holds()


async def test_a_killed_bridge_comes_back_with_its_journal(site: Site) -> None:
    """The power went at the gate PC: what was told stays told, and the next pupil enters."""
    await site.a_pupil_enters_online()
    await site.kill(BRIDGE)
    await site.start_again(BRIDGE)
    await site.a_pupil_enters_online()
    await site.holds()


async def test_a_press_while_alarming_and_police_link_are_dead_is_on_the_page_at_once_and_at_the_police_when_it_is_back(
    site: Site,
) -> None:
    """A press is an alarm without anybody's help."""
    await site.kill("alarming")
    await site.kill("police-link")
    before = set(site.observed.panics)
    site.morning.school.do("press_panic", button="post-1")
    assert await site.observed.until(lambda: set(site.observed.panics) > before, 5)
    (press,) = set(site.observed.panics) - before
    assert await site.page.until(lambda: press in site.page.seen_at, 2)
    await site.start_again("police-link")
    await site.start_again("alarming")
    assert await site.observed.until(lambda: bool(site.observed.deliveries[press]), 10)
    assert [event.data.outcome for event in site.observed.deliveries[press]] == ["acknowledged"]

    def raised() -> int:
        return sum(press in events[-1].data.joined for events in site.observed.alarms.values())

    assert await site.observed.until(lambda: raised() > 0, 20)
    await site.holds()
    assert raised() == 1


async def test_a_second_bridge_for_the_same_gate_is_refused_and_says_so(site: Site) -> None:
    """One process owns a gate; the first goes on."""
    command = [BRIDGE_PROGRAM, "run", "--settings", str(site.stage.gate_settings)]
    second = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, timeout=30, check=False)
    assert second.returncode == 2
    assert "almaty-042-main" in second.stderr
    await site.a_pupil_enters()


async def test_kafka_is_gone_for_a_minute_and_the_gate_lets_everybody_in_alone(site: Site) -> None:
    """The journal drains in order when it is back; a late read opens nothing; the stream and the store then have
    everything.
    """
    await site.a_pupil_enters_online()
    site.kafka.kill()
    gone_at_s = asyncio.get_running_loop().time()
    shown = 0
    school = site.morning.school
    while asyncio.get_running_loop().time() - gone_at_s < A_MINUTE_S:
        person = site.pupil()
        place = school.do("show_card", reader="main-entry", bits=26, data=person.data.hex())
        school.do("walk_through", direction="entry", within_s=4.0)
        assert await school.hears("walked", place, within_s=6.0) is not None
        shown += 1
    relays = len([told for told in school.told if told["event"] == "relay_closed"])
    reads = len(site.observed.reads)
    site.kafka.start()
    await asyncio.to_thread(site.kafka.wait_ready)
    assert await site.observed.until(lambda: len(site.observed.reads) == reads + shown, 60)
    await site.holds()
    alone = list(site.observed.reads)[reads:]
    assert {site.observed.acts[read][0].data.decided_by for read in alone} == {"gate"}
    assert all(site.observed.decisions[read][0].data.late for read in alone)
    assert len([told for told in school.told if told["event"] == "relay_closed"]) == relays, (
        "a late decision opened the gate"
    )
    numbers = [EventId.parse(read) for read in site.observed.reads]
    assert all(earlier < later for earlier, later in pairwise(numbers)), "the journal drained out of order"
    await site.a_pupil_enters_online()


async def test_kafka_is_not_there_when_the_bridge_starts(site: Site) -> None:
    """A gate PC that starts in a power cut of the data centre works from the policy on its disk."""
    await site.kill(BRIDGE)
    site.kafka.kill()
    await site.start_again(BRIDGE)
    school = site.morning.school
    person = site.pupil()
    place = school.do("show_card", reader="main-entry", bits=26, data=person.data.hex())
    school.do("walk_through", direction="entry", within_s=4.0)
    assert await school.hears("walked", place, within_s=8.0) is not None
    site.kafka.start()
    await asyncio.to_thread(site.kafka.wait_ready)
    await site.a_pupil_enters_online()
    await site.holds()


async def test_after_all_this_the_store_has_each_thing_once(site: Site) -> None:
    """As many rows as there were reads, acts and passages in the stream."""
    await site.recorded(
        (CredentialReadRow, len(site.observed.reads)),
        (GateActRow, len(site.observed.acts)),
        (PassageRow, len(site.observed.passages)),
    )
