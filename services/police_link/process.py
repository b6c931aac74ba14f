"""The police link as a process: follows policies, panics and alarms, tells the receiver, and produces the deliveries.

Nothing here decides.
"""

import asyncio
import logging
import signal
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import cast

from schemas.alarm import Alarm
from schemas.catalogue import Said
from schemas.envelope import Event, RefusedRecord
from schemas.panic import Panic
from schemas.reasons import Refused
from schemas.setting import WrongSetting
from schemas.topics import ALARMS, BY_NAME, DAY_S, DELIVERIES, PANICS, SITE_POLICIES, Role, Topic
from schemas.trust import Trust, read_policy
from services.kafka_client.follower import Follower, Kept, Start
from services.kafka_client.producer import RecordProducer, Undeliverable
from services.kafka_client.topics_admin import require
from services.police_link.dc09 import KEY_BYTES, accounts_that_are_none
from services.police_link.ledger import Held, Ledger
from services.police_link.notice import Notice, of_alarm, of_panic
from services.police_link.teller import Teller
from services.settings import Configuration, PoliceLinkSettings

FIRST_START_SINCE = timedelta(minutes=10)
"""A link without a ledger tells what is so old at most, and not the presses of a month ago that Kafka still keeps."""

HELD_FOR_S = 10.0
"""So long a record waits for the policy that names its signer: nothing orders two topics."""

_KEPT_FOR = timedelta(seconds=40 * DAY_S)
_LATER_KNOWN = frozenset({Refused.UNKNOWN_SIGNER, Refused.FOREIGN_SITE})
"""A policy that is on its way may know this gate, or know it as another site's."""

_STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)

logger = logging.getLogger(__name__)


def run(configuration: Configuration) -> None:
    """Run the police link until SIGTERM.

    Raises WrongSetting, and TopicsNotReady when a topic is missing or wrongly partitioned.
    """
    settings = configuration.section("police_link", PoliceLinkSettings)
    link = PoliceLink(configuration, settings)
    try:
        asyncio.run(link.serve())
    finally:
        link.close()


def encryption_key(configuration: Configuration, settings: PoliceLinkSettings) -> bytes | None:
    """Read the receiver's AES key (32, 48 or 64 hex digits in a file); None when frames go in the clear.

    Raises WrongSetting, never with the content.
    """
    if settings.encryption_key_file is None:
        return None
    where = f"setting police_link.encryption_key_file: {settings.encryption_key_file}"
    try:
        key = bytes.fromhex(configuration.path(settings.encryption_key_file).read_text(encoding="ascii").strip())
    except OSError as error:
        message = f"{where}: {error.strerror}"
        raise WrongSetting(message) from error
    except ValueError as error:
        message = f"{where} is not hex digits"
        raise WrongSetting(message) from error
    if len(key) not in KEY_BYTES:
        message = f"{where} holds {len(key)} bytes, an AES key has 16, 24 or 32"
        raise WrongSetting(message)
    return key


class PoliceLink:
    """Wires the parts of the process together."""

    def __init__(self, configuration: Configuration, settings: PoliceLinkSettings) -> None:
        """Check the settings and open the ledger; raises WrongSetting."""
        if wrong := accounts_that_are_none(list(settings.accounts.values())):
            message = f"setting police_link.accounts: {wrong[0]!r} is no account (3 to 16 hex digits, capitals)"
            raise WrongSetting(message)
        self._configuration = configuration
        self._trust = configuration.trust()
        signer = configuration.signer(Role.POLICE_LINK, "police_link.signing_key", settings.signing_key)
        key = encryption_key(configuration, settings)
        self._ledger = Ledger(configuration.path(settings.data_dir) / "ledger.sqlite")
        self._teller = Teller(settings, self._ledger, signer, configuration.placement(), key)
        self._held_until: dict[Held, float] = {}

    def close(self) -> None:
        """Close the ledger."""
        self._ledger.close()

    async def serve(self) -> None:
        """Serve until a stop signal."""
        stopping = asyncio.Event()
        for number in _STOP_SIGNALS:
            asyncio.get_running_loop().add_signal_handler(number, stopping.set)
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(_raise_when(stopping))
                tasks.create_task(self._teller.run())
                tasks.create_task(self._produce())
                tasks.create_task(self._follow(tasks))
        except BaseExceptionGroup as group:
            failed = [error for error in group.exceptions if not isinstance(error, _Stopped)]
            if failed:
                raise failed[0] from None

    async def _follow(self, tasks: asyncio.TaskGroup) -> None:
        await require(self._configuration, (SITE_POLICIES, PANICS, ALARMS, DELIVERIES))
        policies = Follower(self._configuration, (SITE_POLICIES,))
        tasks.create_task(self._learn(policies))
        await policies.wait_caught_up()
        starts = {
            topic.name: Start(since=FIRST_START_SINCE, offsets=self._ledger.positions(topic.name))
            for topic in (PANICS, ALARMS)
        }
        events = Follower(self._configuration, (PANICS, ALARMS), starts=starts)
        tasks.create_task(_say_ready(events))
        async for batch in events.batches():
            self._take(batch)
            self._look_again()

    async def _learn(self, policies: Follower) -> None:
        async for batch in policies.batches():
            for record in batch:
                try:
                    read_policy(self._trust, record.partition, record.value)
                except RefusedRecord as refused:
                    _log_refused(record.topic, record.partition, record.offset, refused)
            self._look_again()

    def _take(self, batch: list[Kept]) -> None:
        if not batch:
            return
        notices: list[Notice] = []
        held: list[Held] = []
        for record in batch:
            try:
                notices.extend(self._notices(record.topic, record.partition, record.value))
            except RefusedRecord as refused:
                if refused.reason in _LATER_KNOWN and record.value is not None:
                    held.append(Held(record.topic.name, record.partition, record.offset, record.value))
                else:
                    _log_refused(record.topic, record.partition, record.offset, refused)
        self._ledger.take(batch, notices, held)
        self._note(notices)

    def _look_again(self) -> None:
        """Judge again what waits for its signer; what has waited long enough is refused for good."""
        now_s = asyncio.get_running_loop().time()
        for record in self._ledger.held():
            until_s = self._held_until.setdefault(record, now_s + HELD_FOR_S)
            try:
                notices = self._notices(BY_NAME[record.topic], record.partition, record.value)
            except RefusedRecord as refused:
                if refused.reason in _LATER_KNOWN and now_s < until_s:
                    continue
                _log_refused(BY_NAME[record.topic], record.partition, record.offset, refused)
                notices = []
            self._ledger.release(record, notices)
            self._held_until.pop(record, None)
            self._note(notices)

    def _notices(self, topic: Topic, partition: int, value: bytes | None) -> list[Notice]:
        return notices_of(self._trust, topic, partition, value)

    def _note(self, notices: Iterable[Notice]) -> None:
        for notice in notices:
            logger.info("to_tell event=%s site=%s code=%s", notice.event, notice.site, notice.code)
            self._teller.news()

    async def _produce(self) -> None:
        producer = RecordProducer(self._configuration)
        try:
            while True:
                self._teller.deliveries.clear()
                rows = self._ledger.deliveries()
                if not rows:
                    self._ledger.forget(datetime.now(UTC) - _KEPT_FOR)
                    await self._teller.deliveries.wait()
                    continue
                try:
                    await producer.deliver([record for _, record in rows])
                except Undeliverable as error:
                    logger.error("delivery_undeliverable cause=%s", error)  # noqa: TRY400  the cause is in the text
                    rows = [row for row in rows if row[1] == error.record]
                self._ledger.delivered(number for number, _ in rows)
        finally:
            await producer.stop()


def notices_of(trust: Trust, topic: Topic, partition: int, value: bytes | None) -> list[Notice]:
    """Give what a record means for the police: one notice or none. Raises RefusedRecord."""
    event: Event[Said] = trust.read(topic, partition, value)
    match event.data:
        case Panic():
            return [of_panic(cast("Event[Panic]", event))]
        case Alarm():
            notice = of_alarm(cast("Event[Alarm]", event))
            return [] if notice is None else [notice]
    return []


class _Stopped(Exception):  # noqa: N818  no error: somebody asked us to stop
    pass


async def _raise_when(stopping: asyncio.Event) -> None:
    await stopping.wait()
    raise _Stopped


async def _say_ready(events: Follower) -> None:
    await events.wait_caught_up()
    logger.info("ready process=police-link")


def _log_refused(topic: Topic, partition: int, offset: int, refused: RefusedRecord) -> None:
    logger.warning(
        "record_refused topic=%s partition=%d offset=%d reason=%s detail=%r",
        topic.name,
        partition,
        offset,
        refused.reason,
        refused.detail,
    )
