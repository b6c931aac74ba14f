"""Every rule's verdict about one read, for whoever asks why a gate did as it did (``qaqpa explain``)."""

from datetime import datetime
from typing import Literal

import msgspec

from schemas.credential_read import CredentialRead
from schemas.reasons import Reason, Verdict
from services.rules.asked import asked_about
from services.rules.decide import RULES, Decided, decide, heard
from services.rules.facts import Facts
from services.rules.mends import MENDS, Mend

Said = Literal["decided", "hidden", "silent", "spared", "not_reached"]


class RuleVerdict(msgspec.Struct, frozen=True, kw_only=True):
    """What one rule of the table had to say: it ``decided``, it spoke but another was worth more (``hidden``), it was
    ``silent``, it ``spared`` the person's category, or it was ``not_reached`` because a rule before it leaves nothing
    to ask.

    ``reasons`` are all that it can give; verdict, reason, values and mend are there when it spoke, and the verdict is
    softened for those who are never refused.
    """

    rule: str
    reasons: tuple[Reason, ...]
    said: Said
    verdict: Verdict | None = None
    reason: Reason | None = None
    values: dict[str, str] = {}
    mend: Mend | None = None


class Explained(msgspec.Struct, frozen=True):
    """A decision, which names the policy's version and age, and how every rule took part in it, in their order."""

    decided: Decided
    rules: list[RuleVerdict]


def explain(read: CredentialRead, facts: Facts, now: datetime) -> Explained:
    """Judge a read as ``decide`` does, and tell of every rule. The caller brings the facts as they were then."""
    asked = asked_about(read, facts, now)
    decided = decide(read, facts, now)
    told: list[RuleVerdict] = []
    category = decided.category
    is_found = is_over = False
    for rule in RULES:
        finding = None if is_over else heard(rule, asked)
        is_over = is_over or (is_found and finding is not None and finding[0] is Verdict.ADMIT)
        if is_over or finding is None:
            said: Said = "not_reached" if is_over else "spared" if category in rule.spares else "silent"
            told.append(RuleVerdict(rule=rule.name, reasons=rule.reasons, said=said))
            continue
        verdict, reason, values = finding
        has_decided = not is_found and (verdict, reason) == (decided.verdict, decided.reason)
        is_found, is_over = is_found or has_decided, rule.ends
        told.append(
            RuleVerdict(
                rule=rule.name,
                reasons=rule.reasons,
                said="decided" if has_decided else "hidden",
                verdict=verdict,
                reason=reason,
                values=values,
                mend=MENDS[reason],
            )
        )
    return Explained(decided, told)
