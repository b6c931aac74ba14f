"""A director's file on the command line: compared, published, gone back to, rehearsed; and a read explained."""

import csv
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from schemas.catalogue import Said
from schemas.envelope import Event
from schemas.topics import CREDENTIAL_READS, PASSAGES
from services.store import audit, outbox, recording
from services.store.database import Store
from services.store.records import credentials, site_policies
from tests.schemas.examples import event_of
from tests.services.cli.conftest import Qaqpa

SITE = "school-1"


def rules(store: Store, version: int) -> str:
    """Give the times in which pupils enter by a version."""
    policy = store.read_now(lambda session: site_policies.version(session, SITE, version))
    assert policy is not None
    return ",".join(f"{window.opens_min}-{window.closes_min}" for window in policy.categories["pupil"].windows)


def test_a_policy_is_shown_changed_compared_published_and_gone_back_to(school: Path, qaqpa: Qaqpa, kept: Store) -> None:
    qaqpa("seed", "seed.toml")
    file = school / "policy.yaml"
    file.write_text(qaqpa("policy", "show", "--site", SITE).stdout, encoding="utf-8")
    assert "good" in qaqpa("policy", "check", "policy.yaml").stdout
    file.write_text(file.read_text(encoding="utf-8").replace("07:00-20:00", "07:30-19:00"), encoding="utf-8")
    told = qaqpa("policy", "diff", "policy.yaml", "--language", "ru").stdout
    assert "время входа: Пн-Сб 07:00-20:00 → Пн-Сб 07:30-19:00" in told
    changes = json.loads(qaqpa("policy", "diff", "policy.yaml", "--json").stdout)
    assert [change["field"] for change in changes if change["about"] == "category/pupil"] == ["windows"]
    assert "policy version 2 published" in qaqpa("policy", "publish", "policy.yaml").stdout
    assert "the policy already holds" in qaqpa("policy", "publish", "policy.yaml").stdout
    assert "version 3 published, with the rules of version 1" in qaqpa("policy", "rollback", "1", "--site", SITE).stdout
    assert [rules(kept, version) for version in (1, 2, 3)] == ["420-1200", "450-1140", "420-1200"]
    history = qaqpa("policy", "history", "--site", SITE).stdout.splitlines()
    assert [line.split()[1] for line in history] == ["3", "2", "1"]
    assert all("operator/" in line for line in history)
    sent = kept.read_now(lambda session: outbox.unsent(session, 99))
    assert [msgspec.json.decode(row.data)["version"] for row in sent if row.topic == "site_policies"] == [1, 2, 3]


def test_a_file_with_mistakes_publishes_nothing(school: Path, qaqpa: Qaqpa, kept: Store) -> None:
    qaqpa("seed", "seed.toml")
    bad = Path(__file__).parents[2] / "vectors" / "policy_files" / "bad" / "everything_at_once.yaml"
    (school / "policy.yaml").write_text(bad.read_text(encoding="utf-8"), encoding="utf-8")
    for command in ("check", "diff", "publish"):
        done = qaqpa("policy", command, "policy.yaml")
        assert (done.returncode, "Traceback" in done.stderr) == (2, False)
        assert "6 mistakes" in done.stderr
        assert "line 4, column 41: unknown key escrot: did you mean escort?" in done.stderr
    assert len(kept.read_now(lambda session: site_policies.versions(session, SITE))) == 1
    assert "no policy version 7" in qaqpa("policy", "rollback", "7", "--site", SITE).stderr


def test_a_read_is_explained_and_a_policy_rehearsed_with_the_facts_of_the_time(
    school: Path, qaqpa: Qaqpa, kept: Store
) -> None:
    qaqpa("seed", "seed.toml")
    (card,) = kept.read_now(lambda session: credentials.of_holder(session, SITE, "p-1"))
    yesterday = datetime.now(UTC).replace(hour=3, minute=0, second=0, microsecond=0) - timedelta(days=1)
    monday = yesterday - timedelta(days=yesterday.weekday())
    _let_in(kept, card.credential, monday)
    explained = qaqpa("explain", "school-1-main:1:2", "--site", SITE).stdout
    assert "p-1, pupil" in explained
    assert f"inside since {monday + timedelta(hours=5, minutes=1):%Y-%m-%d %H:%M}" in explained
    assert "already_inside" in explained
    assert all(f"\n{language}: " in explained for language in ("kk", "ru", "en"))
    assert "has no read x:1:1" in qaqpa("explain", "x:1:1", "--site", SITE).stderr
    file = school / "policy.yaml"
    text = qaqpa("policy", "show", "--site", SITE).stdout.replace("07:00-20:00", "10:00-20:00")
    file.write_text(text, encoding="utf-8")
    rehearse = ("policy", "rehearse", "policy.yaml", "--site", SITE, "--days", "30", "--csv", "who.csv")
    told = qaqpa(*rehearse, "--names").stdout
    assert "2 reads of 30 days" in told
    assert "Айгүл Сәрсен" in told
    with (school / "who.csv").open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert [(row["holder"], row["proposed_reason"]) for row in rows] == [("p-1", "outside_window")] * 2
    assert len(kept.read_now(lambda session: audit.of_act(session, SITE, "rehearsal_names_shown"))) == 1
    assert "p-1" in qaqpa(*rehearse).stdout


def _let_in(store: Store, credential: str, at: datetime) -> None:
    """Record a way in by a policy and a card that held before, and a second read of the same card."""
    events: list[Event[Said]] = []
    for number, minutes in ((1, 0), (2, 5)):
        read = event_of(CREDENTIAL_READS, f"school-1-main:1:{number}")
        data = msgspec.structs.replace(read.data, credential=credential, direction="entry")
        events.append(msgspec.structs.replace(read, time=at + timedelta(minutes=minutes), data=data))
    entered = event_of(PASSAGES, "school-1-main:1:9")
    passage = msgspec.structs.replace(entered.data, holder="p-1", outcome="entered", credential=credential)
    events.append(msgspec.structs.replace(entered, time=at + timedelta(minutes=1), data=passage))
    store.write_now(lambda session: recording.record(session, events))

    def earlier(session: object) -> None:
        from sqlalchemy import text  # noqa: PLC0415

        for table, column in (("site_policies", "at"), ("outbox", "created_at")):
            session.execute(text(f"UPDATE {table} SET {column} = '2026-09-01 00:00:00.000000'"))  # type: ignore[attr-defined]

    store.write_now(earlier)
