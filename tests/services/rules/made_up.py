"""Facts, people and policies that hypothesis makes up, for the properties that hold whatever the school is like."""

from datetime import UTC, date, datetime
from typing import get_args

import msgspec
from hypothesis import strategies as st

from schemas.credential import Category, Credential
from schemas.credential_read import CredentialRead, Direction, PassFault
from schemas.screening import Screening, Standing
from schemas.site_mode import SiteMode
from schemas.site_policy import (
    CategoryRules,
    Days,
    Escort,
    Measure,
    ScreeningDue,
    SitePolicy,
    Threat,
    ThreatLevel,
    Window,
)
from schemas.visitor_pass import VisitorPass
from services.rules.facts import Facts, PassStanding, Presence

GATES = ("g", "h")
CATEGORIES = st.sampled_from(get_args(Category))
ESCORTS = st.sampled_from(get_args(Escort))
LEVELS = st.sampled_from(get_args(ThreatLevel))
SCREENINGS = st.sampled_from(get_args(ScreeningDue))
SHIFTS = st.none() | st.sampled_from(["1", "2"])
ENTRANCES = st.none() | st.lists(st.sampled_from(GATES), unique=True)
MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001  hypothesis adds the zone
DATES = st.dates(date(2026, 1, 1), date(2027, 12, 31))
WINDOWS = st.builds(
    Window,
    weekdays=st.lists(st.integers(1, 7), unique=True),
    opens_min=st.integers(0, 1440),
    closes_min=st.integers(0, 1440),
    shift=SHIFTS,
    late_from_min=st.none() | st.integers(0, 1440),
)
ALL_DAY = Window(weekdays=[1, 2, 3, 4, 5, 6, 7], opens_min=0, closes_min=1440)
RULES = st.builds(
    CategoryRules,
    windows=st.lists(st.just(ALL_DAY) | WINDOWS, max_size=3),
    anti_passback=st.sampled_from(["off", "hard", "soft"]),
    admit_staleness_s=st.floats(0, 1e7),
    passback_within_s=st.none() | st.floats(0, 1e5),
    refuse_staleness_s=st.none() | st.floats(0, 1e8),
    open_on_holidays=st.booleans(),
    entrances=ENTRANCES,
    escort=ESCORTS,
    screening=SCREENINGS,
    walk_in=st.booleans(),
    lessons=st.lists(WINDOWS, max_size=2),
)
MEASURES = st.builds(
    Measure,
    entry=st.sampled_from(["as_usual", "ask", "refuse"]),
    screening=st.none() | SCREENINGS,
    escort=st.none() | ESCORTS,
)
POLICIES = st.builds(
    SitePolicy,
    version=st.integers(1, 99),
    name=st.just("a school"),
    utc_offset_min=st.integers(-720, 840),
    answer_within_ms=st.just(300),
    categories=st.dictionaries(CATEGORIES, RULES),
    gates=st.just({}),
    calendar=st.lists(
        st.builds(Days, first=DATES, last=DATES, kind=st.sampled_from(["closed", "working"]), name=st.just("a day")),
        max_size=2,
    ),
    threat=st.none()
    | st.builds(Threat, level=LEVELS, valid_from=MOMENTS, valid_until=MOMENTS, source=st.just("akimat")),
    measures=st.dictionaries(LEVELS, st.dictionaries(CATEGORIES, MEASURES)),
    visitor_capacity=st.none() | st.integers(0, 3),
    reserve_s=st.floats(0, 600),
)
CREDENTIALS = st.builds(
    Credential,
    credential=st.just("0" * 32),
    version=st.integers(1, 9),
    holder=st.just("h-1"),
    category=CATEGORIES,
    valid_from=MOMENTS,
    valid_until=MOMENTS,
    revoked_at=st.none() | MOMENTS,
    shift=SHIFTS,
)
PASSES = st.builds(
    VisitorPass,
    jti=st.just("0" * 32),
    version=st.integers(1, 9),
    visit=st.just("visit-1"),
    holder=st.just("visitor-1"),
    category=CATEGORIES,
    valid_from=MOMENTS,
    valid_until=MOMENTS,
    entries=st.sampled_from(["single", "multiple"]),
    escort=ESCORTS,
    screening_due=st.booleans(),
    revoked_at=st.none() | MOMENTS,
    entrances=ENTRANCES,
    windows=st.lists(WINDOWS, max_size=2),
)
MODES = st.builds(
    SiteMode,
    version=st.just(1),
    mode=st.sampled_from(["normal", "free", "lockdown", "evacuation"]),
    drill=st.booleans(),
    by=st.just(["duty-admin"]),
    because=st.none(),
)
SCREENED = st.builds(
    Screening,
    screening=st.just("check-1"),
    version=st.just(1),
    holder=st.just("h-1"),
    category=CATEGORIES,
    method=st.just("visual"),
    outcome=st.just("found"),
    items=st.just([]),
    standing=st.sampled_from(get_args(Standing)),
    refusals=st.integers(0, 3),
    drawn=st.booleans(),
    by=st.just("guard"),
    post=st.just("entrance"),
    gate=st.none(),
    checked_at=MOMENTS,
    resolved_at=st.none(),
    resolution=st.none(),
)
FACTS = st.builds(
    Facts,
    policy=st.none() | POLICIES,
    confirmed_at=MOMENTS,
    credential=st.none() | CREDENTIALS,
    mode=st.none() | MODES,
    presence=st.none() | st.builds(Presence, st.booleans(), st.just("g:1:1"), MOMENTS),
    visitor_pass=st.none() | PASSES,
    pass_standing=st.none()
    | st.builds(PassStanding, st.sampled_from(["reserved", "used"]), st.just("g:1:2"), st.none(), MOMENTS),
    screening=st.none() | SCREENED,
    visitors_inside=st.none() | st.integers(0, 5),
    visitors_unsure=st.integers(0, 2),
    clock_doubted=st.booleans(),
)


def read(direction: Direction, fault: PassFault | None = None) -> CredentialRead:
    """Give a read in a direction, of a pass with a fault or of anything without."""
    return CredentialRead(
        gate=GATES[0],
        reader="r",
        direction=direction,
        credential="0" * 32,
        technology="card" if fault is None else "qr",
        bits=26,
        answer_by=datetime(2026, 1, 1, tzinfo=UTC),
        pass_fault=fault,
    )


ENTRIES = st.sampled_from([read("entry", fault) for fault in (None, *get_args(PassFault))])
EXITS = st.sampled_from([read("exit", fault) for fault in (None, *get_args(PassFault))])


def of_category(facts: Facts, category: Category) -> Facts:
    """Give the facts with whoever shows credential or pass in another category."""
    put = msgspec.structs.replace
    return put(
        facts,
        credential=put(facts.credential, category=category) if facts.credential else None,
        visitor_pass=put(facts.visitor_pass, category=category) if facts.visitor_pass else None,
    )
