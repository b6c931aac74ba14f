"""The journal: what the gate said is on disk, in order, until the stream has it, whatever dies in between."""

import os
import signal
import subprocess
import sys
import textwrap
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from schemas.credential_read import CredentialRead
from schemas.gate_act import GateAct
from schemas.gate_event import GateEvent, GateEventKind
from schemas.ids import EventId
from schemas.panic import Panic
from schemas.passage import Outcome, Passage
from schemas.reasons import Reason, Verdict
from schemas.topics import CREDENTIAL_READS, GATE_ACTS, GATE_EVENTS, PANICS, PASSAGES, Placement
from schemas.trust import Signer, Trust
from turnstile_bridge.gate_words import Grant, Resumed, Say
from turnstile_bridge.journal import Journal

AT = datetime(2026, 9, 1, 3, 0, tzinfo=UTC)
SIGNER = Signer("gate/main", bytes(32))
PLACEMENT = Placement()


def open_journal(folder: Path, *, max_rows: int = 1000, max_bytes: int = 1_000_000) -> Journal:
    """Open the journal of a gate."""
    return Journal(
        folder / "journal.sqlite",
        site="school-1",
        signer=SIGNER,
        placement=PLACEMENT,
        max_rows=max_rows,
        max_bytes=max_bytes,
    )


def event(kind: GateEventKind = "heartbeat") -> Say:
    """Give a gate event to say."""
    return Say(GATE_EVENTS, GateEvent(gate="main", kind=kind, device=None, gap_s=None, detail={}))


READ = CredentialRead(
    gate="main", reader="in", direction="entry", credential="aa", technology="card", bits=26, answer_by=AT
)


def act(read: str, grant: str | None) -> Say:
    """Give the act of a read."""
    data = GateAct(
        read=read,
        gate="main",
        reader="in",
        direction="entry",
        credential="aa",
        decided_by="gate",
        decision=None,
        verdict=Verdict.ADMIT,
        reason=Reason.VALID,
        values={},
        holder="h-1",
        category="staff",
        policy_version=1,
        policy_age_s=0.0,
        grant=grant,
        waited_ms=1.0,
    )
    kept = (
        Grant(id=grant, read=read, reader="in", direction="entry", credential="aa", holder="h-1", expires_at=AT)
        if grant
        else None
    )
    return Say(GATE_ACTS, data, grant=kept)


def passage(grant: str, outcome: Outcome = "entered") -> Say:
    """Give the passage of a grant."""
    data = Passage(
        gate="main",
        direction="entry",
        outcome=outcome,
        grant=grant,
        read="main:1:1",
        credential="aa",
        holder="h-1",
    )
    return Say(PASSAGES, data)


def test_ids_count_on_over_starts_and_the_boot_shows_each_start(tmp_path: Path) -> None:
    journal = open_journal(tmp_path)
    expected = journal.next_id()
    [first] = journal.write([(event(), AT)])
    journal.close()
    again = open_journal(tmp_path)
    [second] = again.write([(event(), AT)])
    again.close()
    assert (first.id, second.id) == ("main:1:1", "main:2:2") == (expected, "main:2:2")


def test_a_record_is_signed_once_and_lies_where_its_site_does(tmp_path: Path) -> None:
    journal = open_journal(tmp_path)
    journal.write([(event(), AT)])
    outbox = journal.sender("records")
    [row] = outbox.waiting(10)
    assert outbox.waiting(10) == [row]
    assert outbox.waiting(10, after=row.seq) == []
    assert outbox.news.is_set()
    trust = Trust({}, PLACEMENT)
    with pytest.raises(Exception, match="unknown_signer"):
        trust.read(GATE_EVENTS, row.partition, row.value)
    assert row.partition == PLACEMENT.partition(GATE_EVENTS, "school-1")
    assert row.key == b"school-1"
    outbox.close()
    journal.close()


def test_what_waits_goes_in_order_and_is_kept_until_it_is_acknowledged(tmp_path: Path) -> None:
    journal = open_journal(tmp_path)
    for _ in range(25):
        journal.write([(event(), AT)])
    outbox = journal.sender("records")
    taken: list[int] = []
    while batch := outbox.waiting(10):
        assert outbox.waiting(10) == batch, "not acknowledged, so the same again"
        taken += [row.seq for row in batch]
        outbox.acknowledged(batch)
    assert taken == list(range(1, 26))
    assert journal.backlog().rows == 0
    assert journal.backlog().size == 0
    outbox.close()
    journal.close()


def test_an_alarm_has_a_queue_of_its_own(tmp_path: Path) -> None:
    journal = open_journal(tmp_path)
    journal.write([(event(), AT), (event(), AT)])
    journal.write(
        [(Say(PANICS, Panic(gate="main", button="post", silent=False, test=None)), AT), (event("forced"), AT)]
    )
    records, alarms = journal.sender("records"), journal.sender("alarms")
    assert [row.topic for row in alarms.waiting(10)] == ["panics", "gate_events"]
    assert [row.seq for row in records.waiting(10)] == [1, 2]
    records.close()
    alarms.close()
    journal.close()


def test_a_full_journal_takes_alarms_only_and_the_gap_shows(tmp_path: Path) -> None:
    journal = open_journal(tmp_path, max_rows=5)
    written = [journal.write([(event(), AT)])[0] for _ in range(7)]
    assert [one.kept for one in written] == [True] * 5 + [False] * 2
    assert journal.backlog().share >= 1
    [alarm] = journal.write([(event("forced"), AT)])
    assert (alarm.kept, alarm.id) == (True, "main:1:8")
    assert journal.dropped == 2
    outbox = journal.sender("records")
    outbox.acknowledged(outbox.waiting(10))
    assert journal.write([(event(), AT)])[0].kept
    outbox.close()
    journal.close()


def test_bytes_are_bounded_too(tmp_path: Path) -> None:
    journal = open_journal(tmp_path, max_bytes=2000)
    written = [journal.write([(event(), AT)])[0].kept for _ in range(10)]
    assert written[0]
    assert not written[-1]
    journal.close()


def test_what_is_unfinished_is_known_after_a_kill(tmp_path: Path) -> None:
    journal = open_journal(tmp_path)
    journal.write([(Say(CREDENTIAL_READS, READ), AT)])
    journal.write([(Say(CREDENTIAL_READS, READ), AT + timedelta(seconds=1))])
    journal.write([(act("main:1:1", "grant/main:1:1"), AT + timedelta(seconds=2))])
    journal.close()
    again = open_journal(tmp_path)
    found = again.unfinished(AT)
    assert [(event_id, at) for event_id, at, _ in found.reads] == [("main:1:2", AT + timedelta(seconds=1))]
    assert [(grant.id, at) for grant, at in found.grants] == [("grant/main:1:1", AT + timedelta(seconds=2))]
    again.write([(passage("grant/main:1:1"), AT), (act("main:1:2", None), AT)])
    assert again.unfinished(AT) == Resumed(reads=(), grants=())
    again.close()


def test_who_is_inside_follows_the_passages_of_this_gate(tmp_path: Path) -> None:
    journal = open_journal(tmp_path)
    journal.write([(act("main:1:1", "grant/main:1:1"), AT)])
    assert journal.presence("h-1") is None, "admitted is not passed"
    journal.write([(passage("grant/main:1:1", "abandoned"), AT)])
    assert journal.presence("h-1") is None
    journal.write([(passage("grant/main:1:1"), AT)])
    known = journal.presence("h-1")
    assert known is not None
    assert (known.inside, known.at) == (True, AT)
    journal.close()


KILLED = """
    import sys
    from pathlib import Path
    from tests.turnstile_bridge.test_journal import AT, READ, event, open_journal
    from schemas.topics import CREDENTIAL_READS
    from turnstile_bridge.gate_words import Say

    journal = open_journal(Path(sys.argv[1]))
    outbox = journal.sender("records")
    for count in range(10_000):
        journal.write([(Say(CREDENTIAL_READS, READ), AT)] if count % 2 else [(event(), AT)])
        if count % 10 == 9:
            batch = outbox.waiting(5)
            print("sent", *[row.event_id for row in batch], flush=True)
            outbox.acknowledged(batch)
        print("said", count + 1, flush=True)
"""


def test_a_kill_between_writing_and_acknowledging_loses_nothing_and_keeps_the_order(tmp_path: Path) -> None:
    command = [sys.executable, "-c", textwrap.dedent(KILLED), str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        lines: list[str] = []
        while "said 200\n" not in lines:
            lines.append(writer.stdout.readline())
        os.kill(writer.pid, signal.SIGKILL)
        lines += writer.stdout.readlines()
    said = max(int(line.split()[1]) for line in lines if line.startswith("said") and line.endswith("\n"))
    sent = [EventId.parse(event_id).seq for line in lines if line.startswith("sent") for event_id in line.split()[1:]]
    journal = open_journal(tmp_path)
    outbox = journal.sender("records")
    waiting = [row.seq for row in outbox.waiting(10_000)]
    assert waiting == list(range(waiting[0], waiting[-1] + 1)), "no gap"
    assert waiting[0] <= sent[-1] + 1, "nothing that was not sent is gone"
    assert waiting[-1] >= said, "nothing that was said is gone"
    assert EventId.parse(journal.next_id()).seq == waiting[-1] + 1
    assert journal.boot == 2
    outbox.close()
    journal.close()
