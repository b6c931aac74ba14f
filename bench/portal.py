"""``python -m bench.portal``: the visitor portal as people meet it. A real ``qaqpa web`` is asked by this process: how
long the first byte of each page takes, whether it bears 200 requests a second, what a page weighs with everything, and
how long it takes from the host's approval to the pass.

``--store URL`` measures on another database than a SQLite file of its own (it must be empty).
"""

import argparse
import asyncio
import gzip
import re
import shutil
import statistics
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
from rich.console import Console
from rich.table import Table

from bench.asking import Answer, Asker, Page
from bench.measure import cpu_s, rank
from deploy.demo.mails import Mails
from deploy.demo.page import PageFailed, form_token
from deploy.demo.processes import ProcessFailed, Started, stop_all
from deploy.demo.stage import HOST_EMAIL, HOST_NAME, MAIL, SITE, Stage
from deploy.demo.visitor import Asking, Visitor, host_answers
from deploy.kafka.broker import KafkaUnavailableError, LocalKafka
from deploy.ports import free_ports

HOME = Path("var/bench/portal")
JARS = Path("var/jars")
WEB = "web"
OK = 200
LED_ON = 303

FIRST_BYTE_P95_MS = 50.0
A_SECOND = 200.0
KEEPS_UP = 0.95
PAGE_BYTES = 60_000
APPROVE_TO_PASS_S = 2.0

EACH = 100
BROWSERS = 5
"""How many browsers fill in forms meanwhile: a portal takes no more than two answers a second from one."""

EACH_A_SECOND = 50.0
RUSH_S = 10.0
VISITS = 8
NOON = 12
BARE = "a bare page"
_STATIC = re.compile(r'(?:href|src)="(/static/[^"]+)"')


class Shown(msgspec.Struct, frozen=True):
    """One page: milliseconds until its first byte, and bytes with everything, as sent."""

    p50: float
    p95: float
    errors: int
    size: int


class Rush(msgspec.Struct, frozen=True):
    """So many requests a second for a while: how many were answered a second, how many not as they should, and the
    server's processor time of each, which a busy machine changes less.
    """

    asked_a_second: float
    answered_a_second: float
    errors: int
    p50: float
    p95: float
    p99: float
    cpu_ms_each: float


async def measured(folder: Path, bootstrap: str, store_url: str | None = None) -> dict[str, Any]:
    """Measure a portal on a broker and give the figures."""
    web_port, mail_port, bare_port = free_ports(3)
    stage = Stage(folder, bootstrap, prefix="portal-", web_port=web_port)
    stage.mail_port = mail_port
    stage.utc_offset_min = (NOON - datetime.now(UTC).hour) * 60
    stage.store_url = store_url or stage.store_url
    try:
        await asyncio.to_thread(_start, stage)
        mails = Mails(stage.running[MAIL])
        visits = [await _visit(stage, mails, number) for number in range(VISITS)]
        visitor, host_link, *_ = visits[0]
        pages, *others = [await _pages(stage, visitor, host_link, number) for number in range(1 + BROWSERS)]
        crowd = [page for told in others for page in told]
        figures = await _asked(web_port, stage.running[WEB].pid, pages, crowd)
        for visitor, *_ in visits:
            await visitor.close()
    finally:
        stop_all(list(stage.running.values()))
    return {
        **figures,
        "approve_to_pass_ms": _spread([approved_ms for _, _, approved_ms, _ in visits]),
        "form_to_pass_ms": _spread([form_ms for *_, form_ms in visits]),
        "bare": await _bare(folder, bare_port),
    }


def _start(stage: Stage) -> None:
    stage.prepare()
    seed = stage.seed([])
    stage.run("store", "upgrade")
    stage.run("seed", str(seed))
    stage.run("topics", "apply")
    stage.open_to_visitors()
    stage.start(WEB)
    stage.ready(WEB)


async def _visit(stage: Stage, mails: Mails, number: int) -> tuple[Visitor, str, float, float]:
    """Let one visit be asked for and approved; give the visitor, the host's link, and the milliseconds from the
    approval and from the first question to the pass.
    """
    visitor, contact = Visitor(stage.url, SITE), f"visitor-{number}@example.kz"
    local = datetime.now(UTC) + timedelta(minutes=stage.utc_offset_min)
    place, began_s = len(mails.told), time.perf_counter()
    host = HOST_NAME.partition(" ")[0]
    await visitor.asks(Asking("Серік Ахметов", host, "жиналыс", contact, local.replace(tzinfo=None)))
    code = await mails.code_to(contact, place)
    await visitor.confirms(code or "")
    link = await mails.link_to(HOST_EMAIL, place)
    approved_s = time.perf_counter()
    await host_answers(stage.url, link or "", "approve")
    if not await visitor.pass_in_hand():
        message = "a visit was approved and there is no pass"
        raise PageFailed(message)
    ended_s = time.perf_counter()
    return visitor, link or "", (ended_s - approved_s) * 1000, (ended_s - began_s) * 1000


async def _pages(stage: Stage, visitor: Visitor, host_link: str, number: int) -> list[Page]:
    """Give the pages of a visit that is approved, and those of a form that one more browser fills in."""
    asking, contact = Visitor(stage.url, SITE), f"asking-{number}@example.kz"
    local = datetime.now(UTC) + timedelta(minutes=stage.utc_offset_min)
    await asking.asks(Asking("Серік Ахметов", "Ахметова", "жиналыс", contact, local.replace(tzinfo=None)))
    token = form_token((await asking.client.get(f"{asking.home}/ask/who")).text)
    mine, theirs = _cookies(visitor), _cookies(asking)
    await asking.close()
    return [
        Page("opening", visitor.home, mine),
        Page("question", f"{visitor.home}/ask/when", theirs),
        Page("answer", f"{visitor.home}/ask/who", theirs, {"csrf": token, "name": "Серік Ахметов"}),
        Page("code", f"{visitor.home}/code", theirs),
        Page("status", visitor.status, mine),
        Page("state", f"{visitor.status}/state", mine),
        Page("pass", f"{visitor.status}/pass", mine),
        Page("badge", f"{visitor.status}/badge", mine),
        Page("host", host_link.removeprefix(stage.url), mine),
    ]


def _cookies(visitor: Visitor) -> str:
    return "; ".join(f"{cookie.name}={cookie.value}" for cookie in visitor.client.cookies.jar)


async def _asked(port: int, pid: int, pages: Sequence[Page], crowd: Sequence[Page]) -> dict[str, Any]:
    """Ask for the pages of one browser, one by one, and then for those of a crowd in a rush."""
    asker = Asker(port)
    await asker.open()
    try:
        await asker.at_a_pace(crowd, len(crowd) * 2, EACH_A_SECOND)
        shown = {page.name: await _shown(asker, page) for page in pages}
        return {
            "pages": {name: msgspec.structs.asdict(found) for name, found in shown.items()},
            "rush": msgspec.structs.asdict(await _rush(asker, pid, crowd)),
        }
    finally:
        await asker.close()


async def _shown(asker: Asker, page: Page) -> Shown:
    answers = await asker.at_a_pace([page], EACH, EACH_A_SECOND)
    times_ms = [answer.first_byte_ms for answer in answers]
    size = await _weight(asker, page)
    return Shown(rank(times_ms, 0.5), rank(times_ms, 0.95), _errors(answers, [page]), size)


async def _weight(asker: Asker, page: Page) -> int:
    """Give the bytes that a browser with an empty cache fetches for a page, headers counted too."""
    answer = await asker.ask(page)
    body = gzip.decompress(answer.body) if answer.body.startswith(b"\x1f\x8b") else answer.body
    files = sorted(set(_STATIC.findall(body.decode())))
    return answer.size + sum([(await asker.ask(Page("file", file))).size for file in files])


async def _rush(asker: Asker, pid: int, pages: Sequence[Page]) -> Rush:
    count = int(A_SECOND * RUSH_S)
    began_s, used_s = time.perf_counter(), cpu_s(pid)
    answers = await asker.at_a_pace(pages, count, A_SECOND)
    took_s, used_s = time.perf_counter() - began_s, cpu_s(pid) - used_s
    errors = _errors(answers, pages)
    times_ms = [answer.first_byte_ms for answer in answers]
    p50, p95, p99 = (rank(times_ms, share) for share in (0.5, 0.95, 0.99))
    return Rush(A_SECOND, round((count - errors) / took_s, 1), errors, p50, p95, p99, round(used_s / count * 1000, 2))


def _errors(answers: Sequence[Answer], pages: Sequence[Page]) -> int:
    wanted = [OK if page.form is None else LED_ON for page in pages]
    return sum(answer.status != wanted[place % len(pages)] for place, answer in enumerate(answers))


async def _bare(folder: Path, port: int) -> dict[str, Any]:
    """Ask a server that does nothing in the same way: what lies below these figures on this machine now."""
    server = Started(BARE, [sys.executable, "-m", "bench.bare_page", str(port)], folder / "logs" / "bare.log")
    page, asker = Page(BARE, "/"), Asker(port)
    try:
        deadline = time.monotonic() + RUSH_S
        while (await asker.ask(page)).status != OK:
            if time.monotonic() > deadline:
                message = "the bare page does not answer"
                raise ProcessFailed(message)
        return msgspec.structs.asdict(await _rush(asker, server.pid, [page]))
    finally:
        await asker.close()
        server.stop()


def _spread(times_ms: Sequence[float]) -> dict[str, float]:
    return {"p50": round(statistics.median(times_ms), 1), "worst": round(max(times_ms), 1), "n": len(times_ms)}


def show(console: Console, figures: dict[str, Any]) -> bool:
    """Print the figures beside what is wanted, and tell whether all of it held."""
    table = Table(title="The visitor portal, one worker")
    for heading in ("page", "first byte p50 ms", "p95 ms", "errors", "with everything, bytes"):
        table.add_column(heading, justify="left" if heading == "page" else "right")
    for name, page in figures["pages"].items():
        table.add_row(name, f"{page['p50']:.1f}", f"{page['p95']:.1f}", f"{page['errors']}", f"{page['size']:,}")
    console.print(table)
    rush, bare = figures["rush"], figures["bare"]
    told = "{asked_a_second:.0f} requests/s: {answered_a_second:.0f}/s answered, {errors} errors, "
    told += "first byte p50 {p50:.1f}, p95 {p95:.1f}, p99 {p99:.1f} ms, "
    told += "processor {cpu_ms_each:.1f} ms each"
    console.print("all pages in turn, " + told.format(**rush))
    console.print(f"{BARE}, " + told.format(**bare))
    for name in ("approve_to_pass_ms", "form_to_pass_ms"):
        console.print(f"{name}: p50 {figures[name]['p50']:.0f}, worst {figures[name]['worst']:.0f}, {VISITS} visits")
    pages = figures["pages"].values()
    slowest_ms = figures["approve_to_pass_ms"]["worst"]
    held = {
        f"first byte p95 {FIRST_BYTE_P95_MS:.0f} ms": all(page["p95"] <= FIRST_BYTE_P95_MS for page in pages),
        f"{A_SECOND:.0f} requests/s without an error": rush["errors"] == 0
        and rush["answered_a_second"] >= KEEPS_UP * A_SECOND,
        f"first byte p95 {FIRST_BYTE_P95_MS:.0f} ms meanwhile": rush["p95"] <= FIRST_BYTE_P95_MS,
        f"a page {PAGE_BYTES:,} bytes": all(page["size"] <= PAGE_BYTES for page in pages),
        f"approve to pass {APPROVE_TO_PASS_S:.0f} s": slowest_ms <= APPROVE_TO_PASS_S * 1000,
    }
    console.print("wanted " + ", ".join(f"{what}: {'held' if is_so else 'NOT held'}" for what, is_so in held.items()))
    return all(held.values())


def main() -> int:
    """Measure on a broker of its own and give the exit status: 1 when something could not be measured."""
    parser = argparse.ArgumentParser(prog="python -m bench.portal", description=__doc__)
    parser.add_argument("--store", help="SQLAlchemy's URL of an empty database")
    store_url = parser.parse_args().store
    shutil.rmtree(HOME, ignore_errors=True)
    console = Console()
    try:
        with LocalKafka(JARS, HOME / "kafka", heap_mb=256) as kafka:
            figures = asyncio.run(measured(HOME / "site", kafka.bootstrap, store_url))
    except (ProcessFailed, PageFailed, KafkaUnavailableError) as error:
        console.print(str(error), style="bold red", markup=False)
        return 1
    finally:
        shutil.rmtree(HOME / "kafka", ignore_errors=True)
    HOME.with_suffix(".json").write_bytes(msgspec.json.format(msgspec.json.encode(figures), indent=2))
    show(console, figures)
    return 0


if __name__ == "__main__":
    sys.exit(main())
