"""The one ``decide``: may this credential or pass enter now, and if not, the one reason worth saying.

Called by the admission agent and by a gate alone, with the same vectors run against both
(``tests/vectors/decisions.json``). The rules are asked in the order of ``RULES``. The first that refuses is the
reason; where none refuses, the first that asks, so that no question hides a refusal; and whatever would let in comes
last. Exit is never blocked; an enrolled pupil and an emergency crew are never refused, at most asked (all of it holds
here, once, whatever a rule says).
"""

from datetime import datetime
from typing import get_args

import msgspec

from schemas.credential import Category
from schemas.credential_read import CredentialRead, PassFault
from schemas.reasons import Reason, Verdict
from services.rules import opening_times, passes, precautions
from services.rules.asked import Asked, Finding, Rule, asked_about
from services.rules.facts import Facts

NEVER_REFUSED: frozenset[Category] = frozenset({"pupil", "emergency"})
CREWS: frozenset[Category] = frozenset({"emergency"})
INSIDE_SINCE = "inside_since"
"""The value with which a valid admission says that its holder was inside already: soft anti-passback. Admission makes
the signal ``inside_again`` of it.
"""

ALSO = "also"
"""The value in which a question names the reasons of the further rules that spoke, as codes: one answer answers all."""

_MINUTE_S = 60
_FREE_MODES = frozenset({"free", "evacuation"})
_TIMED_FAULTS: dict[PassFault, Reason] = {"not_yet_valid": Reason.NOT_YET_VALID, "expired": Reason.EXPIRED}


class Decided(msgspec.Struct, frozen=True, kw_only=True):
    """A verdict with its one reason; ``values`` fill the reason's words. Policy version 0 means that none was known."""

    verdict: Verdict
    reason: Reason
    values: dict[str, str]
    holder: str | None
    category: Category | None
    policy_version: int
    policy_age_s: float


def decide(read: CredentialRead, facts: Facts, now: datetime) -> Decided:
    """Judge one read by the facts at a moment.

    The caller leaves out of ``facts.pass_standing`` what this very read made of its pass, so that a repeat is answered
    as the first time.
    """
    asked = asked_about(read, facts, now)
    verdict, reason, values = _found(asked)
    person = asked.person_known
    return Decided(
        verdict=verdict,
        reason=reason,
        values=values,
        holder=person.holder if person else None,
        category=person.category if person else None,
        policy_version=facts.policy.version if facts.policy else 0,
        policy_age_s=age_s(facts, now),
    )


def _found(asked: Asked) -> Finding:
    questions: list[Finding] = []
    category = asked.person_known.category if asked.person_known else None
    for rule in RULES_ABOUT[category]:
        finding = rule.judge(asked)
        if finding is None:
            continue
        finding = _softened(finding, category)
        if finding[0] is Verdict.REFUSE or rule.ends:
            return finding
        if finding[0] is Verdict.ADMIT:
            return one_question(questions) if questions else finding
        questions.append(finding)
    raise AssertionError("the last rule always speaks")


def heard(rule: Rule, asked: Asked) -> Finding | None:
    """Ask one rule, unless it spares the person's category; a refusal of those who are never refused is a question."""
    category = asked.person_known.category if asked.person_known else None
    if category in rule.spares:
        return None
    finding = rule.judge(asked)
    return None if finding is None else _softened(finding, category)


def _softened(finding: Finding, category: Category | None) -> Finding:
    if finding[0] is Verdict.REFUSE and category in NEVER_REFUSED:
        return Verdict.ASK, finding[1], finding[2]
    return finding


def one_question(questions: list[Finding]) -> Finding:
    """Make one question of several: the first gives reason and values, which name the others."""
    verdict, reason, values = questions[0]
    also = ",".join(dict.fromkeys(question[1] for question in questions[1:]))
    return verdict, reason, values | {ALSO: also} if also else values


def age_s(facts: Facts, now: datetime) -> float:
    """Give how old the facts are, in seconds; facts from later than now are fresh."""
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
    """Refuse what nobody has issued; of a pass whose token alone is known, and whose time is over, say that."""
    if asked.person_known is not None:
        return None
    fault = asked.read.pass_fault
    timed = _TIMED_FAULTS.get(fault) if fault and not asked.facts.clock_doubted else None
    return Verdict.REFUSE, timed or Reason.UNKNOWN_CREDENTIAL, {}


def _revoked(asked: Asked) -> Finding | None:
    at = asked.person.revoked_at
    if at is None or (asked.now < at and not asked.facts.clock_doubted):
        return None
    return Verdict.REFUSE, Reason.REVOKED, {"since": asked.told(at)}


def _validity(asked: Asked) -> Finding | None:
    if asked.facts.clock_doubted:
        return None
    person, fault = asked.person, asked.read.pass_fault
    if asked.now < person.valid_from:
        return Verdict.REFUSE, Reason.NOT_YET_VALID, {"from": asked.told(person.valid_from)}
    if asked.now >= person.valid_until:
        return Verdict.REFUSE, Reason.EXPIRED, {"until": asked.told(person.valid_until)}
    timed = _TIMED_FAULTS.get(fault) if fault else None
    return (Verdict.REFUSE, timed, {}) if timed else None


def _is_inside(asked: Asked) -> bool:
    """Tell whether anti-passback holds against the person: inside, and not for longer than the policy counts it."""
    rules, presence = asked.rules, asked.facts.presence
    if rules.anti_passback == "off" or presence is None or not presence.inside:
        return False
    within_s = rules.passback_within_s
    return within_s is None or (asked.now - presence.at).total_seconds() < within_s


def _already_inside(asked: Asked) -> Finding | None:
    presence = asked.facts.presence
    if presence is None or asked.rules.anti_passback != "hard" or not _is_inside(asked):
        return None
    return Verdict.REFUSE, Reason.ALREADY_INSIDE, {"since": asked.told(presence.at)}


def _clock_doubted(asked: Asked) -> Finding | None:
    return (Verdict.ASK, Reason.CLOCK_DOUBTED, {}) if asked.facts.clock_doubted else None


def _stale(asked: Asked) -> Finding | None:
    rules, age = asked.rules, age_s(asked.facts, asked.now)
    values = {"age_min": str(int(age // _MINUTE_S))}
    if rules.refuse_staleness_s is not None and age > rules.refuse_staleness_s:
        return Verdict.REFUSE, Reason.POLICY_TOO_STALE, values
    return (Verdict.ASK, Reason.POLICY_STALE, values) if age > rules.admit_staleness_s else None


def _emergency(asked: Asked) -> Finding | None:
    return (Verdict.ADMIT, Reason.EMERGENCY, {}) if asked.person.category == "emergency" else None


def _valid(asked: Asked) -> Finding:
    presence = asked.facts.presence
    if presence is None or asked.rules.anti_passback != "soft" or not _is_inside(asked):
        return Verdict.ADMIT, Reason.VALID, {}
    return Verdict.ADMIT, Reason.VALID, {INSIDE_SINCE: asked.told(presence.at)}


RULES: tuple[Rule, ...] = (
    Rule("exit", (Reason.EXIT_FREE,), _exit_is_free, ends=True),
    Rule("mode", (Reason.GATE_FREE, Reason.LOCKDOWN), _mode, ends=True),
    Rule("no policy", (Reason.NO_POLICY,), _no_policy, ends=True),
    Rule("pass token", (Reason.PASS_NOT_GENUINE, Reason.PASS_OF_ANOTHER_SITE), passes.token, ends=True),
    Rule("known", (Reason.UNKNOWN_CREDENTIAL, Reason.NOT_YET_VALID, Reason.EXPIRED), _unknown, ends=True),
    Rule("revoked", (Reason.REVOKED,), _revoked),
    Rule("validity", (Reason.NOT_YET_VALID, Reason.EXPIRED), _validity),
    Rule("pass used", (Reason.PASS_USED,), passes.used),
    Rule("item found", (Reason.ITEM_FOUND,), precautions.item_found, spares=CREWS),
    Rule("check refused", (Reason.CHECK_REFUSED,), precautions.check_refused, spares=CREWS),
    Rule("threat level", (Reason.THREAT_LEVEL,), precautions.threat_level, spares=CREWS),
    Rule("holiday", (Reason.HOLIDAY,), opening_times.holiday, spares=CREWS),
    Rule("window", (Reason.OUTSIDE_WINDOW,), opening_times.outside_window, spares=CREWS),
    Rule("entrance", (Reason.WRONG_ENTRANCE,), passes.wrong_entrance, spares=CREWS),
    Rule("capacity", (Reason.CAPACITY_FULL,), passes.capacity, spares=CREWS),
    Rule("already inside", (Reason.ALREADY_INSIDE,), _already_inside, spares=CREWS),
    Rule("pass reserved", (Reason.PASS_RESERVED,), passes.reserved),
    Rule("clock", (Reason.CLOCK_DOUBTED,), _clock_doubted, spares=CREWS),
    Rule("staleness", (Reason.POLICY_TOO_STALE, Reason.POLICY_STALE), _stale, spares=CREWS),
    Rule("late", (Reason.LATE,), opening_times.late, spares=CREWS),
    Rule("screening", (Reason.SCREENING_DUE,), precautions.screening_due, spares=CREWS),
    Rule("escort", (Reason.ESCORT_DUE,), precautions.escort_due, spares=CREWS),
    Rule("emergency", (Reason.EMERGENCY,), _emergency),
    Rule("valid", (Reason.VALID,), _valid),
)
"""The rules in the order in which they are asked (docs/adr/0050): from what nobody at the gate can mend to what can be
mended at once.
"""

RULES_ABOUT: dict[Category | None, tuple[Rule, ...]] = {
    category: tuple(rule for rule in RULES if category not in rule.spares) for category in (None, *get_args(Category))
}
"""The rules that are asked about somebody of a category, or about nobody known."""
