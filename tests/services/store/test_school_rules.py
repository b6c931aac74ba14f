"""What a policy says since visits came is kept whole, and a row of before reads back with the schema's own defaults."""

from datetime import date, timedelta

import msgspec
import sqlalchemy as sa

from schemas.envelope import Event
from schemas.site_policy import CategoryRules, Days, Measure, PassKey, SitePolicy, Threat, Window
from schemas.topics import CREDENTIAL_READS, CREDENTIALS
from services.store import recording
from services.store.database import Store
from services.store.records import credential_reads, credentials, site_policies
from tests.schemas.examples import AT, GATE_SIGNER, event_of, policy

SITE = "school-1"
MORNING = Window(weekdays=[1, 2, 3], opens_min=450, closes_min=800, shift="1", late_from_min=500)
RULES = CategoryRules(
    windows=[MORNING],
    anti_passback="soft",
    admit_staleness_s=60.0,
    passback_within_s=900.0,
    refuse_staleness_s=None,
    open_on_holidays=False,
    entrances=["school-1-main"],
    escort="host",
    screening="drawn",
    walk_in=False,
    lessons=[MORNING],
)
WHOLE = msgspec.structs.replace(
    policy().data,
    categories={"pupil": RULES},
    calendar=[Days(first=date(2027, 1, 1), last=date(2027, 1, 8), kind="closed", name="Жаңа жыл")],
    threat=Threat(level="yellow", valid_from=AT, valid_until=AT + timedelta(days=3), source="№ 12 өкім"),
    measures={"yellow": {"visitor": Measure(entry="ask", walk_in=False)}},
    visitor_capacity=40,
    screening_share=0.25,
    question_after_s=20.0,
    reserve_s=45.0,
    pass_keys=[
        PassKey(kid="p1", public_key=GATE_SIGNER.public_key, valid_from=AT, valid_until=AT + timedelta(days=90))
    ],
)


def keep(store: Store, *policies: SitePolicy) -> None:
    """Record policies, each a minute after the one before."""
    events: list[Event[SitePolicy]] = [
        msgspec.structs.replace(policy(data.version), data=data, time=AT + timedelta(minutes=number))
        for number, data in enumerate(policies)
    ]
    store.write_now(lambda session: recording.record(session, events))


def test_a_policy_reads_back_as_it_was_published(store: Store) -> None:
    keep(store, WHOLE)
    assert store.read_now(lambda session: site_policies.current(session, SITE)) == WHOLE


def test_a_policy_of_before_reads_back_with_the_defaults(store: Store) -> None:
    keep(store, WHOLE)
    younger = ["calendar", "threat", "measures", "visitor_capacity", "screening_share"]
    younger += ["question_after_s", "reserve_s", "pass_keys"]
    with store.engine.connect() as connection, connection.begin():
        connection.execute(sa.text(f"UPDATE site_policies SET {', '.join(f'{name} = NULL' for name in younger)}"))
    kept = store.read_now(lambda session: site_policies.current(session, SITE))
    assert kept == msgspec.structs.replace(policy().data, categories={"pupil": RULES})


def test_the_version_of_a_moment_is_found_again(store: Store) -> None:
    keep(store, *(msgspec.structs.replace(WHOLE, version=version, name=f"{version}") for version in (1, 2, 3)))
    for minutes, found in ((-1, None), (0, 1), (1.5, 2), (9, 3)):
        at = AT + timedelta(minutes=minutes)
        held = store.read_now(lambda session, at=at: site_policies.in_force(session, SITE, at))  # type: ignore[misc]
        assert (held.version if held else None) == found
    second = store.read_now(lambda session: site_policies.version(session, SITE, 2))
    assert second is not None
    assert second.name == "2"
    assert store.read_now(lambda session: site_policies.version(session, "school-2", 2)) is None
    assert [row.version for row in store.read_now(lambda session: site_policies.versions(session, SITE))] == [3, 2, 1]


def test_a_cards_shift_and_a_passes_fault_are_kept(store: Store) -> None:
    card, read = event_of(CREDENTIALS), event_of(CREDENTIAL_READS)
    card = msgspec.structs.replace(card, data=msgspec.structs.replace(card.data, shift="2"))
    read = msgspec.structs.replace(read, data=msgspec.structs.replace(read.data, pass_fault="forged"))
    store.write_now(lambda session: recording.record(session, [card, read]))
    (kept,) = store.read_now(lambda session: credentials.of_holder(session, SITE, "p-0317"))
    assert kept.shift == "2"
    shown = store.read_now(lambda session: session.get(credential_reads.CredentialReadRow, (SITE, read.id)))
    assert shown is not None
    assert shown.pass_fault == "forged"
