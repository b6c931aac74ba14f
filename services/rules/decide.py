"""The one ``decide``: may this credential enter now, and if not, the one reason worth saying.

Called by the admission agent and by a gate alone, with the same vectors run against both
(``tests/vectors/decisions.json``). The rules are asked in the order of ``RULES``; the first that speaks is the reason,
and whatever would let in comes last. Exit is never blocked; an enrolled pupil is never refused, at most asked (both
hold here, once, whatever a rule says).
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import msgspec

from schemas.credential import Category
from schemas.credential_read import CredentialRead
from schemas.reasons import Reason, Verdict
from schemas.site_policy import CategoryRules, Window
from services.rules.facts import Facts

NEVER_REFUSED: frozenset[Category] = frozenset({"pupil"})
_FREE_MODES = frozenset({"free", "evacuation"})
_MINUTES_AN_HOUR = 60


class Decided(msgspec.Struct, frozen=True, kw_only=True):
    """A verdict with its one reason; ``values`` fill the reason's words. Policy version 0 means that none was known."""

    verdict: Verdict
    reason: Reason
    values: dict[str, str]
    holder: str | None
    category: Category | None
    policy_version: int
    policy_age_s: float


class Asked(msgspec.Struct, frozen=True):
    """What a rule is asked about: the read, the facts, the time, and the category's rules once the credential is
    known.
    """

    read: CredentialRead
    facts: Facts
    now: datetime

    @property
    def local(self) -> datetime:
        """Give the time on the school's wall."""
        return self.on_the_wall(self.now)

    def on_the_wall(self, at: datetime) -> datetime:
        """Give a moment, written with whatever offset, as the school's wall clock showed it."""
        offset = self.facts.policy.utc_offset_min if self.facts.policy else 0
        return at.astimezone(UTC) + timedelta(minutes=offset)

    @property
    def category_rules(self) -> CategoryRules | None:
        """Give the rules of the holder's category, or None where the policy has none."""
        if self.facts.policy is None or self.facts.credential is None:
            return None
        return self.facts.policy.categories.get(self.facts.credential.category)


Finding = tuple[Verdict, Reason, dict[str, str]]
Rule = Callable[[Asked], Finding | None]


def decide(read: CredentialRead, facts: Facts, now: datetime) -> Decided:
    """Judge one read by the facts at a moment: the first rule that speaks, softened for those who are never
    refused.
    """
    asked = Asked(read, facts, now)
    verdict, reason, values = next(finding for rule in RULES if (finding := rule(asked)) is not None)
    credential = facts.credential
    if verdict is Verdict.REFUSE and credential is not None and credential.category in NEVER_REFUSED:
        verdict = Verdict.ASK
    return Decided(
        verdict=verdict,
        reason=reason,
        values=values,
        holder=credential.holder if credential else None,
        category=credential.category if credential else None,
        policy_version=facts.policy.version if facts.policy else 0,
        policy_age_s=_age_s(facts, now),
    )


def _age_s(facts: Facts, now: datetime) -> float:
    return round(max(0.0, (now - facts.confirmed_at).total_seconds()), 3)


def _exit_is_free(asked: Asked) -> Finding | None:
    return (Verdict.ADMIT, Reason.EXIT_FREE, {}) if asked.read.direction == "exit" else None


def _mode(asked: Asked) -> Finding | None:
    mode = asked.facts.mode
    if mode is None or mode.drill:
        return None
    if mode.mode in _FREE_MODES:
        return Verdict.ADMIT, Reason.GATE_FREE, {"mode": mode.mode}
    return (Verdict.REFUSE, Reason.LOCKDOWN, {}) if mode.mode == "lockdown" else None


def _no_policy(asked: Asked) -> Finding | None:
    return (Verdict.ASK, Reason.NO_POLICY, {}) if asked.facts.policy is None else None


def _unknown(asked: Asked) -> Finding | None:
    return (Verdict.REFUSE, Reason.UNKNOWN_CREDENTIAL, {}) if asked.facts.credential is None else None


def _revoked(asked: Asked) -> Finding | None:
    credential = asked.facts.credential
    if credential is None or credential.revoked_at is None or asked.now < credential.revoked_at:
        return None
    return Verdict.REFUSE, Reason.REVOKED, {"since": _local_text(asked, credential.revoked_at)}


def _validity(asked: Asked) -> Finding | None:
    credential = asked.facts.credential
    if credential is None:
        return None
    if asked.now < credential.valid_from:
        return Verdict.REFUSE, Reason.NOT_YET_VALID, {"from": _local_text(asked, credential.valid_from)}
    if asked.now >= credential.valid_until:
        return Verdict.REFUSE, Reason.EXPIRED, {"until": _local_text(asked, credential.valid_until)}
    return None


def _window(asked: Asked) -> Finding | None:
    rules = asked.category_rules
    if rules is None:
        return Verdict.REFUSE, Reason.OUTSIDE_WINDOW, {"windows": ""}
    minute = asked.local.hour * _MINUTES_AN_HOUR + asked.local.minute
    today = [window for window in rules.windows if asked.local.isoweekday() in window.weekdays]
    if any(window.opens_min <= minute < window.closes_min for window in today):
        return None
    return Verdict.REFUSE, Reason.OUTSIDE_WINDOW, {"windows": ", ".join(_window_text(window) for window in today)}


def _already_inside(asked: Asked) -> Finding | None:
    rules, presence = asked.category_rules, asked.facts.presence
    if rules is None or rules.anti_passback == "off" or presence is None or not presence.inside:
        return None
    return Verdict.REFUSE, Reason.ALREADY_INSIDE, {"since": _local_text(asked, presence.at)}


def _stale(asked: Asked) -> Finding | None:
    rules = asked.category_rules
    age_s = _age_s(asked.facts, asked.now)
    if rules is None or age_s <= rules.admit_staleness_s:
        return None
    return Verdict.ASK, Reason.POLICY_STALE, {"age_min": str(int(age_s // _MINUTES_AN_HOUR))}


def _valid(_: Asked) -> Finding:
    return Verdict.ADMIT, Reason.VALID, {}


RULES: tuple[Rule, ...] = (
    _exit_is_free,
    _mode,
    _no_policy,
    _unknown,
    _revoked,
    _validity,
    _window,
    _already_inside,
    _stale,
    _valid,
)
"""The rules in the order in which they are asked; a later one is heard only when every earlier one was silent."""


def _local_text(asked: Asked, at: datetime) -> str:
    return asked.on_the_wall(at).strftime("%Y-%m-%d %H:%M")


def _window_text(window: Window) -> str:
    return f"{_clock(window.opens_min)}-{_clock(window.closes_min)}"


def _clock(minute: int) -> str:
    hours, minutes = divmod(minute, _MINUTES_AN_HOUR)
    return f"{hours:02d}:{minutes:02d}"
