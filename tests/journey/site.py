"""One site with all its processes running, for a story: the demo's own stage and hands, on a broker that a story
may end.
"""

import asyncio
import base64
import os
import signal
from contextlib import closing
from pathlib import Path
from typing import Self

from sqlmodel import Session, SQLModel, func, select

from deploy.demo.morning import Morning
from deploy.demo.observed import Observed
from deploy.demo.page import OpenPage
from deploy.demo.processes import stop_all
from deploy.demo.pupils import CARD_BITS, EXPIRED, REVOKED, STAFF, UNKNOWN_CARDS, VISITOR, Person, pupils
from deploy.demo.report import broken_promises
from deploy.demo.school_talk import SchoolTalk
from deploy.demo.screen import Screen
from deploy.demo.stage import BRIDGE, GUARD_LOGIN, GUARD_PASSWORD, READER, RECEIVER, SCHOOL, SERVICES, SITE, Stage
from deploy.kafka.broker import LocalKafka
from services.settings import Configuration
from services.store import outbox, users
from services.store.database import Store
from services.store.users import UserRole
from tests.parts.waiting import eventually_async

PUPILS = pupils(200)
RECORDED_WITHIN_S = 20.0
NOBODY = Person("nobody", "?", "", "visitor", UNKNOWN_CARDS[-1])


class Site:
    """A school with one gate, a guard with an open page, and a witness of the stream. Use it as an async context."""

    def __init__(self, stage: Stage, kafka: LocalKafka) -> None:
        """Take a stage whose settings can still be changed."""
        self.stage = stage
        self.kafka = kafka
        self.observed = Observed()
        self.page = OpenPage(stage.url, GUARD_LOGIN, GUARD_PASSWORD)
        self._tasks: list[asyncio.Task[None]] = []
        self._fresh = iter(PUPILS)

    async def __aenter__(self) -> Self:
        """Start everything and wait until everything serves."""
        stage = self.stage
        stage.stream_partitions, stage.gate_partitions = 3, 6
        stage.prepare()
        seed = stage.seed([*PUPILS, *STAFF, VISITOR, REVOKED, EXPIRED])
        stage.start(SCHOOL)
        stage.start(RECEIVER)
        await asyncio.to_thread(stage.run, "store", "upgrade")
        await asyncio.to_thread(stage.run, "topics", "apply")
        await asyncio.to_thread(stage.run, "seed", str(seed))
        for name in SERVICES:
            stage.start(name)
        for name in SERVICES:
            await asyncio.to_thread(stage.ready, name)
        await self._is_published()
        stage.start(BRIDGE)
        await asyncio.to_thread(stage.ready, BRIDGE)
        await self.page.sign_in()
        self._tasks = [
            asyncio.create_task(self.observed.follow(self.configuration)),
            asyncio.create_task(self.page.listen()),
        ]
        await asyncio.wait_for(self.page.opened.wait(), 10)
        card_key = base64.b64decode((stage.folder / "keys" / "cards.key").read_text(encoding="ascii"))
        screen = Screen(len(PUPILS))
        screen.console.quiet = True
        self.morning = Morning(SchoolTalk(stage.running[SCHOOL]), self.observed, self.page, card_key, READER, screen)
        return self

    async def __aexit__(self, *_: object) -> None:
        """End everything."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.page.close()
        await asyncio.to_thread(stop_all, list(self.stage.running.values()))

    async def _is_published(self) -> None:
        """Wait until the school's policy is with the broker: what a gate says whose key nobody knows yet is a dead
        letter.
        """
        with closing(Store.of(self.configuration)) as store:
            await eventually_async(lambda: not store.read_now(lambda session: outbox.unsent(session, 1)), 30)

    @property
    def configuration(self) -> Configuration:
        """Give the services' settings as they read them."""
        return Configuration.load(self.stage.settings)

    def pupil(self) -> Person:
        """Give a pupil who has not come yet."""
        return next(self._fresh)

    async def a_pupil_enters(self) -> str:
        """Let a pupil come in, as ``Morning.enters`` sees it, and give who decided: ``online`` or ``gate``."""
        person = self.pupil()
        self.morning.missed.clear()
        await self.morning.enters(person)
        assert self.morning.missed == []
        return self.observed.acts_of_credential[self.morning.credential(person)][0].data.decided_by

    async def a_pupil_enters_online(self) -> None:
        """Let pupils come in until the stream decides again, as it must soon after everything is back."""

        async def decided() -> bool:
            return await self.a_pupil_enters() == "online"

        await eventually_async(decided, 30, saying="the gate went on deciding alone")

    async def enters_duty_administrator(self, phone: str | None = None) -> None:
        """Enter the one who is asked about what the guard may not allow alone."""
        with closing(Store.of(self.configuration)) as store:
            await store.write(
                lambda session: users.put(
                    session,
                    site=SITE,
                    login="duty",
                    name="Кезекші",
                    role=UserRole.DUTY_ADMIN,
                    language="kk",
                    password="a good one",
                    by="t",
                    phone=phone,
                )
            )

    async def kill(self, name: str) -> None:
        """End a process as a power cut would."""
        process = self.stage.running[name].process
        os.kill(process.pid, signal.SIGKILL)
        await asyncio.to_thread(process.wait)

    async def start_again(self, name: str) -> None:
        """Start a process that was killed and wait until it serves."""
        log = self.stage.folder / "logs" / f"{name}.log"
        log.rename(log.with_suffix(f".{len(list(log.parent.iterdir()))}.log"))
        self.stage.start(name)
        await asyncio.to_thread(self.stage.ready, name)
        if name == BRIDGE:
            await eventually_async(self._answers_a_card, 20, saying="the reader answers no card")

    async def _answers_a_card(self) -> bool:
        """Show a card that nobody knows: in the first second of a session the gate takes none, so people show
        theirs again.
        """
        school = self.morning.school
        place = school.do("show_card", reader=READER, bits=CARD_BITS, data=NOBODY.data.hex())
        return await school.hears("lamp", place, within_s=1.0, look="denied") is not None

    async def holds(self) -> None:
        """Assert that every promise of the way holds, as soon as what is under way has come to its end."""

        def kept() -> bool:
            broken = broken_promises(self.observed)
            assert not broken, "; ".join(broken)
            return True

        await eventually_async(kept, 30)

    async def recorded(self, *tables: tuple[type[SQLModel], int]) -> None:
        """Assert that the store comes to have exactly so many rows of each table."""

        def counted(session: Session) -> list[int]:
            return [session.exec(select(func.count()).select_from(table)).one() for table, _ in tables]

        async def all_there() -> bool:
            assert await store.read(counted) == [count for _, count in tables]
            return True

        with closing(Store.of(self.configuration)) as store:
            await eventually_async(all_there, RECORDED_WITHIN_S)


def staged(folder: Path, kafka: LocalKafka, ports: list[int], prefix: str = "") -> Site:
    """Make a site that is not started yet."""
    return Site(Stage(folder, kafka.bootstrap, prefix=prefix, web_port=ports[0], receiver_port=ports[1]), kafka)
