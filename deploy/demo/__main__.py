"""``python -m deploy.demo``: starts everything on this machine, plays a school morning, and stays up until Ctrl-C;
``--once`` checks and ends.

What it promises is in ``report.py``; figures go to ``var/demo/report.json``.
"""

import argparse
import asyncio
import base64
import shutil
import signal
import sys
import time
from pathlib import Path

from deploy.demo.morning import PUPILS, Morning
from deploy.demo.observed import Observed
from deploy.demo.page import OpenPage, PageFailed
from deploy.demo.processes import ProcessFailed, resident_mb, stop_all
from deploy.demo.pupils import EXPIRED, REVOKED, STAFF, VISITOR, pupils
from deploy.demo.report import Quantiles, broken_promises, over_limits, quantiles, report, write
from deploy.demo.school_talk import SchoolTalk
from deploy.demo.screen import Screen
from deploy.demo.stage import (
    ACCOUNT,
    BRIDGE,
    GUARD_LOGIN,
    GUARD_PASSWORD,
    HOST_NAME,
    READER,
    RECEIVER,
    SCHOOL,
    SERVICES,
    SITE,
    Stage,
)
from deploy.demo.visit import Visit
from deploy.kafka.broker import KafkaUnavailableError, LocalKafka
from deploy.ports import free_ports, is_free
from schemas.setting import EXIT_STATUS
from services.settings import Configuration

HOME = Path("var/demo")
JARS = Path("var/jars")
WEB_PORT = 8420
SETTLES_WITHIN_S = 15.0
FIRST_DECISION_WITHIN_S = 30.0
VISITOR_AFTER, SHOWN_AGAIN_AFTER = 104, 154
"""After how many people the visitor comes, and shows the pass again: long enough after for a reader to take it."""

INTERRUPTED = 128 + signal.SIGINT


def main() -> int:
    """Run the demo and give its exit status: 0 only when everything that must have happened did."""
    parser = argparse.ArgumentParser(prog="make demo", description=__doc__)
    parser.add_argument("--once", action="store_true", help="play the morning, check it, write the report, and end")
    parser.add_argument("--port", type=int, default=WEB_PORT, help="where the pages listen")
    chosen = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    started_s = time.monotonic()
    if not is_free(chosen.port):
        told = f"port {chosen.port} is in use by another program: end that, or type make demo PORT={chosen.port + 1}"
        sys.stderr.write(told + "\n")
        return EXIT_STATUS
    shutil.rmtree(HOME, ignore_errors=True)
    kafka = LocalKafka(JARS, HOME / "kafka", heap_mb=256)
    receiver_port, mail_port = free_ports(2)
    stage = Stage(HOME, kafka.bootstrap, web_port=chosen.port, receiver_port=receiver_port)
    stage.mail_port = mail_port
    people = len(STAFF) + 1 + PUPILS
    screen = Screen(people)
    try:
        _prepare(kafka, stage, screen)
        return asyncio.run(_morning(stage, kafka, screen, started_s, once=chosen.once))
    except (ProcessFailed, KafkaUnavailableError, PageFailed) as error:
        screen.console.print(f"[bold red]{error}[/]", markup=True)
        return 1
    except KeyboardInterrupt:
        return INTERRUPTED if chosen.once else 0
    finally:
        screen.step("ending every process")
        stop_all(list(stage.running.values()))
        kafka.stop()


def _prepare(kafka: LocalKafka, stage: Stage, screen: Screen) -> None:
    kafka.start()
    stage.prepare()
    seed = stage.seed([*pupils(PUPILS), *STAFF, VISITOR, REVOKED, EXPIRED])
    screen.step("keys and settings are written")
    stage.start(SCHOOL)
    stage.start(RECEIVER)
    stage.run("store", "upgrade")
    stage.run("seed", str(seed))
    screen.step("the store is made and the school is entered in it")
    kafka.wait_ready()
    screen.step(f"Kafka answers at {kafka.bootstrap}")
    stage.run("topics", "apply")
    screen.step("the topics are made")
    for name in (*SERVICES, BRIDGE):
        stage.start(name)


async def _morning(stage: Stage, kafka: LocalKafka, screen: Screen, started_s: float, *, once: bool) -> int:
    loop = asyncio.get_running_loop()
    running = asyncio.current_task()
    if running is not None:
        loop.add_signal_handler(signal.SIGINT, running.cancel)
    for name in (*SERVICES, BRIDGE):
        await asyncio.to_thread(stage.ready, name)
        screen.step(f"{name} is ready")
    observed = Observed()
    page = OpenPage(stage.url, GUARD_LOGIN, GUARD_PASSWORD)
    try:
        await page.sign_in()
        async with asyncio.TaskGroup() as listening:
            witnesses = [
                listening.create_task(observed.follow(Configuration.load(stage.settings))),
                listening.create_task(page.listen()),
            ]
            status, visit = await _played(stage, kafka, screen, observed, page, started_s)
            if not once:
                await _stay(stage, screen, visit)
            for witness in witnesses:
                witness.cancel()
    except asyncio.CancelledError:
        return INTERRUPTED if once else 0
    else:
        return status
    finally:
        await page.close()


async def _played(
    stage: Stage, kafka: LocalKafka, screen: Screen, observed: Observed, page: OpenPage, started_s: float
) -> tuple[int, Visit]:
    async with asyncio.timeout(FIRST_DECISION_WITHIN_S):
        await page.opened.wait()
    card_key = base64.b64decode((HOME / "keys" / "cards.key").read_text(encoding="ascii"))
    with screen:
        morning = Morning(SchoolTalk(stage.running[SCHOOL]), observed, page, card_key, READER, screen)
        visit = Visit(stage, morning, observed, screen)
        beside = {VISITOR_AFTER: visit.comes, SHOWN_AGAIN_AFTER: visit.shows_it_again}
        playing = asyncio.create_task(morning.play(beside))
        await observed.until(lambda: observed.first_decision_at is not None, FIRST_DECISION_WITHIN_S)
        morning.measured.ready_s = round(time.monotonic() - started_s, 1)
        visit.opens()
        await playing
    await observed.until(lambda: not broken_promises(observed), SETTLES_WITHIN_S)
    morning.measured.resident_mb = _resident(stage, kafka)
    return _judge(observed, morning, screen), visit


def _judge(observed: Observed, morning: Morning, screen: Screen) -> int:
    failed = [*morning.missed, *broken_promises(observed), *over_limits(morning.measured)]
    content = report(observed, morning.measured, failed)
    write(HOME / "report.json", content)
    measured = morning.measured
    rows = {
        "reads": f"{content['reads']}, with {content['unlocks']} unlocks and {content['passages']} passages",
        "card → unlock": _told(quantiles(measured.card_to_unlock_ms)),
        "trouble → guard's page": _told(quantiles(measured.alarm_to_page_ms)),
        "panic → police ACK": _told(quantiles(measured.alarm_to_ack_ms)),
        "approve → pass in hand": _told(quantiles(measured.approve_to_pass_ms)),
        "pass → unlock": _told(quantiles(measured.pass_to_unlock_ms)),
        "first decision": f"{measured.ready_s} s after the command",
        "resident": f"{content['resident_mb']['total']} MB in all",
    }
    screen.table("The morning, as measured", rows)
    for line in failed:
        screen.console.print(f"[bold red]did not hold:[/] {line}")
    screen.console.print(
        f"written to {HOME / 'report.json'}: " + ("[green]everything held[/]" if not failed else "[bold red]not ok[/]")
    )
    return 1 if failed else 0


def _told(found: Quantiles) -> str:
    return f"p50 {found.p50} ms, p99 {found.p99} ms, {found.n} times"


async def _stay(stage: Stage, screen: Screen, visit: Visit) -> None:
    screen.table(
        "Everything stays up; Ctrl-C ends it",
        {
            "guard's page": f"{stage.url}/post",
            "visitors ask at": f"{stage.url}/visit/{SITE} (for {HOST_NAME}; mails are shown here)",
            "sign in as": f"{GUARD_LOGIN} / {GUARD_PASSWORD} (of this demo only)",
            "police receiver": f"127.0.0.1:{stage.receiver_port}, account {ACCOUNT}",
            "Kafka": stage.bootstrap,
            "logs": str(stage.folder / "logs"),
        },
    )
    if visit.mails is not None:
        async for mail in visit.mails.from_now_on("mail"):
            screen.mail(", ".join(mail["to"]), mail["subject"], mail["text"])
    await asyncio.Event().wait()


def _resident(stage: Stage, kafka: LocalKafka) -> dict[str, float]:
    found = {name: resident_mb(stage.running[name].pid) for name in (*SERVICES, BRIDGE)}
    if kafka.pid is not None:
        found["kafka"] = resident_mb(kafka.pid)
    return found


if __name__ == "__main__":
    sys.exit(main())
