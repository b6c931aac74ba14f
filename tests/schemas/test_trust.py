"""Who may say what: a record is believed only from its writer, of its site, in its partition, unchanged."""

import json

import msgspec
import pytest

from schemas.envelope import Event, RefusedRecord
from schemas.outgoing import outgoing
from schemas.panic import Panic
from schemas.reasons import Refused
from schemas.topics import ALARM_ACTIONS, ALARMS, PANICS, SITE_POLICIES, TOPICS, Role, Topic
from schemas.trust import Signer, Trust, check_gate_key, gate_source, read_policy
from tests.schemas.examples import (
    AT,
    GATE,
    GATE_SIGNER,
    KEYRING,
    PLACEMENT,
    SIGNERS,
    SITE,
    event_of,
    policy,
    policy_record,
    record_of,
    seed,
    trusting,
)

EACH_TOPIC = pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic.name)


def _refusal(topic: Topic, value: bytes, partition: int | None = None, trust: Trust | None = None) -> Refused:
    with pytest.raises(RefusedRecord) as refused:
        (trust or trusting()).read(topic, PLACEMENT.partition(topic, SITE) if partition is None else partition, value)
    return refused.value.reason


def _pressed(source: str, gate: str = GATE, site: str = SITE) -> Event[Panic]:
    return Event(
        id=f"{gate}:1:1",
        source=source,
        time=AT,
        site=site,
        data=Panic(gate=gate, button="post-1", silent=False, test=None),
    )


@EACH_TOPIC
def test_its_writer_is_believed(topic: Topic) -> None:
    record = record_of(topic)
    assert trusting().read(topic, record.partition, record.value).id == "school-1-main:1:1"


@EACH_TOPIC
def test_nobody_but_its_writer_may_write_into_a_topic(topic: Topic) -> None:
    for role, signer in SIGNERS.items():
        if role is topic.writer:
            continue
        told = event_of(topic)
        value = signer.record(Event(id=told.id, source=signer.source, time=AT, site=SITE, data=told.data))
        assert _refusal(topic, value) is Refused.NOT_THE_WRITER


@EACH_TOPIC
def test_a_record_in_another_partition_is_refused(topic: Topic) -> None:
    record = record_of(topic)
    others = set(range(PLACEMENT.partitions(topic))) - {record.partition}
    assert {_refusal(topic, record.value, partition) for partition in others} == {Refused.WRONG_PARTITION}


@EACH_TOPIC
def test_a_changed_record_is_refused(topic: Topic) -> None:
    """Whatever the signature covers: each attribute and the data."""
    record = json.loads(record_of(topic).value)
    for name, value in {
        "id": "school-1-main:1:2",
        "time": "2026-11-23T08:00:00Z",
        "signature": "AAAA" + record["signature"][4:],
    }.items():
        assert (
            _refusal(topic, json.dumps(record | {name: value}, separators=(",", ":")).encode())
            is Refused.WRONG_SIGNATURE
        )
    spaced = json.dumps(record, separators=(", ", ": ")).encode()
    assert _refusal(topic, spaced) is Refused.WRONG_SIGNATURE


def test_an_unknown_gate_and_a_gate_with_another_key_are_strangers() -> None:
    for signer in (Signer(gate_source("nobody"), seed(50)), Signer(gate_source(GATE), seed(51))):
        value = signer.record(_pressed(signer.source))
        assert _refusal(PANICS, value) is Refused.UNKNOWN_SIGNER


def test_a_key_id_that_is_not_of_its_source_is_no_key() -> None:
    record = json.loads(record_of(PANICS).value) | {"source": "gate/another"}
    assert _refusal(PANICS, json.dumps(record).encode()) is Refused.UNKNOWN_SIGNER


def test_a_gate_does_not_speak_for_another_site() -> None:
    value = GATE_SIGNER.record(_pressed(GATE_SIGNER.source, site="school-2"))
    assert _refusal(PANICS, value, PLACEMENT.partition(PANICS, "school-2")) is Refused.FOREIGN_SITE


def test_a_gate_does_not_speak_for_another_gate_of_its_own_site() -> None:
    value = GATE_SIGNER.record(_pressed(GATE_SIGNER.source, gate="school-1-yard"))
    assert _refusal(PANICS, value) is Refused.NOT_THE_WRITER


@pytest.mark.parametrize(
    ("named", "reason"),
    [
        ("school-1-yard:1:1", Refused.NOT_THE_WRITER),
        ("admission:1:1", Refused.NOT_THE_WRITER),
        ("1", Refused.MALFORMED),
        ("", Refused.MALFORMED),
    ],
)
def test_a_gate_does_not_take_the_place_of_another_ones_event(named: str, reason: Refused) -> None:
    told = _pressed(GATE_SIGNER.source)
    value = GATE_SIGNER.record(Event(id=named, source=told.source, time=AT, site=SITE, data=told.data))
    assert _refusal(PANICS, value) is reason


def test_a_record_signed_with_another_gates_key_is_refused() -> None:
    other = Signer(gate_source("school-1-yard"), seed(52))
    trust = trusting(policy(gates={GATE: GATE_SIGNER.public_key, "school-1-yard": other.public_key}))
    forged = json.loads(other.record(_pressed(other.source, gate="school-1-yard"))) | {
        "source": GATE_SIGNER.source,
        "keyid": GATE_SIGNER.keyid,
    }
    assert _refusal(PANICS, json.dumps(forged, separators=(",", ":")).encode(), trust=trust) is Refused.NOT_THE_WRITER
    forged["data"]["gate"] = GATE
    forged["id"] = f"{GATE}:1:1"
    assert _refusal(PANICS, json.dumps(forged, separators=(",", ":")).encode(), trust=trust) is Refused.WRONG_SIGNATURE


def test_a_gate_is_enrolled_by_a_policy_and_removed_by_the_next_one() -> None:
    record = record_of(PANICS)
    trust = Trust(KEYRING, PLACEMENT)
    assert _refusal(PANICS, record.value, trust=trust) is Refused.UNKNOWN_SIGNER
    for version, gates in ((1, {GATE: GATE_SIGNER.public_key}), (2, {})):
        known = policy_record(policy(version, gates=gates))
        read_policy(trust, known.partition, known.value)
        if gates:
            assert trust.read(PANICS, record.partition, record.value).gate == GATE
    assert _refusal(PANICS, record.value, trust=trust) is Refused.UNKNOWN_SIGNER
    trust.learn(policy(1))
    assert _refusal(PANICS, record.value, trust=trust) is Refused.UNKNOWN_SIGNER, (
        "an older policy that comes late changes nothing"
    )


def test_one_sites_policy_leaves_the_gates_of_others_alone() -> None:
    trust = trusting(policy(), policy(site="school-2", gates={}))
    record = record_of(PANICS)
    assert trust.read(PANICS, record.partition, record.value).site == SITE


def test_a_changed_key_and_its_successor_are_both_believed() -> None:
    successor = Signer(GATE_SIGNER.source, seed(53))
    both = policy(version=2)
    gates = {
        GATE: msgspec.structs.replace(both.data.gates[GATE], public_keys=[successor.public_key, GATE_SIGNER.public_key])
    }
    trust = trusting(msgspec.structs.replace(both, data=msgspec.structs.replace(both.data, gates=gates)))
    for signer in (GATE_SIGNER, successor):
        record = outgoing(signer, PANICS, _pressed(signer.source), PLACEMENT)
        assert trust.read(PANICS, record.partition, record.value).source == signer.source


def test_nobody_but_administration_enrols_a_gate() -> None:
    forged = policy(version=2)
    value = GATE_SIGNER.record(Event(id="x:1:1", source=GATE_SIGNER.source, time=AT, site=SITE, data=forged.data))
    trust = trusting()
    with pytest.raises(RefusedRecord, match="not_the_writer"):
        read_policy(trust, PLACEMENT.partition(SITE_POLICIES, SITE), value)


def test_an_alarm_action_is_nothing_that_alarming_could_have_said() -> None:
    said = event_of(ALARM_ACTIONS)
    alarming = SIGNERS[Role.ALARMING]
    value = alarming.record(Event(id=said.id, source=alarming.source, time=AT, site=SITE, data=said.data))
    assert _refusal(ALARM_ACTIONS, value) is Refused.NOT_THE_WRITER
    assert _refusal(ALARMS, value) is Refused.WRONG_EVENT


@pytest.mark.parametrize(
    ("keyring", "told"),
    [
        ({"janitor": [SIGNERS[Role.ADMISSION].public_key]}, "janitor"),
        ({"admission": ["not base64!"]}, "not a public key"),
        ({"admission": ["AAAA"]}, "32 bytes, this one 3"),
    ],
)
def test_a_keyring_that_is_none_is_named(keyring: dict[str, list[str]], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        Trust(keyring, PLACEMENT)


def test_a_broken_gate_key_is_named_with_its_gate() -> None:
    check_gate_key(GATE, GATE_SIGNER.public_key)
    with pytest.raises(ValueError, match=f"gate {GATE}: not a public key"):
        check_gate_key(GATE, "Qaqpa!")
    with pytest.raises(ValueError, match="a signing key has 32 bytes, this one 31"):
        Signer("gate/x", b"0" * 31)


def test_a_signed_policy_with_a_broken_gate_key_is_refused_and_the_known_gates_stay() -> None:
    trust = trusting()
    broken = policy_record(policy(version=2, gates={GATE: "Qaqpa!"}))
    with pytest.raises(RefusedRecord) as refused:
        read_policy(trust, broken.partition, broken.value)
    assert refused.value.reason is Refused.MALFORMED
    trust.read(PANICS, PLACEMENT.partition(PANICS, SITE), GATE_SIGNER.record(_pressed(gate_source(GATE))))
