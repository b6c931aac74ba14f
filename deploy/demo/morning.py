"""One school morning at one gate, as a story: who comes, what goes wrong, what the guard does. Each scene tells
what it missed.
"""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from datetime import UTC, datetime
from types import MappingProxyType

from deploy.demo.observed import Observed
from deploy.demo.page import OpenPage
from deploy.demo.pupils import CARD_BITS, EXPIRED, REVOKED, STAFF, UNKNOWN_CARDS, VISITOR, Person, pupils
from deploy.demo.report import Measured
from deploy.demo.school_talk import SchoolTalk
from deploy.demo.screen import Screen
from deploy.demo.telling import Told, moment
from schemas.envelope import Event
from schemas.gate_act import GateAct
from schemas.keyed_hash import credential_hash

PUPILS = 200
PATIENCE_S = 10.0
WALKS_WITHIN_S = 4.0
BUTTON = "post-1"
ENTRY = "entry"


class Morning:
    """Plays the morning through the school's end of the line, the stream's witness and one open guard's page."""

    def __init__(
        self, school: SchoolTalk, observed: Observed, page: OpenPage, card_key: bytes, reader: str, screen: Screen
    ) -> None:
        """Take everything that the story needs; ``card_key`` tells which read is whose."""
        self.school = school
        self._observed = observed
        self._page = page
        self._card_key = card_key
        self._reader = reader
        self._screen = screen
        self.measured = Measured()
        self.missed: list[str] = []

    async def play(self, beside: Mapping[int, Callable[[], Awaitable[None]]] = MappingProxyType({})) -> None:
        """Play everything, the people in a queue and the trouble in between; ``beside`` has more scenes, by the place
        in the queue after which they come.
        """
        scenes = _trouble()
        for place, person in enumerate([*STAFF, VISITOR, *pupils(PUPILS)]):
            await self.enters(person)
            self._screen.advance()
            if place % 10 == 9:  # noqa: PLR2004  every tenth
                await self._scene(next(scenes))
            if place in beside:
                await beside[place]()

    async def _scene(self, scene: tuple[str, Person | None]) -> None:
        name, person = scene
        if person is not None:
            await self.is_refused(person, name)
        elif name == "forced":
            await self.forces()
        else:
            await self.presses_panic()

    async def enters(self, person: Person) -> None:
        """Somebody with a good card: read, decision, unlock, passage."""
        before = self._acts_of(person)
        place = self.school.do("show_card", reader=self._reader, bits=CARD_BITS, data=person.data.hex())
        self.school.do("walk_through", direction=ENTRY, within_s=WALKS_WITHIN_S)
        act = await self._act_after(person, before)
        shown = await self.school.hears("card_shown", place)
        closed = await self.school.hears("relay_closed", place, within_s=PATIENCE_S)
        if act is None or shown is None or closed is None or act.data.grant is None:
            self.missed.append(f"{person.holder} was not let in")
            return
        unlock_ms = (closed["s"] - shown["s"]) * 1000
        self.measured.card_to_unlock_ms.append(unlock_ms)
        grant = act.data.grant
        if not await self._observed.until(lambda: bool(self._observed.passages_of[grant]), PATIENCE_S):
            self.missed.append(f"{person.holder} was let in and no passage was told")
            return
        self._screen.entered(person, act, unlock_ms, self._observed.passages_of[grant][0].data.outcome)

    async def is_refused(self, person: Person, reason: str) -> None:
        """Somebody who may not enter: refused with the reason, told at the post, and the gate stays shut."""
        before = self._acts_of(person)
        place = self.school.do("show_card", reader=self._reader, bits=CARD_BITS, data=person.data.hex())
        act = await self._act_after(person, before)
        shown = await self.school.hears("card_shown", place)
        if act is None or shown is None or act.data.reason != reason or act.data.grant is not None:
            self.missed.append(f"{person.holder} was not refused with {reason}")
            return
        page_ms = await self._seen_after(act.data.read, shown)
        if page_ms is not None:
            self.measured.alarm_to_page_ms.append(page_ms)
            self._screen.refused(person, act, page_ms)

    async def forces(self) -> None:
        """Somebody goes through a locked turnstile: an alarm on the guard's page, who acknowledges it."""
        before = self._joined("forced")
        place = self.school.do("force", direction=ENTRY)
        if not await self._observed.until(lambda: self._joined("forced") != before, PATIENCE_S):
            self.missed.append("a forced passage raised no alarm")
            return
        told = await self.school.hears("forced", place)
        event = self._joined("forced")[-1]
        page_ms = await self._seen_after(event, told) if told is not None else None
        if page_ms is not None:
            self.measured.alarm_to_page_ms.append(page_ms)
            self._screen.alarm("forced", page_ms, None)
        await self._guard_acknowledges("forced")

    async def presses_panic(self) -> None:
        """Somebody presses the button: on the guard's page and acknowledged by the police receiver, at once."""
        before = len(self._observed.panics)
        place = self.school.do("press_panic", button=BUTTON)
        pressed = await self.school.hears("panic_pressed", place)
        if pressed is None or not await self._observed.until(lambda: len(self._observed.panics) > before, PATIENCE_S):
            self.missed.append("a press of the panic button came to nobody")
            return
        press = list(self._observed.panics)[-1]
        page_ms = await self._seen_after(press, pressed)
        await self._observed.until(lambda: bool(self._observed.deliveries[press]), PATIENCE_S)
        answered = [
            event.data.answered_at for event in self._observed.deliveries[press] if event.data.outcome == "acknowledged"
        ]
        ack_ms = (answered[0] - moment(pressed)).total_seconds() * 1000 if answered and answered[0] else None
        if page_ms is None or ack_ms is None:
            self.missed.append(f"panic {press}: on the page {page_ms} ms, at the police {ack_ms} ms")
            return
        self.measured.alarm_to_page_ms.append(page_ms)
        self.measured.alarm_to_ack_ms.append(ack_ms)
        self._screen.alarm("panic", page_ms, ack_ms)
        await self._observed.until(lambda: press in self._joined("panic"), PATIENCE_S)
        await self._guard_acknowledges("panic")

    async def _guard_acknowledges(self, rule: str) -> None:
        alarm = self._open_alarm(rule)
        if alarm is None or any(event.data.state == "acknowledged" for event in self._observed.alarms[alarm]):
            return
        started = datetime.now(UTC)
        status = await self._page.acknowledge(alarm)
        known = self._observed.alarms[alarm]
        if not await self._observed.until(
            lambda: any(event.data.state == "acknowledged" for event in known), PATIENCE_S
        ):
            self.missed.append(f"{rule}: the acknowledgement (status {status}) did not come back")
            return
        version = max(event.data.version for event in known)
        if not await self._page.until(lambda: self._page.versions.get(alarm, 0) >= version, PATIENCE_S):
            self.missed.append(f"{rule}: the page does not show the acknowledgement")
            return
        self._screen.acknowledged(rule, (datetime.now(UTC) - started).total_seconds() * 1000)

    async def _act_after(self, person: Person, before: int) -> Event[GateAct] | None:
        await self._observed.until(lambda: self._acts_of(person) > before, PATIENCE_S)
        acts = self._observed.acts_of_credential[self.credential(person)]
        return acts[before] if len(acts) > before else None

    def _acts_of(self, person: Person) -> int:
        return len(self._observed.acts_of_credential[self.credential(person)])

    def credential(self, person: Person) -> str:
        """Give the keyed hash under which the stream knows a person's card."""
        return credential_hash(self._card_key, CARD_BITS, person.data)

    def _open_alarm(self, rule: str) -> str | None:
        return next(
            (alarm for alarm, events in reversed(self._observed.alarms.items()) if events[0].data.rule == rule), None
        )

    def _joined(self, rule: str) -> list[str]:
        alarm = self._open_alarm(rule)
        return max((event.data.joined for event in self._observed.alarms[alarm]), key=len) if alarm else []

    async def _seen_after(self, event: str, cause: Told) -> float | None:
        if not await self._page.until(lambda: event in self._page.seen_at, PATIENCE_S):
            self.missed.append(f"{event} did not come to the guard's page")
            return None
        return (self._page.seen_at[event] - moment(cause)).total_seconds() * 1000


def _trouble() -> Iterator[tuple[str, Person | None]]:
    unknown = [Person(f"unknown-{card}", "?", "", "visitor", card) for card in UNKNOWN_CARDS]
    while True:
        yield "revoked", REVOKED
        yield "panic", None
        yield "unknown_credential", unknown[0]
        yield "forced", None
        yield "expired", EXPIRED
        yield "unknown_credential", unknown[1]
        yield "panic", None
