"""Who leaves in lessons is told of at once, once; who leaves in the break, or is let out by name, is not."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from schemas.envelope import Event
from schemas.passage import Passage
from schemas.site_policy import Days
from schemas.topics import Role
from services.flow.passages_to_presence import passages_to_presence
from tests.services.flow.desk import Desk
from tests.services.flow.people import ALWAYS, MORNING, PUPIL_CARD, credential, passage, policy, read, release

PUPIL = f"holder-{PUPIL_CARD[:4]}"


def school(**rules: Any) -> Desk:
    return Desk(Role.ADMISSION, policy(**{"lessons": ALWAYS, **rules}), credential(PUPIL_CARD, category="pupil"))


def leaves(number: int, card: str = PUPIL_CARD, **changes: Any) -> Event[Passage]:
    return passage(number, "left", PUPIL, of=read(number - 1, card, direction="exit"), **changes)


def test_a_pupil_who_leaves_in_lessons_is_told_of_once() -> None:
    desk = school()
    first = desk.records(passages_to_presence, out := leaves(2))
    (told,) = desk.say(passages_to_presence, out)
    assert (told.rule, told.holder, told.credential) == ("left_early", PUPIL, PUPIL_CARD)
    assert desk.records(passages_to_presence, out) == first


def test_outside_lessons_on_a_holiday_and_on_the_way_in_nothing_is_told() -> None:
    day = MORNING.date()
    holiday = Days(first=day, last=day, kind="closed", name="holiday")
    assert school(lessons=[]).say(passages_to_presence, leaves(2)) == []
    assert school(calendar=[holiday]).say(passages_to_presence, leaves(2)) == []
    assert school().say(passages_to_presence, passage(2, "entered", PUPIL, of=read(1, PUPIL_CARD))) == []


def test_who_is_let_out_by_name_has_stated_why_at_the_post() -> None:
    assert school().say(passages_to_presence, leaves(2, f"name/{PUPIL}", at=MORNING + timedelta(minutes=1))) == []


HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)


def left_at(at: datetime, *releases: Event[Any]) -> list[Any]:
    """Let the pupil go out at a time, after releases, and give what was told."""
    desk = school()
    for each in releases:
        desk.learn(each)
    out = passage(2, "left", PUPIL, of=read(1, PUPIL_CARD, direction="exit"), at=at)
    return desk.say(passages_to_presence, out)


def test_a_release_is_the_stated_basis_within_its_time() -> None:
    leave = release(PUPIL)
    assert left_at(MORNING, leave) == []
    assert left_at(MORNING + HOUR - SECOND, leave) == []
    assert [told.rule for told in left_at(MORNING - SECOND, leave)] == ["left_early"]
    assert [told.rule for told in left_at(MORNING + HOUR, leave)] == ["left_early"]


def test_another_pupils_release_states_nothing() -> None:
    assert [told.rule for told in left_at(MORNING, release("holder-other"))] == ["left_early"]


@pytest.mark.parametrize(("withdrawn_after", "told"), [(SECOND, 1), (2 * SECOND, 0)])
def test_a_release_that_was_withdrawn_states_nothing_from_then_on(withdrawn_after: timedelta, told: int) -> None:
    taken_back = release(PUPIL, 2, withdrawn_at=MORNING + withdrawn_after)
    assert len(left_at(MORNING + SECOND, release(PUPIL), taken_back)) == told
