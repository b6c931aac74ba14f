"""The ledger holds across restarts what is to be told; what comes again changes nothing."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from schemas.outgoing import Outgoing
from schemas.setting import WrongSetting
from schemas.topics import ALARMS, PANICS
from services.kafka_client.follower import Kept
from services.police_link.ledger import Held, Ledger
from services.police_link.notice import Notice

AT = datetime(2026, 11, 23, 3, 0, 0, tzinfo=UTC)
DELIVERY = Outgoing("deliveries", b"school-1", b"{}", 3)


def notice(key: str, *, first: bool = True, at: datetime = AT) -> Notice:
    return Notice(key, key, f"alarm-of-{key}", "school-1", "PA", "gate-1/post", at, first)


def kept(offset: int) -> Kept:
    return Kept(PANICS, 3, offset, 0, b"school-1", b"{}")


def test_what_was_taken_is_there_after_a_restart(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger.sqlite")
    ledger.take([kept(41)], [notice("gate-1:1:1")], [Held("panics", 3, 41, b"x")])
    ledger.close()
    again = Ledger(tmp_path / "ledger.sqlite")
    assert again.positions(PANICS.name) == {3: 42}
    assert again.positions(ALARMS.name) == {}
    assert [item.notice for item in again.waiting()] == [notice("gate-1:1:1")]
    assert again.held() == [Held("panics", 3, 41, b"x")]


def test_a_repeated_record_is_told_once_under_its_first_number(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger.sqlite")
    ledger.take([kept(41)], [notice("gate-1:1:1")])
    ledger.take([kept(41)], [notice("gate-1:1:1"), notice("gate-1:1:2")])
    assert [(item.notice.key, item.sequence) for item in ledger.waiting()] == [("gate-1:1:1", 1), ("gate-1:1:2", 2)]


def test_an_older_record_does_not_move_the_position_back(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger.sqlite")
    ledger.take([kept(41)], [])
    ledger.take([kept(7)], [])
    assert ledger.positions(PANICS.name) == {3: 42}


def test_presses_go_first_then_the_order_of_events(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger.sqlite")
    ledger.take(
        [],
        [
            notice("alarm", first=False),
            notice("second", at=AT + timedelta(seconds=2)),
            notice("first", at=AT + timedelta(seconds=1)),
        ],
    )
    assert [item.notice.key for item in ledger.waiting()] == ["first", "second", "alarm"]


def test_an_outcome_is_told_once_and_the_next_one_is_told_too(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger.sqlite")
    ledger.take([], [notice("press")])
    for attempts in (3, 6):
        ledger.record(notice("press"), "no_answer", attempts, DELIVERY, settled=False)
    assert len(ledger.deliveries()) == 1
    assert (ledger.waiting()[0].attempts, ledger.waiting()[0].told) == (6, "no_answer")
    ledger.record(notice("press"), "acknowledged", 7, DELIVERY, settled=True)
    assert len(ledger.deliveries()) == 2
    assert ledger.waiting() == []


def test_what_kafka_has_taken_is_not_delivered_again(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger.sqlite")
    ledger.take([], [notice("press")])
    ledger.record(notice("press"), "acknowledged", 1, DELIVERY, settled=True)
    ((number, record),) = ledger.deliveries()
    assert record == DELIVERY
    ledger.delivered([number])
    assert ledger.deliveries() == []


def test_a_held_record_is_released_with_what_it_says(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger.sqlite")
    held = [Held("panics", 3, 41, b"x"), Held("panics", 3, 42, b"y")]
    ledger.take([], [], held)
    ledger.release(held[0], [notice("press")])
    ledger.release(held[1], [])
    assert ledger.held() == []
    assert [item.notice.key for item in ledger.waiting()] == ["press"]


def test_only_what_is_settled_is_forgotten(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger.sqlite")
    ledger.take([], [notice("told"), notice("waiting")])
    ledger.record(notice("told"), "acknowledged", 1, DELIVERY, settled=True)
    ledger.forget(AT + timedelta(days=1))
    assert [item.notice.key for item in ledger.waiting()] == ["waiting"]
    ledger.take([], [notice("told")])
    assert {item.notice.key for item in ledger.waiting()} == {"told", "waiting"}


def test_a_second_link_on_the_same_ledger_is_refused_by_name(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger.sqlite")
    with pytest.raises(WrongSetting, match=r"police_link\.data_dir.*another police-link"):
        Ledger(tmp_path / "ledger.sqlite")
    ledger.close()
    Ledger(tmp_path / "ledger.sqlite").close()


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(WrongSetting, match=r"police_link\.data_dir"):
        Ledger(tmp_path / "file" / "ledger.sqlite")
