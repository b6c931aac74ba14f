"""Who leaves in lessons, and whom the system draws for a check."""

from datetime import UTC, date, datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.credential import Category, Credential
from schemas.site_policy import CategoryRules, Days, Measure, SitePolicy, Threat, Window
from services.rules.drawing import check_due, drawn
from services.rules.release import leaves_early

SECRET = b"a secret of the site"
LESSONS = [
    Window(weekdays=[1, 2, 3, 4, 5], opens_min=480, closes_min=780, shift="1"),
    Window(weekdays=[1, 2, 3, 4, 5], opens_min=780, closes_min=1080, shift="2"),
]
POLICY = SitePolicy(
    version=1,
    name="a school",
    utc_offset_min=300,
    answer_within_ms=300,
    categories={
        "pupil": CategoryRules(windows=[], anti_passback="off", admit_staleness_s=0, lessons=LESSONS),
        "visitor": CategoryRules(windows=[], anti_passback="off", admit_staleness_s=0, screening="drawn"),
    },
    gates={},
    screening_share=0.2,
)
NOW = datetime(2026, 11, 23, 5, 0, tzinfo=UTC)
SHARES = st.floats(0, 1)


def pupil(shift: str | None = "1", category: Category = "pupil") -> Credential:
    """Give a pupil's card."""
    return Credential(
        credential="0" * 32,
        version=1,
        holder="pupil-1",
        category=category,
        valid_from=datetime(2026, 1, 1, tzinfo=UTC),
        valid_until=datetime(2027, 1, 1, tzinfo=UTC),
        revoked_at=None,
        shift=shift,
    )


def at(clock: str, day: int = 23) -> datetime:
    """Give a time of a day of November 2026 on the school's wall."""
    return datetime.fromisoformat(f"2026-11-{day:02d}T{clock}+05:00")


@pytest.mark.parametrize(
    ("shift", "clock", "early"),
    [
        ("1", "07:59:59.999", False),
        ("1", "08:00", True),
        ("1", "12:59:59.999", True),
        ("1", "13:00", False),
        ("2", "12:59:59.999", False),
        ("2", "13:00", True),
        ("2", "17:59:59", True),
        ("2", "18:00", False),
        (None, "10:00", False),
    ],
)
def test_leaving_is_early_while_the_holders_own_lessons_last(shift: str | None, clock: str, early: bool) -> None:  # noqa: FBT001  a table's column
    assert leaves_early(POLICY, pupil(shift), at(clock)) is early


def test_on_other_days_and_for_other_people_there_are_no_lessons() -> None:
    assert not leaves_early(POLICY, pupil(), at("10:00", 28)), "a Saturday"
    assert not leaves_early(POLICY, pupil(category="visitor"), at("10:00"))
    assert not leaves_early(POLICY, pupil(category="staff"), at("10:00")), "a category that the policy does not have"


def test_in_the_holidays_nobody_leaves_early_and_on_a_working_day_among_them_somebody_may() -> None:
    holidays = Days(first=date(2026, 11, 23), last=date(2026, 11, 27), kind="closed", name="Каникул")
    working = Days(first=date(2026, 11, 25), last=date(2026, 11, 25), kind="working", name="Жұмыс күні")
    policy = msgspec.structs.replace(POLICY, calendar=[holidays, working])
    assert not leaves_early(policy, pupil(), at("10:00"))
    assert leaves_early(policy, pupil(), at("10:00", 25))


@given(st.text(min_size=1), SHARES, SHARES)
def test_a_visit_is_drawn_again_by_whoever_has_the_secret_and_at_any_larger_share(
    visit: str, one: float, other: float
) -> None:
    smaller, larger = sorted((one, other))
    assert drawn(smaller, visit, SECRET) == drawn(smaller, visit, SECRET)
    assert drawn(smaller, visit, SECRET) <= drawn(larger, visit, SECRET)


def test_none_are_drawn_of_no_share_and_all_of_the_whole() -> None:
    visits = [f"visit-{number}" for number in range(200)]
    assert not any(drawn(0.0, visit, SECRET) for visit in visits)
    assert all(drawn(1.0, visit, SECRET) for visit in visits)


def test_the_share_is_kept_and_another_secret_draws_others() -> None:
    visits = [f"visit-{number}" for number in range(5000)]
    ours = {visit for visit in visits if drawn(POLICY.screening_share, visit, SECRET)}
    theirs = {visit for visit in visits if drawn(POLICY.screening_share, visit, b"another secret")}
    assert 900 < len(ours) < 1100, "a fifth of 5,000, by more than three standard deviations"
    assert 900 < len(theirs) < 1100
    assert 130 < len(ours & theirs) < 270, "a fifth of a fifth: nobody who lacks the secret can tell"


def test_only_adults_are_drawn_and_a_level_may_want_all() -> None:
    everybody = msgspec.structs.replace(POLICY, screening_share=1.0)
    assert check_due(everybody, "visitor", "visit-1", SECRET, NOW)
    assert not check_due(everybody, "pupil", "visit-1", SECRET, NOW)
    assert not check_due(msgspec.structs.replace(POLICY, screening_share=0.0), "visitor", "visit-1", SECRET, NOW)
    orange = msgspec.structs.replace(
        POLICY,
        screening_share=0.0,
        threat=Threat(level="orange", valid_from=NOW, valid_until=at("23:00"), source="akimat"),
        measures={"orange": {"visitor": Measure(screening="always")}},
    )
    assert check_due(orange, "visitor", "visit-1", SECRET, NOW)
    assert not check_due(orange, "visitor", "visit-1", SECRET, at("23:00")), "the level is over"


def test_a_pupil_is_not_drawn_even_where_the_policy_says_so() -> None:
    rules = msgspec.structs.replace(POLICY.categories["pupil"], screening="drawn")
    policy = msgspec.structs.replace(POLICY, categories={"pupil": rules}, screening_share=1.0)
    assert not check_due(policy, "pupil", "visit-1", SECRET, NOW)
