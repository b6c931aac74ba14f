"""``python -m bench.decisions``: how long one ``decide`` takes on a whole school, and whether ten times the people make
it slower; prints a line each and writes ``var/bench/decisions.json``.

A decision is timed with the gathering of its facts by key, as agent and gate do it, and without the network.
"""

import random
import statistics
import sys
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import NamedTuple, get_args

import msgspec
from rich.console import Console

from schemas.credential import Category, Credential
from schemas.credential_read import CredentialRead
from schemas.pass_token import credential_of
from schemas.site_policy import CategoryRules, Days, Measure, SitePolicy, Threat, Window
from schemas.visitor_pass import VisitorPass
from services.rules.decide import decide
from services.rules.facts import Facts, PassStanding, Presence

WRITTEN_TO = Path("var/bench/decisions.json")
PEOPLE, TIMES, PASSES = 3_000, 10, 200
READS, ROUNDS = 20_000, 5
TARGET_P99_US, TARGET_RATIO = 200.0, 1.2
MONDAY = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
TERM = (MONDAY - timedelta(days=80), MONDAY + timedelta(days=200))
WEEKDAYS = [1, 2, 3, 4, 5, 6]
CATEGORIES: tuple[Category, ...] = get_args(Category)


class School(NamedTuple):
    """What a decision is made from, by key."""

    policy: SitePolicy
    credentials: dict[str, Credential]
    passes: dict[str, VisitorPass]
    presence: dict[str, Presence]
    standing: dict[str, PassStanding]


class Figures(msgspec.Struct, frozen=True):
    """Microseconds of one decision: of the rounds' quantiles the median."""

    people: int
    p50_us: float
    p99_us: float


class Measured(msgspec.Struct, frozen=True):
    """A school, one with ten times the people, and how many times longer its decisions take."""

    small: Figures
    large: Figures
    ratio_p50: float
    passes: int
    rules: int
    reads: int


def main() -> int:
    """Measure alone, and show it."""
    found = measured()
    WRITTEN_TO.parent.mkdir(parents=True, exist_ok=True)
    WRITTEN_TO.write_bytes(msgspec.json.format(msgspec.json.encode(found), indent=2))
    console = Console()
    show(console, found)
    console.print(f"written to {WRITTEN_TO}")
    return 0


def measured() -> Measured:
    """Measure a school and one with ten times the people, in turns, so that both meet the same machine."""
    policy = policy_of_a_school()
    schools = {people: school(policy, people) for people in (PEOPLE, PEOPLE * TIMES)}
    rounds: dict[int, list[list[float]]] = {people: [] for people in schools}
    for number in range(ROUNDS + 1):
        for people, one in schools.items():
            took_us = timed(one, random.Random(number))  # noqa: S311  a mix of reads, no secret
            if number:
                rounds[people].append(took_us)
    small, large = (figures(people, found) for people, found in rounds.items())
    return Measured(small, large, round(large.p50_us / small.p50_us, 3), PASSES, rules_in(policy), READS)


def show(console: Console, found: Measured) -> None:
    """Print both schools, and whether what is wanted is held."""
    for one_size in (found.small, found.large):
        console.print(
            f"decide, {one_size.people:,} people, {found.passes} passes, {found.rules} rules: "
            f"p50 {one_size.p50_us:.0f} us, p99 {one_size.p99_us:.0f} us"
        )
    is_held = found.small.p99_us <= TARGET_P99_US and found.ratio_p50 <= TARGET_RATIO
    wanted = f"wanted p99 {TARGET_P99_US:.0f} us and {TARGET_RATIO} times for {TIMES} times the people"
    told = f"{TIMES} times the people: {found.ratio_p50} times; {wanted}: {'held' if is_held else 'NOT held'}"
    console.print(told, soft_wrap=True)


def timed(one: School, dice: random.Random) -> list[float]:
    """Time each of a morning's reads, by cards and passes, known and unknown, in and out."""
    cards, passes = list(one.credentials), list(one.passes)
    reads = [shown(dice, cards, passes) for _ in range(READS)]
    took_us: list[float] = []
    for number, read in enumerate(reads):
        now = MONDAY + timedelta(seconds=number)
        began = time.perf_counter_ns()
        decide(read, facts_for(one, read, now), now)
        took_us.append((time.perf_counter_ns() - began) / 1000)
    return took_us


def facts_for(one: School, read: CredentialRead, now: datetime) -> Facts:
    """Gather the facts of a read by key."""
    credential, visit = one.credentials.get(read.credential), one.passes.get(read.credential)
    person = visit or credential
    return Facts(
        policy=one.policy,
        confirmed_at=now,
        credential=credential,
        mode=None,
        presence=one.presence.get(person.holder) if person else None,
        visitor_pass=visit,
        pass_standing=one.standing.get(visit.jti) if visit else None,
        visitors_inside=len(one.standing),
    )


def shown(dice: random.Random, cards: list[str], passes: list[str]) -> CredentialRead:
    """Show a card of the school, now and then a pass, and rarely something that nobody has issued."""
    kind = dice.random()
    credential = dice.choice(cards) if kind < 0.8 else dice.choice(passes) if kind < 0.98 else "f" * 32  # noqa: PLR2004
    return CredentialRead(
        gate="school-1-main",
        reader="r",
        direction="exit" if dice.random() < 0.2 else "entry",  # noqa: PLR2004
        credential=credential,
        technology="qr" if credential.startswith("pass/") else "card",
        bits=26,
        answer_by=MONDAY,
    )


def school(policy: SitePolicy, people: int) -> School:
    """Make a school of so many people: pupils of two shifts, staff, the rest; a third of them inside."""
    credentials = {f"{number:032x}": card(number) for number in range(people)}
    passes = {credential_of(f"{number:032x}"): visit(number) for number in range(PASSES)}
    holders = [known.holder for known in credentials.values()] + [known.holder for known in passes.values()]
    return School(
        policy,
        credentials,
        passes,
        {holder: Presence(inside=True, event="g:1:1", at=MONDAY) for holder in holders[::3]},
        {one.jti: PassStanding("used", "g:1:1", "g:1:2", MONDAY) for one in list(passes.values())[::4]},
    )


def card(number: int) -> Credential:
    """Make a person's card: nine pupils, then one of everybody else in turn."""
    category = "pupil" if number % 10 else CATEGORIES[number // 10 % len(CATEGORIES)]
    return Credential(
        credential=f"{number:032x}",
        version=1,
        holder=f"person-{number}",
        category=category,
        valid_from=TERM[0],
        valid_until=TERM[1],
        revoked_at=MONDAY if number % 97 == 0 else None,
        shift=str(number % 2 + 1),
    )


def visit(number: int) -> VisitorPass:
    """Make a live pass, with windows of its own and an escort now and then."""
    return VisitorPass(
        jti=f"{number:032x}",
        version=1,
        visit=f"visit-{number}",
        holder=f"visitor-{number}",
        category="visitor",
        valid_from=TERM[0],
        valid_until=TERM[1],
        entries="single" if number % 2 else "multiple",
        escort="host" if number % 3 == 0 else "none",
        screening_due=number % 5 == 0,
        revoked_at=None,
        entrances=None,
        windows=[Window(weekdays=WEEKDAYS, opens_min=420, closes_min=1080)] if number % 4 == 0 else [],
    )


def policy_of_a_school() -> SitePolicy:
    """Make a policy in which every rule has something to look at, under an orange level that is in force."""
    windows = [
        Window(
            weekdays=WEEKDAYS,
            opens_min=420 + 60 * at,
            closes_min=600 + 60 * at,
            shift=str(at % 2 + 1),
            late_from_min=900,
        )
        for at in range(3)
    ]
    rules = CategoryRules(
        windows=[*windows, Window(weekdays=WEEKDAYS, opens_min=420, closes_min=1200)],
        anti_passback="hard",
        admit_staleness_s=3600.0,
        passback_within_s=7200.0,
        refuse_staleness_s=86400.0,
        open_on_holidays=False,
        entrances=["school-1-main", "school-1-yard"],
    )
    first = date(2026, 9, 1)
    return SitePolicy(
        version=1,
        name="a school",
        utc_offset_min=300,
        answer_within_ms=300,
        categories=dict.fromkeys(CATEGORIES, rules),
        gates={},
        calendar=[
            Days(first=first + timedelta(days=9 * at), last=first + timedelta(days=9 * at), kind="closed", name="a day")
            for at in range(18)
        ],
        threat=Threat(level="orange", valid_from=TERM[0], valid_until=TERM[1], source="akimat"),
        measures={
            "orange": dict.fromkeys(CATEGORIES, Measure()),
            "red": dict.fromkeys(CATEGORIES, Measure(entry="ask")),
        },
        visitor_capacity=PASSES,
    )


def rules_in(policy: SitePolicy) -> int:
    """Count a policy's windows, measures and days."""
    windows = sum(len(rules.windows) for rules in policy.categories.values())
    return windows + sum(map(len, policy.measures.values())) + len(policy.calendar)


def figures(people: int, rounds: list[list[float]]) -> Figures:
    """Give the median of the rounds' quantiles."""
    hundredths = [statistics.quantiles(found, n=100) for found in rounds]
    p50, p99 = (round(statistics.median(found[share - 1] for found in hundredths), 2) for share in (50, 99))
    return Figures(people, p50, p99)


if __name__ == "__main__":
    sys.exit(main())
