"""The vectors of ``decide``: what must come of a read, run by ``decide`` itself, by the admission agent and by a gate
alone.

``decisions.json`` has the policy (of which a vector may change fields, or say null for none), the credentials by name
(a vector names one, changes one with ``of``, or says null for an unknown card) and the vectors. ``age_s`` is how old
the facts are at ``now``; ``inside_since`` and ``outside_since`` are presence.
"""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from schemas.credential import Credential
from schemas.credential_read import CredentialRead
from schemas.reasons import Reason, Verdict
from schemas.site_mode import SiteMode
from schemas.site_policy import SitePolicy
from services.rules.facts import Facts, Presence

FILE = Path(__file__).parent / "decisions.json"
SITE = "school-1"
GATE = "school-1-main"
UNKNOWN = "f" * 32


class Vector(msgspec.Struct, frozen=True, kw_only=True):
    """One case: a read, the facts, the moment, and what must come of it."""

    name: str
    read: CredentialRead
    facts: Facts
    now: datetime
    verdict: Verdict
    reason: Reason
    values: dict[str, str]

    def __str__(self) -> str:
        """Name the case, for a test's report."""
        return self.name


def load() -> list[Vector]:
    """Read the file."""
    told: dict[str, Any] = msgspec.json.decode(FILE.read_bytes())
    return [_vector(told["policy"], told["credentials"], vector) for vector in told["vectors"]]


def _vector(policy: dict[str, Any], credentials: dict[str, Any], told: dict[str, Any]) -> Vector:
    now = datetime.fromisoformat(told["now"])
    credential = _credential(credentials, told["credential"])
    change = told.get("policy", {})
    return Vector(
        name=told["name"],
        now=now,
        read=CredentialRead(
            gate=GATE,
            reader=f"{told['direction']}-1",
            direction=told["direction"],
            credential=credential.credential if credential else UNKNOWN,
            technology="card",
            bits=26,
            answer_by=now + timedelta(milliseconds=300),
        ),
        facts=Facts(
            policy=None if change is None else msgspec.convert(policy | change, SitePolicy),
            confirmed_at=now - timedelta(seconds=told.get("age_s", 0)),
            credential=credential,
            mode=_mode(told.get("mode")),
            presence=_presence(told),
        ),
        verdict=Verdict(told["verdict"]),
        reason=Reason(told["reason"]),
        values=told["values"],
    )


def _credential(credentials: dict[str, Any], told: str | dict[str, Any] | None) -> Credential | None:
    if told is None:
        return None
    change = {"of": told} if isinstance(told, str) else dict(told)
    return msgspec.convert(credentials[change.pop("of")] | change, Credential)


def _mode(told: dict[str, Any] | None) -> SiteMode | None:
    return SiteMode(version=1, by=["duty-admin"], because=None, **told) if told else None


def _presence(told: dict[str, Any]) -> Presence | None:
    for name, inside in (("inside_since", True), ("outside_since", False)):
        if name in told:
            return Presence(inside, f"{GATE}:1:1", datetime.fromisoformat(told[name]))
    return None
