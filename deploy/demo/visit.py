"""A parent's visit in the morning: asked for on the portal, answered from a mail, shown at the gate, and shown again by
somebody who took a picture of it.
"""

import asyncio
from datetime import UTC, datetime, timedelta

from deploy.demo.mails import Mails
from deploy.demo.morning import ENTRY, PATIENCE_S, WALKS_WITHIN_S, Morning
from deploy.demo.observed import Observed
from deploy.demo.screen import Screen
from deploy.demo.stage import HOST_EMAIL, HOST_NAME, MAIL, SCANNER, SITE, Stage
from deploy.demo.visitor import Asking, Visitor, host_answers
from schemas.envelope import Event
from schemas.gate_act import GateAct
from schemas.pass_token import credential_of

NAME, CONTACT, PURPOSE = "Серік Ахметов", "serik@example.kz", "Ата-аналар жиналысы"
_OPENS_WITHIN_S = 30.0


class Visit:
    """One visit through a morning; what it missed goes to the morning's list."""

    def __init__(self, stage: Stage, morning: Morning, observed: Observed, screen: Screen) -> None:
        """Take the stage and the morning that it is part of."""
        self._stage = stage
        self._morning = morning
        self._observed = observed
        self._screen = screen
        self._opening: asyncio.Task[None] | None = None
        self._token = ""
        self._credential = ""
        self.mails: Mails | None = None

    def opens(self) -> None:
        """Let the school open to visitors, beside whatever else goes on."""
        self._opening = asyncio.create_task(asyncio.to_thread(self._stage.open_to_visitors))

    async def comes(self) -> None:
        """Ask, be answered, come, and walk in."""
        phone = Visitor(self._stage.url, SITE)
        try:
            missed = await self._gets_a_pass(phone) or await self._walks_in()
        finally:
            await phone.close()
        if missed:
            self._morning.missed.append(f"{NAME}, who asked on the portal: {missed}")

    async def shows_it_again(self) -> None:
        """Show the used pass once more: the gate stays shut and says why."""
        act, _ = await self._shown()
        if act is None or (act.data.reason, act.data.grant) != ("pass_used", None):
            self._morning.missed.append(f"a used pass was answered with {act.data.reason if act else 'nothing'}")
        else:
            self._screen.pass_refused(NAME, act)

    async def _gets_a_pass(self, phone: Visitor) -> str | None:
        if self._opening is not None:
            await asyncio.wait_for(self._opening, _OPENS_WITHIN_S)
        self.mails = Mails(self._stage.running[MAIL])
        local = datetime.now(UTC) + timedelta(minutes=self._stage.utc_offset_min)
        host = HOST_NAME.partition(" ")[0]
        await phone.asks(Asking(NAME, host, PURPOSE, CONTACT, local.replace(tzinfo=None)))
        code = await self.mails.code_to(CONTACT)
        if code is None:
            return "no code came"
        await phone.confirms(code)
        link = await self.mails.link_to(HOST_EMAIL)
        if link is None:
            return "the host was not asked"
        asked_at = asyncio.get_running_loop().time()
        await host_answers(self._stage.url, link, "approve")
        self._token = await phone.pass_in_hand() or ""
        in_hand_ms = (asyncio.get_running_loop().time() - asked_at) * 1000
        known = await self._observed.until(lambda: list(self._observed.passes), PATIENCE_S)
        if not self._token or not known:
            return "approved, and no pass"
        self._credential = credential_of(known[-1])
        self._morning.measured.approve_to_pass_ms.append(in_hand_ms)
        self._screen.visit_approved(NAME, in_hand_ms)
        return None

    async def _walks_in(self) -> str | None:
        self._morning.school.do("walk_through", direction=ENTRY, within_s=WALKS_WITHIN_S)
        act, unlock_ms = await self._shown()
        if act is None or act.data.grant is None or unlock_ms is None:
            return f"the pass opened nothing: {act.data.reason if act else 'no answer'}"
        grant = act.data.grant
        if not await self._observed.until(lambda: bool(self._observed.passages_of[grant]), PATIENCE_S):
            return "let in, and no passage was told"
        self._morning.measured.pass_to_unlock_ms.append(unlock_ms)
        self._screen.visitor_entered(NAME, act, unlock_ms, self._observed.passages_of[grant][0].data.outcome)
        return None

    async def _shown(self) -> tuple[Event[GateAct] | None, float | None]:
        """Hold the phone before the scanner; give what the gate did, and after how long it opened, if it did."""
        acts = self._observed.acts_of_credential[self._credential]
        before, school = len(acts), self._morning.school
        place = school.do("show_pass", scanner=SCANNER, text=self._token)
        if not await self._observed.until(lambda: len(acts) > before, PATIENCE_S):
            return None, None
        act = acts[before]
        shown = await school.hears("pass_shown", place)
        opened = await school.hears("relay_closed", place) if act.data.grant else None
        return act, (opened["s"] - shown["s"]) * 1000 if shown and opened else None
