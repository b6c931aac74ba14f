"""From a record in Kafka to a fragment in an open page: nothing is missed, nothing leaks, nothing is slow."""

import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from functools import partial

import httpx

from schemas.reasons import Reason
from schemas.trust import Signer
from tests.pages.school import FILES, OTHER_GATE, OTHER_SITE, PASSWORD, School
from tests.parts.waiting import eventually
from tests.services.web.said import act, alarm_of, press, refused

_TOKEN = re.compile(r'name="csrf" value="([^"]+)"')
_EVENT = re.compile(r'data-event="([^"]+)"')
PROMISED_MS = 200
READS = 200


def now() -> datetime:
    return datetime.now(UTC)


def token_of(page: str) -> str:
    found = _TOKEN.search(page)
    assert found is not None
    return found[1]


def sign_in(school: School, login: str = "sabit") -> httpx.Client:
    client = httpx.Client(base_url=school.url, trust_env=False)
    token = _TOKEN.search(client.get("/sign-in").text)
    assert token is not None
    answer = client.post(
        "/sign-in", data={"csrf": token[1], "name": login, "password": PASSWORD}, follow_redirects=True
    )
    assert answer.url.path == "/post"
    return client


class Listener:
    """An open page without a browser: notes when each event id came into sight, and every line."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client
        self.seen_at: dict[str, float] = {}
        self.lines: list[str] = []

    def take(self, stream: httpx.Response) -> None:
        try:
            for line in stream.iter_lines():
                at = time.monotonic()
                self.lines.append(line)
                for event in _EVENT.findall(line):
                    self.seen_at.setdefault(event, at)
        except httpx.TransportError:
            return


@contextmanager
def listening(school: School, login: str = "sabit") -> Iterator[Listener]:
    client = sign_in(school, login)
    with closing(client), client.stream("GET", "/post/live", timeout=httpx.Timeout(10, read=None)) as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        listener = Listener(client)
        thread = threading.Thread(target=listener.take, args=(stream,))
        thread.start()
        eventually(lambda: "event: site" in listener.lines)
        try:
            yield listener
        finally:
            with suppress(OSError):
                stream.extensions["network_stream"].get_extra_info("socket").shutdown(socket.SHUT_RDWR)
            thread.join()


def test_every_zone_is_sent_at_once_when_a_page_is_opened(school: School) -> None:
    with listening(school) as page:
        eventually(
            lambda: (
                {line for line in page.lines if line.startswith("event: ")}
                == {f"event: {zone}" for zone in ("alarms", "now", "gates", "recent", "site")}
            )
        )


def test_a_record_reaches_the_open_page_within_the_promised_time(school: School) -> None:
    took_ms = []
    with listening(school) as page:
        for number in range(READS):
            event = refused(10_000 + number, now(), Reason.REVOKED)
            school.say(event)
            acked = time.monotonic()
            eventually(partial(page.seen_at.__contains__, event.id))
            took_ms.append((page.seen_at[event.id] - acked) * 1000)
    p99 = sorted(took_ms)[int(len(took_ms) * 0.99) - 1]
    assert p99 <= PROMISED_MS, f"p50 {sorted(took_ms)[len(took_ms) // 2]:.1f} ms, p99 {p99:.1f} ms"


def test_another_school_sees_nothing_of_it(school: School) -> None:
    theirs, ours = press(20_000, now(), site=OTHER_SITE, gate=OTHER_GATE), press(20_001, now())
    with listening(school, "sabit") as sabit, listening(school, "marat") as marat:
        school.say(theirs, ours)
        eventually(lambda: ours.id in sabit.seen_at and theirs.id in marat.seen_at)
        assert theirs.id not in sabit.seen_at
        assert ours.id not in marat.seen_at


def test_a_silent_press_is_not_in_a_single_line_of_the_page(school: School) -> None:
    silent, loud = press(21_000, now(), silent=True), press(21_001, now())
    with listening(school) as page:
        school.say(silent, alarm_of(silent), loud)
        eventually(lambda: loud.id in page.seen_at)
        assert alarm_of(silent).data.alarm not in "\n".join(page.lines)
        assert silent.id not in page.seen_at


def test_what_a_stranger_signs_is_counted_and_not_shown(school: School) -> None:
    forged, true = press(22_000, now()), press(22_001, now())
    with listening(school) as page:
        school.say(forged, signer=Signer(forged.source, FILES.seeds["stranger"]))
        school.say(true)
        eventually(lambda: true.id in page.seen_at)
        assert forged.id not in page.seen_at
    assert school.web.said("record_refused topic=panics")


def test_nothing_is_forgotten_when_the_process_is_killed(school: School) -> None:
    before, raised = act(23_000, now()), alarm_of(press(23_001, now()))
    school.say(before, raised)
    school.web.kill()
    while_down = press(23_002, now())
    school.say(while_down)
    school.web.start_ready()
    school.await_live()
    with listening(school) as page:
        eventually(lambda: {before.id, raised.id, while_down.id} <= page.seen_at.keys())


def test_the_process_stops_cleanly_while_a_page_is_open(school: School) -> None:
    with listening(school):
        assert school.web.stop() == 0
    school.web.start_ready()
    school.await_live()
