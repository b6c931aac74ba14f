"""Two gates of a school are cut off, and one pass for one entry is shown at both: each lets it in, and when they are
heard again it is found, once, and raised to the duty administrator.
"""

import asyncio
import shutil
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pytest

from deploy.kafka.broker import LocalKafka
from schemas.site_policy import GateTrust, SitePolicy
from schemas.topics import ALARMS, GATE_ACTS, PASS_USES, PASSAGES, SIGNALS
from services.kafka_client import topics_admin
from services.settings import Configuration
from tests.parts.service_process import ServiceProcess
from tests.parts.waiting import eventually
from tests.turnstile_bridge.gate_home import GATE, NOBODY_LISTENS, GateHome, data_of
from tests.turnstile_bridge.stream_side import StreamSide
from turnstile_bridge.simulated_school.school import SimulatedSchool

YARD = "school-1-yard"
JTI = "7f3a9c10b2d84e55"
APPS = """[kafka]
bootstrap = "{bootstrap}"
topic_prefix = "{prefix}"
[trust]
keyring = "keyring.json"
[admission]
data_dir = "admission"
signing_key = "admission.key"
[alarming]
data_dir = "alarming"
signing_key = "alarming.key"
"""


@pytest.fixture
def homes(tmp_path: Path) -> Iterator[tuple[GateHome, GateHome]]:
    """Give two gates of one school, both cut off, which know the same keys."""
    main = GateHome(tmp_path / "main")
    (tmp_path / "yard").mkdir()
    for key in main.folder.glob("*.key"):
        if key.name != "gate.key":
            shutil.copy(key, tmp_path / "yard")
    yard = GateHome(tmp_path / "yard", gate=YARD)
    yield main, yard
    main.end()
    yard.end()


@pytest.fixture
def schools(homes: tuple[GateHome, GateHome]) -> Iterator[tuple[SimulatedSchool, SimulatedSchool]]:
    """Give the surroundings of both."""
    main, yard = (SimulatedSchool(home.configuration) for home in homes)
    main.start()
    yard.start()
    yield main, yard
    main.stop()
    yard.stop()


def policy_of(main: GateHome, yard: GateHome) -> SitePolicy:
    """Give a policy that knows both gates."""
    known = main.policy()
    gates = known.gates | {YARD: GateTrust(name="Yard", public_keys=[yard.gate_signer.public_key])}
    return msgspec.structs.replace(known, gates=gates)


def connect(home: GateHome, kafka: LocalKafka, prefix: str) -> None:
    """Give a gate its link."""
    home.change(f'bootstrap = "{NOBODY_LISTENS}"', f'bootstrap = "{kafka.bootstrap}"')
    home.change('topic_prefix = ""', f'topic_prefix = "{prefix}"')


@pytest.fixture
def apps(homes: tuple[GateHome, GateHome], kafka: LocalKafka, topic_prefix: str) -> Iterator[list[ServiceProcess]]:
    """Give the two apps, not started yet."""
    settings = homes[0].folder / "qaqpa.toml"
    settings.write_text(APPS.format(bootstrap=kafka.bootstrap, prefix=topic_prefix))
    found = [ServiceProcess(name, settings) for name in ("admission", "alarming")]
    yield found
    for app in found:
        app.kill()


def _entered(home: GateHome) -> list[dict[str, Any]]:
    return data_of(home.journalled(PASSAGES), outcome="entered")


def test_one_pass_at_two_gates_that_were_cut_off_is_found_once_and_raised(
    homes: tuple[GateHome, GateHome],
    schools: tuple[SimulatedSchool, SimulatedSchool],
    apps: list[ServiceProcess],
    kafka: LocalKafka,
    topic_prefix: str,
) -> None:
    main, yard = homes
    policy, visit = policy_of(main, yard), main.visitor_pass(JTI)
    for home, school in zip(homes, schools, strict=True):
        home.knows(policy, visit)
        bridge = home.bridge().ready(within_s=60)
        walked = school.walk_through("entry", within_s=20)
        school.show_pass("qr-entry", main.token(JTI), times=1)
        assert walked.result(20)
        eventually(partial(_entered, home))
        assert bridge.stop() == 0
        connect(home, kafka, topic_prefix)
    asyncio.run(topics_admin.apply(Configuration.load(main.folder / "qaqpa.toml")))
    stream = StreamSide(main, made=True)
    stream.publish(policy)
    stream.publish(visit)
    for app in apps:
        app.start()
    for name, app in zip(("admission", "alarming"), apps, strict=True):
        eventually(partial(app.said, f"ready process={name}"), within_s=90)
    for home in homes:
        home.bridge().ready(within_s=60)
    [alarm] = eventually(lambda: data_of(stream.records(ALARMS), rule="pass_used_twice"), within_s=60)
    [told] = data_of(stream.records(SIGNALS), rule="pass_used_twice")
    assert (alarm["severity"], alarm["state"], alarm["subject"]) == ("medium", "raised", f"pass/{JTI}")
    assert {told["gate"], alarm["gate"]} <= {GATE, YARD}
    assert sorted(one["gate"] for one in data_of(stream.records(PASSAGES), outcome="entered")) == [GATE, YARD]
    assert {one["decided_by"] for one in data_of(stream.records(GATE_ACTS))} == {"gate"}
    assert len(data_of(stream.records(PASS_USES), state="used")) == 2
    schools[0].show_pass("qr-entry", main.token(JTI), times=1)
    eventually(lambda: data_of(stream.records(GATE_ACTS), reason="pass_used"), within_s=60)
    assert len(data_of(stream.records(ALARMS), rule="pass_used_twice")) == 1
    stream.close()
