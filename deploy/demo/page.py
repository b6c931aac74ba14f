"""The guard's page as a browser has it open: signs in, listens to its live zones, and notes when each event came
into sight.
"""

import asyncio
import re
from datetime import UTC, datetime

import httpx

from deploy.demo.watched import Watched

_TOKEN = re.compile(r'name="csrf" value="([^"]+)"')
_IN_SIGHT = re.compile(r'data-(?:event|alarm|read|joined)="([^"]+)"')
_ALARM = re.compile(r'data-alarm="([^"]+)"[^>]*data-version="(\d+)"')


class PageFailed(Exception):  # noqa: N818  told to the person at the terminal
    """The page did not let the guard in, or answered with an error."""


class OpenPage(Watched):
    """One guard's open page. ``seen_at`` has the first sight of each event and alarm id; ``versions`` the alarms'
    versions as shown.
    """

    def __init__(self, url: str, login: str, password: str) -> None:
        """Take the address and the guard's sign-in; nothing is opened yet."""
        super().__init__()
        self._client = httpx.AsyncClient(base_url=url, timeout=httpx.Timeout(10.0, read=None), trust_env=False)
        self._login = login
        self._password = password
        self.seen_at: dict[str, datetime] = {}
        self.versions: dict[str, int] = {}
        self.opened = asyncio.Event()

    async def sign_in(self) -> None:
        """Sign in as a person does: the form, then the page; raises PageFailed."""
        form = await self._client.get("/sign-in")
        data = {"csrf": form_token(form.text), "name": self._login, "password": self._password}
        answer = await self._client.post("/sign-in", data=data, follow_redirects=True)
        if answer.status_code != httpx.codes.OK or answer.url.path != "/post":
            message = f"signing in led to {answer.url.path} with status {answer.status_code}"
            raise PageFailed(message)

    async def listen(self) -> None:
        """Take the live zones until cancelled; a broken connection is opened again, as a browser does."""
        while True:
            try:
                await self._listen_once()
            except httpx.TransportError:
                await asyncio.sleep(0.5)

    async def acknowledge(self, alarm: str) -> int:
        """Press the alarm's one big button and give the status of the answer."""
        page = await self._client.get("/post")
        data = {"csrf": form_token(page.text), "seen_version": str(self.versions.get(alarm, 0))}
        answer = await self._client.post(f"/alarms/{alarm}/acknowledge", data=data)
        return answer.status_code

    async def answer(self, act: str, said: str) -> int:
        """Answer what a gate asked in an act, as ``admit/known_to_me``, and give the status of the answer."""
        page = await self._client.get("/post")
        data = {"csrf": form_token(page.text), "act": act, "answer": said}
        return (await self._client.post("/post/answers", data=data)).status_code

    async def close(self) -> None:
        """Close the page."""
        await self._client.aclose()

    async def _listen_once(self) -> None:
        async with self._client.stream("GET", "/post/live") as stream:
            if stream.status_code != httpx.codes.OK:
                message = f"/post/live answered {stream.status_code}"
                raise PageFailed(message)
            self.opened.set()
            async for line in stream.aiter_lines():
                self._note(line, datetime.now(UTC))

    def _note(self, line: str, at: datetime) -> None:
        for names in _IN_SIGHT.findall(line):
            for name in names.split():
                self.seen_at.setdefault(name, at)
        for alarm, version in _ALARM.findall(line):
            self.versions[alarm] = max(self.versions.get(alarm, 0), int(version))
        self._changed.set()


def form_token(html: str) -> str:
    """Give the token that a page's forms carry; raises PageFailed."""
    found = _TOKEN.search(html)
    if found is None:
        message = "the page has no form"
        raise PageFailed(message)
    return found[1]
