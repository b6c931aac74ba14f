"""Facts on real files: the highest version holds, what cannot be believed is refused, and a restart goes on where it
was.
"""

from pathlib import Path
from typing import Any

import pytest

from schemas.envelope import Event, RefusedRecord
from schemas.outgoing import outgoing
from schemas.reasons import Refused
from schemas.topics import (
    CREDENTIAL_READS,
    CREDENTIALS,
    RELEASES,
    SCREENINGS,
    SITE_MODES,
    SITE_POLICIES,
    VISITOR_PASSES,
    Role,
    Topic,
)
from schemas.trust import Trust
from services.flow.fact_store import FactStore
from services.kafka_client.follower import Kept
from tests.services.flow.people import (
    CARD,
    GATE,
    GATE_SIGNERS,
    JTI,
    KEYRING,
    MORNING,
    OTHER_SCHOOL,
    PLACEMENT,
    SCHOOL,
    SERVICE_SIGNERS,
    VISITOR,
    credential,
    mode,
    policy,
    read,
    release,
    screening,
    visitor_pass,
)


def kept(topic: Topic, event: Event[Any], offset: int = 0) -> Kept:
    record = outgoing(SERVICE_SIGNERS[Role.ADMINISTRATION], topic, event, PLACEMENT)
    return Kept(topic, record.partition, offset, 0, record.key, record.value)


@pytest.fixture
def trust() -> Trust:
    return Trust(KEYRING, PLACEMENT)


@pytest.fixture
def store(tmp_path: Path, trust: Trust) -> FactStore:
    return FactStore(tmp_path / "facts", trust)


def test_the_highest_version_holds_in_whatever_order_they_come(store: FactStore) -> None:
    store.learn(
        [kept(CREDENTIALS, credential(version=3, revoked_at=MORNING), 5), kept(CREDENTIALS, credential(version=2), 6)]
    )
    store.learn(
        [
            kept(CREDENTIALS, credential(version=1), 7),
            kept(SITE_MODES, mode("free", 2)),
            kept(SITE_MODES, mode("normal", 1)),
        ]
    )
    found, now_mode = store.credential(SCHOOL, CARD), store.mode(SCHOOL)
    assert found is not None
    assert now_mode is not None
    assert (found.version, found.revoked_at, now_mode.mode) == (3, MORNING, "free")
    assert store.credential(OTHER_SCHOOL, CARD) is None


def test_the_highest_version_of_a_pass_and_of_a_check_holds(store: FactStore) -> None:
    store.learn(
        [
            kept(VISITOR_PASSES, visitor_pass(version=2, revoked_at=MORNING)),
            kept(VISITOR_PASSES, visitor_pass()),
            kept(SCREENINGS, screening("clear", 2)),
        ]
    )
    store.learn([kept(SCREENINGS, screening("item_found"), 1)])
    found, check = store.visitor_pass(SCHOOL, JTI), store.screening(SCHOOL, VISITOR)
    assert found is not None
    assert check is not None
    assert (found.version, found.revoked_at, check.standing) == (2, MORNING, "clear")
    assert (store.visitor_pass(OTHER_SCHOOL, JTI), store.screening(OTHER_SCHOOL, VISITOR)) == (None, None)
    assert store.credential(SCHOOL, JTI) is None, "a pass is no card"


def test_a_policy_makes_its_gates_known_and_the_next_one_forgets_them(store: FactStore, trust: Trust) -> None:
    shown = outgoing(GATE_SIGNERS[GATE], CREDENTIAL_READS, read(1), PLACEMENT)
    with pytest.raises(RefusedRecord):
        trust.read(CREDENTIAL_READS, shown.partition, shown.value)
    store.learn([kept(SITE_POLICIES, policy())])
    assert trust.read(CREDENTIAL_READS, shown.partition, shown.value).id == read(1).id
    store.learn([kept(SITE_POLICIES, policy(version=2, gates=[]))])
    with pytest.raises(RefusedRecord):
        trust.read(CREDENTIAL_READS, shown.partition, shown.value)


def test_a_restart_knows_facts_gates_and_how_far_it_had_come(tmp_path: Path) -> None:
    store = FactStore(tmp_path, Trust(KEYRING, PLACEMENT))
    records = [kept(CREDENTIALS, credential(), 41), kept(SITE_POLICIES, policy(), 7), kept(SITE_MODES, mode("free"), 3)]
    assert store.learn(records) == []
    store.close()
    trust = Trust(KEYRING, PLACEMENT)
    again = FactStore(tmp_path, trust)
    place = records[0].partition
    assert again.offsets(CREDENTIALS, range(4)) == {place: 42}
    assert (again.offsets(SITE_POLICIES, [place]), again.offsets(SITE_MODES, [place])) == ({place: 8}, {place: 4})
    assert again.credential(SCHOOL, CARD) == credential().data
    assert (again.policy(SCHOOL), again.mode(SCHOOL)) == (policy().data, mode("free").data)
    shown = outgoing(GATE_SIGNERS[GATE], CREDENTIAL_READS, read(1), PLACEMENT)
    assert trust.read(CREDENTIAL_READS, shown.partition, shown.value).id == read(1).id


def test_a_policy_on_disk_whose_signer_is_trusted_no_longer_is_not_believed(tmp_path: Path) -> None:
    store = FactStore(tmp_path, Trust(KEYRING, PLACEMENT))
    store.learn([kept(SITE_POLICIES, policy())])
    store.close()
    other_keys = {**KEYRING, str(Role.ADMINISTRATION): []}
    assert FactStore(tmp_path, Trust(other_keys, PLACEMENT)).policy(SCHOOL) is None


def test_what_cannot_be_believed_is_given_back_and_passed_over(store: FactStore) -> None:
    good = kept(CREDENTIALS, credential(), 1)
    forged = good._replace(offset=2, value=(good.value or b"").replace(b'"version":1', b'"version":9', 1))
    refused = store.learn([forged, good._replace(offset=3, value=None), good])
    assert [(fact.record.offset, fact.reason) for fact in refused] == [
        (2, Refused.WRONG_SIGNATURE),
        (3, Refused.MALFORMED),
    ]
    found = store.credential(SCHOOL, CARD)
    assert found is not None
    assert found.version == 1


def test_the_latest_release_of_a_pupil_holds_whichever_comes_first(store: FactStore) -> None:
    second = release("pupil-1", 2, withdrawn_at=MORNING)
    assert store.learn([kept(RELEASES, second), kept(RELEASES, release("pupil-1"), 1)]) == []
    assert store.release(SCHOOL, "pupil-1") == second.data
    assert store.release(OTHER_SCHOOL, "pupil-1") is None
