"""Draws against checks done: whether the system drew as it says, and whether whoever was drawn, and nobody else for a
guard's own reasons, was checked. It names no visitor.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from typing import Literal, cast

import msgspec
from sqlmodel import Session, col, select

from schemas.credential import Category
from schemas.site_policy import ScreeningDue
from services.rules.drawing import check_due, share_of
from services.rules.precautions import screening_by_rule
from services.store.local_time import zone_of
from services.store.records import screenings, site_policies
from services.store.records.passages import PassageRow
from services.store.records.screenings import ScreeningRow
from services.store.screenings.registrations import Registration, registered_again, registrations
from services.store.visits import draws
from services.store.visits.draws import DrawingSecretRow, DrawRow

Why = Literal["drawn_otherwise", "rule_otherwise", "no_draw"]


class Tally(msgspec.Struct, kw_only=True):
    """What came of the registrations of one category or guard. ``expected`` is how many the shares in force make,
    ``chosen`` how many were checked though the system had not drawn them.
    """

    registered: int = 0
    drawn: int = 0
    expected: float = 0.0
    checked: int = 0
    missed: int = 0
    chosen: int = 0
    refused: int = 0
    found: int = 0


class Missed(msgspec.Struct, frozen=True, kw_only=True):
    """A visit that was drawn and came, and that nobody checked; ``went_in`` as a gate tells."""

    at: datetime
    visit: str
    category: str
    registered_by: str
    went_in: bool
    from_paper: bool


class Chosen(msgspec.Struct, frozen=True, kw_only=True):
    """Whom a guard checked without a draw: how many of a category, and in how many of those checks something was
    found.
    """

    by: str
    category: str
    checks: int
    found: int


class Otherwise(msgspec.Struct, frozen=True, kw_only=True):
    """A draw that does not come out as it was kept: the flag, the rule, or the whole draw is another."""

    at: datetime
    visit: str
    registered_by: str
    why: Why


class Again(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who was drawn, was registered again the same day and not drawn then."""

    at: datetime
    visit: str
    before: str
    registered_by: str


class DrawAudit(msgspec.Struct, frozen=True, kw_only=True):
    """The whole audit of a site's time. ``agreeing`` draws came out as they were kept; ``cannot`` counts those from
    before draws were kept that nothing can draw again.
    """

    site: str
    since: datetime
    until: datetime
    by_category: dict[str, Tally]
    by_guard: dict[str, Tally]
    missed: list[Missed]
    chosen: list[Chosen]
    again: list[Again]
    agreeing: int
    otherwise: list[Otherwise]
    cannot: int
    items: dict[str, int]


def audit(session: Session, site: str, since: datetime, until: datetime, seal_secret: bytes | None) -> DrawAudit:
    """Audit the registrations of a site from a moment until another (not within). ``seal_secret`` draws again what was
    asked for on the portal before draws were kept (``Seals.drawing_secret``).
    """
    known = registrations(session, site, since, until)
    zone = zone_of(session, site)
    checks = screenings.checks_between(session, site, _midnight(since, zone), until)
    done = _Done(known, checks, _went_in(session, site, known), zone)
    judged = _Judged(session, site, known, seal_secret)
    for registration in known:
        done.count(registration, judged.expected(registration))
    return DrawAudit(
        site=site,
        since=since,
        until=until,
        by_category=dict(sorted(done.by_category.items())),
        by_guard=dict(sorted(done.by_guard.items())),
        missed=done.missed,
        chosen=done.chosen(),
        again=[
            Again(at=later.at, visit=later.visit, before=earlier.visit, registered_by=later.by)
            for earlier, later in registered_again(known, zone)
        ],
        agreeing=judged.agreeing,
        otherwise=judged.otherwise,
        cannot=judged.cannot,
        items=dict(sorted(Counter(str(item["code"]) for check in checks for item in check.items).items())),
    )


class _Done:
    """What was done about the draws: each registration with the checks of its days."""

    def __init__(
        self, known: Sequence[Registration], checks: Sequence[ScreeningRow], went_in: set[str], zone: timezone
    ) -> None:
        self.by_category: dict[str, Tally] = defaultdict(Tally)
        self.by_guard: dict[str, Tally] = defaultdict(Tally)
        self.missed: list[Missed] = []
        self._checks: dict[str, list[ScreeningRow]] = defaultdict(list)
        for check in checks:
            self._checks[check.holder].append(check)
        self._all, self._drawn_checks = checks, set[str]()
        self._went_in, self._zone = went_in, zone
        self._due = [registration for registration in known if registration.due]

    def count(self, registration: Registration, expected: float) -> None:
        checks = [check for check in self._checks[registration.holder] if self._of_its_days(check, registration)]
        if registration.due:
            self._drawn_checks |= {check.screening for check in checks}
        missed = registration.due and registration.came and not checks
        for tally in (self.by_category[registration.category], self.by_guard[registration.by]):
            tally.registered += 1
            tally.drawn += registration.due
            tally.expected = round(tally.expected + expected, 6)
            tally.checked += registration.due and bool(checks)
            tally.missed += missed
            tally.chosen += not registration.due and bool(checks)
            tally.refused += sum(check.outcome == "check_refused" for check in checks)
            tally.found += sum(check.outcome == "found" for check in checks)
        if missed:
            self.missed.append(
                Missed(
                    at=registration.at,
                    visit=registration.visit,
                    category=registration.category,
                    registered_by=registration.by,
                    went_in=registration.holder in self._went_in,
                    from_paper=registration.from_paper,
                )
            )

    def chosen(self) -> list[Chosen]:
        """Give the checks that no draw called for, by guard and category, the most first."""
        free = [check for check in self._all if check.screening not in self._drawn_checks]
        checks = Counter((check.by, check.category) for check in free)
        found = Counter((check.by, check.category) for check in free if check.outcome == "found")
        return [
            Chosen(by=key[0], category=key[1], checks=count, found=found[key]) for key, count in checks.most_common()
        ]

    def _of_its_days(self, check: ScreeningRow, registration: Registration) -> bool:
        begins = _midnight(registration.at, self._zone)
        ends = _midnight(registration.until, self._zone) + timedelta(days=1)
        return begins <= check.checked_at < ends


class _Judged:
    """Whether each draw comes out again as it was kept."""

    def __init__(self, session: Session, site: str, known: Sequence[Registration], seal_secret: bytes | None) -> None:
        self.agreeing, self.cannot = 0, 0
        self.otherwise: list[Otherwise] = []
        self._session, self._site, self._seal_secret = session, site, seal_secret
        secret = session.get(DrawingSecretRow, site)
        self._secret = bytes.fromhex(secret.secret) if secret is not None else b""
        self._kept_since = secret.made_at if secret is not None else None
        self._draws = draws.of_visits(session, site, [registration.visit for registration in known])
        self._rules: dict[tuple[int, str, datetime], tuple[str, float] | None] = {}

    def expected(self, registration: Registration) -> float:
        """Judge a registration's draw, and give which share of such visits was to be checked."""
        kept = self._draws.get(registration.visit)
        if kept is not None:
            self._judge(registration, kept)
            return share_of(cast("ScreeningDue", kept.rule), kept.share, cast("Category", kept.category))
        policy = site_policies.in_force(self._session, self._site, registration.registered_at)
        if policy is None:
            return 0.0
        category = cast("Category", registration.category)
        rule = screening_by_rule(policy, category, registration.registered_at)
        if self._kept_since is not None and registration.registered_at >= self._kept_since:
            self._tell(registration, "no_draw")
        elif registration.on_the_portal and self._seal_secret is not None:
            secret, at = self._seal_secret, registration.registered_at
            same = check_due(policy, category, registration.visit, secret, at) == registration.due
            self._settle(registration, None if same else "drawn_otherwise")
        else:
            self.cannot += 1
        return share_of(rule, policy.screening_share, category)

    def _judge(self, registration: Registration, kept: DrawRow) -> None:
        if kept.again(self._secret) != registration.due:
            self._settle(registration, "drawn_otherwise")
        elif self._in_force(kept) != (kept.rule, kept.share):
            self._settle(registration, "rule_otherwise")
        else:
            self._settle(registration, None)

    def _in_force(self, kept: DrawRow) -> tuple[str, float] | None:
        policy = site_policies.version(self._session, self._site, kept.policy_version)
        if policy is None:
            return None
        return screening_by_rule(policy, cast("Category", kept.category), kept.drawn_at), policy.screening_share

    def _settle(self, registration: Registration, why: Why | None) -> None:
        if why is None:
            self.agreeing += 1
        else:
            self._tell(registration, why)

    def _tell(self, registration: Registration, why: Why) -> None:
        self.otherwise.append(
            Otherwise(at=registration.at, visit=registration.visit, registered_by=registration.by, why=why)
        )


def _went_in(session: Session, site: str, known: Sequence[Registration]) -> set[str]:
    """Give the holders whom a gate saw going in from the first of these registrations on."""
    if not known:
        return set()
    begins = min(registration.at for registration in known)
    query = select(PassageRow.holder).where(
        PassageRow.site == site,
        PassageRow.at >= begins,
        PassageRow.outcome == "entered",
        col(PassageRow.holder).is_not(None),
    )
    return {holder for holder in session.exec(query) if holder is not None}


def _midnight(at: datetime, zone: timezone) -> datetime:
    return at.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
