"""What administration says: a version more each time, the row, the outbox and the audit in one transaction, and its own
rules.
"""

import asyncio
from datetime import timedelta
from functools import partial

import msgspec
import pytest
from sqlmodel import Session, select

from schemas.credential import Credential
from schemas.site_policy import GateTrust, SitePolicy
from schemas.topics import ALARMS, CREDENTIALS, SITE_POLICIES
from services.store import administration, audit, outbox, people, users
from services.store.administration import NotAllowed
from services.store.database import Store
from services.store.outbox import OutboxRow
from services.store.records import alarm_actions, credentials, site_modes, site_policies
from services.store.users import UserRole
from tests.schemas.examples import AT, GATE_SIGNER, policy

SITE = "school-1"
CARD = Credential(
    credential="a" * 32,
    version=0,
    holder="p-1",
    category="pupil",
    valid_from=AT,
    valid_until=AT + timedelta(days=200),
    revoked_at=None,
)


def said(store: Store) -> list[OutboxRow]:
    """Give what waits in the outbox."""
    return list(store.read_now(lambda session: outbox.unsent(session, 99)))


def deeds(store: Store, site: str = SITE) -> list[tuple[str, str, str]]:
    """Give the audit, newest first."""
    return [(row.act, row.subject, row.by) for row in store.read_now(lambda session: audit.recent(session, site, 99))]


def publish(store: Store, wanted: SitePolicy, site: str = SITE) -> int | None:
    return store.write_now(
        lambda session: administration.publish_policy(session, site=site, policy=wanted, by="admin", at=AT)
    )


def issue(store: Store, card: Credential = CARD, *, again: bool = False, site: str = SITE) -> int | None:
    return store.write_now(
        lambda session: administration.issue_credential(
            session, site=site, credential=card, by="admin", again=again, at=AT
        )
    )


def revoke(store: Store, site: str = SITE) -> int | None:
    return store.write_now(
        lambda session: administration.revoke_credential(
            session, site=site, credential=CARD.credential, by="admin", at=AT
        )
    )


def mode(store: Store, wanted: str, *by: str, drill: bool = False) -> int | None:
    def act(session: Session) -> int | None:
        return administration.set_mode(session, site=SITE, mode=wanted, drill=drill, by=list(by), because=None, at=AT)  # type: ignore[arg-type]

    return store.write_now(act)


def test_a_policy_is_published_once_and_a_changed_one_as_the_next_version(store: Store) -> None:
    first = policy().data
    assert [publish(store, first), publish(store, first), publish(store, first)] == [1, None, None]
    assert publish(store, msgspec.structs.replace(first, answer_within_ms=400)) == 2
    assert [(row.topic, msgspec.json.decode(row.data)["version"]) for row in said(store)] == [
        ("site_policies", 1),
        ("site_policies", 2),
    ]
    held = store.read_now(lambda session: site_policies.current(session, SITE))
    assert held is not None
    assert (held.version, held.answer_within_ms) == (2, 400)
    assert [deed[:2] for deed in deeds(store)] == [
        ("site_policy_published", "policy/2"),
        ("site_policy_published", "policy/1"),
    ]


def test_a_policy_with_a_broken_key_is_never_published(store: Store) -> None:
    broken = msgspec.structs.replace(
        policy().data, gates={"g": GateTrust(name="g", public_keys=[GATE_SIGNER.public_key, "AAAA"])}
    )
    with pytest.raises(ValueError, match="gate g: a public key has 32 bytes, this one 3"):
        publish(store, broken)
    assert said(store) == []


def test_a_credential_is_issued_revoked_and_given_back_on_purpose_only(store: Store) -> None:
    assert [issue(store), issue(store)] == [1, None]
    assert [revoke(store), revoke(store)] == [2, None]
    with pytest.raises(NotAllowed, match="was revoked at 2026-11-23 07:41 UTC"):
        issue(store)
    assert issue(store, again=True) == 3
    assert [msgspec.json.decode(row.data)["revoked_at"] is None for row in said(store)] == [True, False, True]
    card = store.read_now(lambda session: credentials.one(session, SITE, CARD.credential))
    assert card is not None
    assert (card.version, card.revoked_at, card.event) == (3, None, said(store)[-1].event_id)


def test_another_sites_credential_is_not_there_to_be_revoked(store: Store) -> None:
    issue(store)
    with pytest.raises(LookupError, match="site school-2 has no credential"):
        revoke(store, "school-2")
    assert issue(store, site="school-2") == 1, "each site counts for itself"
    assert deeds(store, "school-3") == []


def test_one_begins_a_lockdown_and_two_end_it(store: Store) -> None:
    assert mode(store, "normal", "anna") is None, "a site is normal until somebody says otherwise"
    assert mode(store, "lockdown", "anna") == 1
    assert mode(store, "lockdown", "bolat") is None
    for by in (["anna"], ["anna", "anna"]):
        with pytest.raises(NotAllowed, match="lockdown is ended by two people"):
            mode(store, "normal", *by)
    assert mode(store, "normal", "anna", "bolat") == 2
    assert mode(store, "lockdown", "anna", drill=True) == 3
    assert mode(store, "normal", "anna") == 4, "a drill is ended by one"
    held = store.read_now(lambda session: site_modes.current(session, SITE))
    assert held is not None
    assert (held.version, held.mode, held.by) == (4, "normal", ["anna"])


async def test_two_who_change_the_same_thing_at_once_get_two_versions(store: Store) -> None:
    def change(session: Session, name: str) -> int | None:
        wanted = msgspec.structs.replace(policy().data, name=name)
        return administration.publish_policy(session, site=SITE, policy=wanted, by=name)

    versions = await asyncio.gather(*(store.write(partial(change, name=f"school {number}")) for number in range(8)))
    assert sorted(version for version in versions if version) == list(range(1, 9))
    assert [msgspec.json.decode(row.data)["version"] for row in said(store)] == list(range(1, 9)), (
        "sent in the order of versions"
    )


def test_an_acknowledgement_is_a_row_a_record_and_an_audit_line_or_nothing(store: Store) -> None:
    def acknowledge(session: Session) -> str:
        return alarm_actions.acknowledge(
            session, site=SITE, alarm="alarm-1", by="guard", post="entrance", seen_version=2, at=AT
        )

    sent = store.write_now(acknowledge)
    (row,) = said(store)
    assert (row.event_id, row.topic, row.event().time) == (sent, "alarm_actions", AT)
    (action,) = store.read_now(lambda session: alarm_actions.of_alarm(session, SITE, "alarm-1"))
    assert (action.id, action.by, action.post, action.seen_version) == (sent, "guard", "entrance", 2)
    assert deeds(store) == [("alarm_acknowledged", "alarm-1", "guard")]
    assert store.read_now(lambda session: alarm_actions.of_alarm(session, "school-2", "alarm-1")) == []

    def fail_after(session: Session) -> None:
        acknowledge(session)
        raise LookupError

    with pytest.raises(LookupError):
        store.write_now(fail_after)
    assert (len(said(store)), len(deeds(store))) == (1, 1)


def test_the_outbox_takes_only_what_administration_may_say(store: Store) -> None:
    big = msgspec.structs.replace(
        policy().data, gates={f"g{n}": GateTrust(name="x" * 500, public_keys=["y"]) for n in range(200)}
    )
    for topic, data, told in (
        (ALARMS, policy().data, "administration does not write"),
        (CREDENTIALS, policy().data, "administration does not write site_policy into credentials"),
        (SITE_POLICIES, big, "more than a record holds"),
    ):
        with pytest.raises(ValueError, match=told):
            store.write_now(lambda session, t=topic, d=data: outbox.put(session, site=SITE, topic=t, data=d, by="x"))  # type: ignore[misc]
    with pytest.raises(msgspec.ValidationError):
        publish(store, msgspec.structs.replace(policy().data, utc_offset_min="five"))
    assert said(store) == []


def add_user(
    store: Store,
    *,
    login: str = "guard",
    password: str = "a good one",
    role: UserRole = UserRole.GUARD,
    site: str = SITE,
) -> bool:
    return store.write_now(
        lambda session: users.put(
            session, site=site, login=login, name="Болат", role=role, language="kk", password=password, by="op", at=AT
        )
    )


def test_a_user_signs_in_with_the_password_and_not_without_and_not_when_disabled(store: Store) -> None:
    assert [add_user(store), add_user(store)] == [True, False]
    right = store.read_now(lambda session: users.verified(session, "guard", "a good one"))
    assert right is not None
    assert (right.site, right.role, right.language) == (SITE, "guard", "kk")
    assert right.password_hash.startswith("$argon2id$")
    assert store.read_now(lambda session: users.verified(session, "guard", "a bad one")) is None
    assert store.read_now(lambda session: users.verified(session, "nobody", "a good one")) is None
    assert store.read_now(lambda session: users.of_site(session, "school-2", "guard")) is None
    assert store.write_now(lambda session: users.disable(session, site="school-2", login="guard", by="op")) is False
    assert store.write_now(lambda session: users.disable(session, site=SITE, login="guard", by="op")) is True
    assert store.read_now(lambda session: users.verified(session, "guard", "a good one")) is None
    assert store.read_now(lambda session: users.of_site(session, SITE, "guard")) is None
    assert [deed[0] for deed in deeds(store)] == ["user_disabled", "user_added"]


def test_a_login_belongs_to_one_site_and_a_short_password_to_nobody(store: Store) -> None:
    add_user(store)
    with pytest.raises(ValueError, match="the login guard is taken"):
        add_user(store, site="school-2")
    with pytest.raises(ValueError, match="shorter than 8 characters"):
        add_user(store, login="anna", password="short")
    assert add_user(store, role=UserRole.DUTY_ADMIN) is True, "a changed role is a change"


def test_a_name_is_corrected_and_known_only_at_its_site(store: Store) -> None:
    for name in ("Айгул", "Айгүл"):
        store.write_now(lambda session, n=name: people.put(session, site=SITE, holder="p-1", name=n, group_name="5А"))  # type: ignore[misc]
    known = store.read_now(lambda session: people.by_holders(session, SITE, {"p-1", "p-2"}))
    assert [(holder, row.name, row.group_name) for holder, row in known.items()] == [("p-1", "Айгүл", "5А")]
    assert store.read_now(lambda session: people.by_holders(session, "school-2", {"p-1"})) == {}
    assert store.read_now(lambda session: people.by_holders(session, SITE, set())) == {}


def test_no_audit_line_holds_a_persons_name(store: Store) -> None:
    add_user(store)
    issue(store)
    rows = store.read_now(lambda session: list(session.exec(select(audit.AuditRow))))
    assert "Болат" not in repr([row.model_dump() for row in rows])
