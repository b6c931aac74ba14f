"""A school morning: who comes to the gate, and what each of the three people who depend on it sees."""

import asyncio
from datetime import UTC, datetime

import pytest
from aiokafka import AIOKafkaProducer

from deploy.demo.page import OpenPage
from deploy.demo.pupils import CARD_BITS, EXPIRED, REVOKED, STAFF, UNKNOWN_CARDS, Person
from deploy.demo.stage import GUARD_LOGIN, GUARD_PASSWORD, READER, SITE
from schemas.topics import CREDENTIAL_READS
from services.kafka_client.connection import topic_name
from services.store.records.credential_reads import CredentialReadRow
from services.store.records.gate_acts import GateActRow
from services.store.records.passages import PassageRow
from tests.journey.site import Site
from tests.parts.waiting import eventually_async

pytestmark = pytest.mark.asyncio(loop_scope="module")

REVOKED_WITHIN_MS = 1000


async def test_a_pupil_shows_a_card_and_walks_in(site: Site) -> None:
    """Read, decision, unlock, passage; the guard's page has the name; each told once."""
    person = site.pupil()
    await site.morning.enters(person)
    assert site.morning.missed == []
    act = site.observed.acts_of_credential[site.morning.credential(person)][0]
    assert (act.data.verdict, act.data.reason, act.data.decided_by) == ("admit", "valid", "online")
    assert [passage.data.outcome for passage in site.observed.passages_of[act.data.grant or ""]] == ["entered"]
    assert await site.page.until(lambda: act.data.read in site.page.seen_at, 5)
    await site.holds()


@pytest.mark.parametrize(
    ("person", "reason"),
    [
        (Person("nobody", "?", "", "visitor", UNKNOWN_CARDS[0]), "unknown_credential"),
        (REVOKED, "revoked"),
        (EXPIRED, "expired"),
    ],
    ids=["an unknown card", "a revoked card", "an expired card"],
)
async def test_somebody_who_may_not_enter_is_refused_and_the_post_is_told_why(
    site: Site, person: Person, reason: str
) -> None:
    """The gate stays shut, the guard's page says the reason."""
    await site.morning.is_refused(person, reason)
    assert site.morning.missed == []
    await site.holds()


async def test_a_pupil_who_is_inside_already_is_asked_about_and_not_refused(site: Site) -> None:
    """Anti-passback: the same card again opens nothing, and an enrolled pupil is never refused."""
    person = site.pupil()
    await site.morning.enters(person)
    school = site.morning.school
    place = len(school.told)

    async def asked() -> bool:  # the reader takes the same card for one read for three seconds
        school.do("show_card", reader=READER, bits=CARD_BITS, data=person.data.hex())
        return await site.observed.until(
            lambda: len(site.observed.acts_of_credential[site.morning.credential(person)]) == 2, 1
        )

    await eventually_async(asked, 10)
    act = site.observed.acts_of_credential[site.morning.credential(person)][1]
    assert (act.data.verdict, act.data.reason, act.data.grant) == ("ask", "already_inside", None)
    assert not [told for told in school.told[place:] if told["event"] == "relay_closed"]


async def test_a_card_revoked_a_moment_ago_is_refused(site: Site) -> None:
    """One record from administration, and no restart of anything."""
    person = STAFF[0]
    await asyncio.to_thread(site.stage.run, "credential", "revoke", "--site", SITE, "--holder", person.holder)
    said_at = datetime.now(UTC)
    await site.morning.is_refused(person, "revoked")
    assert site.morning.missed == []
    act = site.observed.acts_of_credential[site.morning.credential(person)][0]
    assert (act.time - said_at).total_seconds() * 1000 < REVOKED_WITHIN_MS


async def test_a_forced_passage_raises_one_alarm_and_every_open_page_learns_who_acknowledged_it(site: Site) -> None:
    """Two pages are open; one guard presses the button; both show it confirmed."""
    other = OpenPage(site.stage.url, GUARD_LOGIN, GUARD_PASSWORD)
    await other.sign_in()
    listening = asyncio.create_task(other.listen())
    try:
        await site.morning.forces()
        assert site.morning.missed == []
        (alarm,) = [name for name, events in site.observed.alarms.items() if events[0].data.rule == "forced"]
        versions = [event.data for event in site.observed.alarms[alarm]]
        assert [(version.version, version.state) for version in versions] == [(1, "raised"), (2, "acknowledged")]
        assert versions[-1].changed_by == GUARD_LOGIN
        assert await other.until(lambda: other.versions.get(alarm) == versions[-1].version, 5)
    finally:
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
        await other.close()
    await site.holds()


async def test_a_panic_press_is_on_the_page_and_at_the_police_at_once_and_a_second_press_joins_it(site: Site) -> None:
    """Two presses, two acknowledgements by the receiver, one alarm."""
    await site.morning.presses_panic()
    await site.morning.presses_panic()
    assert site.morning.missed == []
    (alarm,) = [name for name, events in site.observed.alarms.items() if events[0].data.rule == "panic"]
    assert set(site.observed.alarms[alarm][-1].data.joined) == set(site.observed.panics)
    outcomes = {
        press: [event.data.outcome for event in site.observed.deliveries[press]] for press in site.observed.panics
    }
    assert outcomes == {press: ["acknowledged"] for press in site.observed.panics}
    await site.holds()


async def test_a_read_that_is_delivered_twice_is_decided_once_and_opens_once(site: Site) -> None:
    """Somebody sends the same signed record again: the same bytes are answered, nothing else happens."""
    person = site.pupil()
    await site.morning.enters(person)
    read = site.observed.acts_of_credential[site.morning.credential(person)][0].data.read
    envelope = site.observed.reads[read].envelope
    assert envelope is not None
    closed = [told for told in site.morning.school.told if told["event"] == "relay_closed"]
    producer = AIOKafkaProducer(bootstrap_servers=site.kafka.bootstrap)
    await producer.start()
    try:
        partition = site.configuration.placement().partition(CREDENTIAL_READS, SITE)
        await producer.send_and_wait(
            topic_name(site.configuration, CREDENTIAL_READS),
            site.observed.raw[read],
            SITE.encode(),
            partition=partition,
        )
    finally:
        await producer.stop()
    assert await site.observed.until(lambda: len(site.observed.decisions[read]) == 2, 10)
    first, again = site.observed.decisions[read]
    assert first == again
    await site.a_pupil_enters()
    assert len([told for told in site.morning.school.told if told["event"] == "relay_closed"]) == len(closed) + 1
    await site.holds()


async def test_the_store_remembers_each_thing_once(site: Site) -> None:
    """After the morning: as many rows as there were reads, acts and passages."""
    await site.recorded(
        (CredentialReadRow, len(site.observed.reads)),
        (GateActRow, len(site.observed.acts)),
        (PassageRow, len(site.observed.passages)),
    )
