"""What a gate knows from its own records: passes that it let through, questions, answers; and what a kill leaves."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from schemas.passage import Outcome
from schemas.reasons import Verdict
from services.rules.facts import PassStanding
from tests.turnstile_bridge.played_gate import SETUP
from tests.turnstile_bridge.test_journal import act, open_journal, passage
from turnstile_bridge.freedom import told
from turnstile_bridge.gate_words import Grant, Hold, Say
from turnstile_bridge.journal import Journal
from turnstile_bridge.standing import QUESTIONS_KEPT, USES_KEPT

AT = datetime(2026, 9, 1, 3, 0, tzinfo=UTC)
PASS = "pass/7f3a9c10b2d84e55"
JTI = "7f3a9c10b2d84e55"


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    """Give the journal of a gate that has said nothing yet."""
    journal = open_journal(tmp_path)
    yield journal
    journal.close()


def admitted(read: str, **of_grant: Any) -> Say:
    """Give the act that admits a pass."""
    said = act(read, f"grant/{read}")
    assert isinstance(said.grant, Grant)
    return msgspec.structs.replace(said, grant=msgspec.structs.replace(said.grant, credential=PASS, **of_grant))


def ended(read: str, outcome: Outcome, **changed: Any) -> Say:
    """Give the passage in which the opening for a pass ended."""
    said = passage(f"grant/{read}", outcome)
    return msgspec.structs.replace(said, data=msgspec.structs.replace(said.data, read=read, credential=PASS, **changed))


def guard_said(read: str, verdict: Verdict, **changed: Any) -> Say:
    """Give an act about a read that opens nothing."""
    said = act(read, None)
    return msgspec.structs.replace(said, data=msgspec.structs.replace(said.data, verdict=verdict, **changed))


def test_an_admission_reserves_a_pass_and_the_passage_uses_it(journal: Journal) -> None:
    assert journal.pass_standing(JTI) is None
    journal.write([(admitted("main:1:1"), AT)])
    assert journal.pass_standing(JTI) == PassStanding("reserved", "main:1:1", None, AT)
    journal.write([(ended("main:1:1", "entered"), AT + timedelta(seconds=3))])
    assert journal.pass_standing(JTI) == PassStanding("used", "main:1:1", "main:1:2", AT + timedelta(seconds=3))


@pytest.mark.parametrize("outcome", ["abandoned", "reversed"])
def test_a_visitor_who_did_not_go_through_can_come_again(journal: Journal, outcome: Outcome) -> None:
    journal.write([(admitted("main:1:1"), AT), (ended("main:1:1", outcome), AT)])
    assert journal.pass_standing(JTI) is None


def test_what_is_used_stays_used_whatever_comes_after(journal: Journal) -> None:
    journal.write([(admitted("main:1:1"), AT), (ended("main:1:1", "entered"), AT)])
    used = journal.pass_standing(JTI)
    journal.write([(admitted("main:1:3"), AT + timedelta(seconds=9)), (ended("main:1:3", "abandoned"), AT)])
    assert journal.pass_standing(JTI) == used


def test_the_way_out_uses_no_pass(journal: Journal) -> None:
    journal.write([(admitted("main:1:1", direction="exit"), AT), (ended("main:1:1", "left", direction="exit"), AT)])
    assert journal.pass_standing(JTI) is None


def test_a_use_is_known_after_a_start_and_forgotten_after_longer_than_a_pass_lives(tmp_path: Path) -> None:
    first = open_journal(tmp_path)
    first.write([(admitted("main:1:1"), AT), (ended("main:1:1", "entered"), AT)])
    first.close()
    again = open_journal(tmp_path)
    again.unfinished(AT + USES_KEPT)
    assert again.pass_standing(JTI) is not None
    again.unfinished(AT + USES_KEPT + timedelta(seconds=1))
    assert again.pass_standing(JTI) is None
    again.close()


def test_a_question_is_found_after_a_kill_until_it_is_answered(journal: Journal) -> None:
    asked = guard_said("main:0:7", Verdict.ASK)
    journal.write([(asked, AT)])
    assert journal.unfinished(AT).questions == ((asked.data, AT),)
    journal.write([(guard_said("main:0:7", Verdict.REFUSE, decided_by="guard", decision="administration:1:4"), AT)])
    found = journal.unfinished(AT)
    assert (found.questions, found.answers) == ((), (("administration:1:4", AT),))


def test_a_hold_is_found_after_a_kill_until_its_end_is_told_and_its_answer_counts_no_second_time(
    journal: Journal,
) -> None:
    hold = Hold(
        answer="administration:1:7",
        because="crew_coming",
        by="sabit",
        since=AT,
        until=AT + timedelta(minutes=10),
        until_s=1600.0,
    )
    said = told(SETUP, "mode_changed", None, mode="held_free")
    longer = msgspec.structs.replace(hold, answer="administration:1:8", until=AT + timedelta(minutes=20))
    journal.write([(msgspec.structs.replace(said, hold=one), AT) for one in (hold, longer)])
    found = journal.unfinished(AT)
    assert (found.hold, [answer for answer, _ in found.answers]) == (
        longer,
        ["administration:1:7", "administration:1:8"],
    )
    journal.write([(msgspec.structs.replace(said, ends_hold=True), AT)])
    found = journal.unfinished(AT)
    assert (found.hold, len(found.answers)) == (None, 2)


def test_old_questions_and_answers_are_forgotten_and_old_reads_are_not(journal: Journal) -> None:
    journal.write([(guard_said("main:0:7", Verdict.ASK), AT), (admitted("main:0:8"), AT)])
    journal.write([(guard_said("main:0:9", Verdict.ADMIT, decided_by="guard", decision="administration:1:4"), AT)])
    later = journal.unfinished(AT + QUESTIONS_KEPT + timedelta(seconds=1))
    assert (later.questions, later.answers) == ((), ())
    assert [grant.id for grant, _ in later.grants] == ["grant/main:0:8"]
