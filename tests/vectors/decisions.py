"""The vectors of ``decide``: what must come of a read, run by ``decide`` itself, by the admission agent and by a gate
alone.

``decisions.json`` has the policy, credentials and passes by name, and the vectors in groups, one a rule. Of a vector:

- ``policy`` changes fields of the policy, or is null for none; ``rules`` changes fields of a category's rules;
- ``credential`` names one, changes one with ``of``, or is null for an unknown card; ``pass`` does so in its place, and
  its read is that of a QR code; ``fault`` is the read's ``pass_fault``;
- ``age_s`` is how old the facts are at ``now``; ``inside_since`` and ``outside_since`` are presence, from the holder's
  last passage at this gate;
- ``standing`` is how far the pass was used (``state`` and ``at``); ``check`` the holder's latest check (``standing``,
  ``at``, ``refusals``); ``visitors_inside``, ``visitors_unsure`` and ``clock_doubted`` are as in
  ``Facts``.

Whoever runs them puts ``Facts`` in by its own ways: ``facts.visitor_pass``, ``facts.screening`` and ``facts.policy``
are records (``visitor_passes``, ``screenings``, ``site_policies``), ``facts.pass_standing`` follows from the
``pass_uses`` of ``EARLIER_READ``. Not everybody can be in every case: see ``at_the_stream`` and ``at_a_gate_alone``.
"""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from schemas.credential import Category, Credential
from schemas.credential_read import CredentialRead
from schemas.pass_token import credential_of
from schemas.reasons import Reason, Verdict
from schemas.screening import Screening
from schemas.site_mode import SiteMode
from schemas.site_policy import SitePolicy
from schemas.visitor_pass import VisitorPass
from services.rules.facts import Facts, PassStanding, Presence

FILE = Path(__file__).parent / "decisions.json"
SITE = "school-1"
GATE = "school-1-main"
UNKNOWN = "f" * 32
EARLIER_READ = f"{GATE}:1:2"
EARLIER_PASSAGE = f"{GATE}:1:3"


class Vector(msgspec.Struct, frozen=True, kw_only=True):
    """One case: a read, the facts, the moment, and what must come of it; ``group`` is the rule that it is about."""

    group: str
    name: str
    read: CredentialRead
    facts: Facts
    now: datetime
    verdict: Verdict
    reason: Reason
    values: dict[str, str]

    def __str__(self) -> str:
        """Name the case, for a test's report."""
        return f"{self.group}: {self.name}"

    @property
    def at_the_stream(self) -> bool:
        """Tell whether the stream can be in this case: its facts are whole and current, and it trusts its clock."""
        return self.facts.confirmed_at == self.now and not self.facts.clock_doubted

    @property
    def at_a_gate_alone(self) -> bool:
        """Tell whether a gate alone can be in this case: it cannot count who is inside the whole school."""
        return self.facts.visitors_inside is None

    @property
    def person(self) -> Credential | VisitorPass | None:
        """Give whose read it is when the token is believed: the pass, else the credential."""
        return self.facts.visitor_pass or self.facts.credential


def load() -> list[Vector]:
    """Read the file."""
    told: dict[str, Any] = msgspec.json.decode(FILE.read_bytes())
    return [_vector(told, group, vector) for group, vectors in told["vectors"].items() for vector in vectors]


def _vector(known: dict[str, Any], group: str, told: dict[str, Any]) -> Vector:
    now = datetime.fromisoformat(told["now"])
    credential = _changed(known["credentials"], told.get("credential"), Credential)
    visit = _changed(known["passes"], told.get("pass"), VisitorPass)
    person = visit or credential
    return Vector(
        group=group,
        name=told["name"],
        now=now,
        read=_read(told, now, credential, visit),
        facts=Facts(
            policy=_policy(known["policy"], told),
            confirmed_at=now - timedelta(seconds=told.get("age_s", 0)),
            credential=credential,
            mode=_mode(told.get("mode")),
            presence=_presence(told),
            visitor_pass=visit,
            pass_standing=_standing(told.get("standing")),
            screening=_check(told.get("check"), person.holder, person.category) if person else None,
            visitors_inside=told.get("visitors_inside"),
            visitors_unsure=told.get("visitors_unsure", 0),
            clock_doubted=told.get("clock_doubted", False),
        ),
        verdict=Verdict(told["verdict"]),
        reason=Reason(told["reason"]),
        values=told["values"],
    )


def _read(
    told: dict[str, Any], now: datetime, credential: Credential | None, visit: VisitorPass | None
) -> CredentialRead:
    by_pass = "pass" in told
    shown = credential_of(visit.jti if visit else UNKNOWN) if by_pass else None
    return CredentialRead(
        gate=GATE,
        reader=f"{told['direction']}-1",
        direction=told["direction"],
        credential=shown or (credential.credential if credential else UNKNOWN),
        technology="qr" if by_pass else "card",
        bits=0 if by_pass else 26,
        answer_by=now + timedelta(milliseconds=300),
        pass_fault=told.get("fault"),
    )


def _changed(known: dict[str, Any], told: str | dict[str, Any] | None, kind: type[Any]) -> Any:
    if told is None:
        return None
    change = {"of": told} if isinstance(told, str) else dict(told)
    return msgspec.convert(known[change.pop("of")] | change, kind)


def _policy(known: dict[str, Any], told: dict[str, Any]) -> SitePolicy | None:
    change = told.get("policy", {})
    if change is None:
        return None
    categories = dict(known["categories"])
    for category, rules in told.get("rules", {}).items():
        categories[category] = categories.get(category, known["categories"]["official"]) | rules
    return msgspec.convert(known | {"categories": categories} | change, SitePolicy)


def _mode(told: dict[str, Any] | None) -> SiteMode | None:
    return SiteMode(version=1, by=["duty-admin"], because=None, **told) if told else None


def _presence(told: dict[str, Any]) -> Presence | None:
    for name, inside in (("inside_since", True), ("outside_since", False)):
        if name in told:
            return Presence(inside, f"{GATE}:1:1", datetime.fromisoformat(told[name]))
    return None


def _standing(told: dict[str, Any] | None) -> PassStanding | None:
    if told is None:
        return None
    passage = EARLIER_PASSAGE if told["state"] == "used" else None
    return PassStanding(told["state"], EARLIER_READ, passage, datetime.fromisoformat(told["at"]))


def _check(told: dict[str, Any] | None, holder: str, category: Category) -> Screening | None:
    if told is None:
        return None
    outcomes = {"clear": "nothing_found", "check_refused": "check_refused"}
    check = {
        "screening": "check-1",
        "version": 1,
        "holder": holder,
        "category": category,
        "method": "visual",
        "outcome": outcomes.get(told["standing"], "found"),
        "items": [],
        "standing": told["standing"],
        "refusals": told.get("refusals", 0),
        "drawn": False,
        "by": "guard",
        "post": "entrance",
        "gate": None,
        "checked_at": told["at"],
        "resolved_at": None,
        "resolution": None,
    }
    return msgspec.convert(check, Screening)
