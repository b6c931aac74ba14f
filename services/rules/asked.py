"""What a rule is asked about, and what it may answer."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import msgspec

from schemas.credential import Category, Credential
from schemas.credential_read import CredentialRead, PassFault
from schemas.reasons import Reason, Verdict
from schemas.site_policy import CategoryRules, Measure, SitePolicy, Threat
from schemas.visitor_pass import VisitorPass
from services.rules.facts import Facts

MINUTES_AN_HOUR = 60
TOKEN_FAULTS: dict[PassFault, Reason] = {
    "unreadable": Reason.PASS_NOT_GENUINE,
    "forged": Reason.PASS_NOT_GENUINE,
    "unknown_key": Reason.PASS_NOT_GENUINE,
    "foreign_site": Reason.PASS_OF_ANOTHER_SITE,
}
"""Faults of a token after which not even the ``jti`` that it names is believed."""

NO_RULES = CategoryRules(windows=[], anti_passback="off", admit_staleness_s=0.0)
"""What holds for a category that the policy does not have: no time to enter at all."""

Finding = tuple[Verdict, Reason, dict[str, str]]


class Asked(msgspec.Struct, frozen=True):
    """One read with its facts at a moment, and what every rule would have to look up again: ``person`` is the
    credential or the pass in its place, ``local`` the time on the school's wall, ``rules`` and ``measure`` what holds
    for the person's category by the policy and by the threat level in force.
    """

    read: CredentialRead
    facts: Facts
    now: datetime
    local: datetime
    person_known: Credential | VisitorPass | None
    threat: Threat | None
    rules: CategoryRules
    measure: Measure | None

    @property
    def person(self) -> Credential | VisitorPass:
        """Give whose credential or pass it is; asked only once the rule of unknown ones has been silent."""
        assert self.person_known is not None
        return self.person_known

    @property
    def policy(self) -> SitePolicy:
        """Give the policy; asked only once the rule of a missing one has been silent."""
        assert self.facts.policy is not None
        return self.facts.policy

    @property
    def minute(self) -> int:
        """Give the minute of the school's day."""
        return minute_of(self.local)

    @property
    def today(self) -> date:
        """Give the school's date."""
        return self.local.date()

    def on_the_wall(self, at: datetime) -> datetime:
        """Give a moment, written with whatever offset, as the school's wall clock showed it."""
        return on_the_wall(self.facts.policy, at)

    def told(self, at: datetime) -> str:
        """Write a moment for a decision's values, in the school's time."""
        return self.on_the_wall(at).strftime("%Y-%m-%d %H:%M")


class Rule(msgspec.Struct, frozen=True):
    """A rule of the table: the reasons that it may give, and how it judges. One that ``ends`` leaves nothing to ask
    after it; ``spares`` names the categories that it is not about.
    """

    name: str
    reasons: tuple[Reason, ...]
    judge: Callable[[Asked], Finding | None]
    ends: bool = False
    spares: frozenset[Category] = frozenset()


def asked_about(read: CredentialRead, facts: Facts, now: datetime) -> Asked:
    """Look up, once for all rules, whose read it is and what holds for that category now."""
    person = person_of(read, facts)
    policy = facts.policy
    threat = threat_now(policy, now) if policy else None
    rules, measure = NO_RULES, None
    if policy is not None and person is not None:
        rules = policy.categories.get(person.category, NO_RULES)
        measure = measure_now(policy, person.category, now)
    return Asked(read, facts, now, on_the_wall(policy, now), person, threat, rules, measure)


def person_of(read: CredentialRead, facts: Facts) -> Credential | VisitorPass | None:
    """Give whose read it is: by the pass, else by the credential; nobody's where the pass itself is not believed."""
    if read.pass_fault in TOKEN_FAULTS:
        return None
    return facts.visitor_pass if facts.visitor_pass is not None else facts.credential


def threat_now(policy: SitePolicy, now: datetime) -> Threat | None:
    """Give the declared threat while it is in force; a declared level of none is none."""
    threat = policy.threat
    if threat is None or threat.level == "none" or not threat.valid_from <= now < threat.valid_until:
        return None
    return threat


def measure_now(policy: SitePolicy, category: Category, now: datetime) -> Measure | None:
    """Give what the threat level in force changes for a category, for whoever decides or registers a visit."""
    threat = threat_now(policy, now)
    return policy.measures.get(threat.level, {}).get(category) if threat else None


def on_the_wall(policy: SitePolicy | None, at: datetime) -> datetime:
    """Give a moment as the school's wall clock shows it; without a policy in UTC."""
    return at.astimezone(UTC) + timedelta(minutes=policy.utc_offset_min if policy else 0)


def minute_of(local: datetime) -> int:
    """Give the minute of the day."""
    return local.hour * MINUTES_AN_HOUR + local.minute


def clock_of(minute: int) -> str:
    """Write a minute of the day as a clock shows it."""
    hours, minutes = divmod(minute, MINUTES_AN_HOUR)
    return f"{hours:02d}:{minutes:02d}"
