"""What gates, alarming, police link and administration say in the tests of pages: whole events, with everything
that a story does not speak of filled in.
"""

from datetime import datetime
from typing import Any

import msgspec

from schemas.alarm import Alarm, AlarmRule
from schemas.catalogue import Said
from schemas.delivery import Delivery
from schemas.envelope import Event
from schemas.gate_act import GateAct
from schemas.gate_event import GateEvent, GateEventKind
from schemas.ids import alarm_id
from schemas.panic import Panic
from schemas.passage import Outcome, Passage
from schemas.reasons import Reason, Verdict
from schemas.site_mode import SiteMode
from schemas.site_policy import GateTrust, SitePolicy
from schemas.topics import Role
from schemas.trust import gate_source, service_source

SITE, GATE = "school-1", "gate-1"


def of_gate(data: Said, event: str, at: datetime, *, gate: str = GATE, site: str = SITE) -> Event[Any]:
    """Let a gate say something."""
    return Event(id=f"{gate}:1:{event}", source=gate_source(gate), time=at, site=site, data=data)


def act(
    number: int, at: datetime, verdict: Verdict = Verdict.ADMIT, reason: Reason = Reason.VALID, **changes: Any
) -> Event[GateAct]:
    """A gate acts on a read; ``number`` is the event's, the read's is a thousand more."""
    gate = changes.pop("gate", GATE)
    site = changes.pop("site", SITE)
    data = GateAct(
        read=f"{gate}:1:{number + 1000}",
        gate=gate,
        reader="in",
        direction="entry",
        credential="0" * 32,
        decided_by="online",
        decision=f"decision/{gate}:1:{number + 1000}",
        verdict=verdict,
        reason=reason,
        values={},
        holder="pupil-1",
        category="pupil",
        policy_version=1,
        policy_age_s=0.0,
        grant=None,
        waited_ms=14.0,
    )
    return of_gate(msgspec.structs.replace(data, **changes), str(number), at, gate=gate, site=site)


def refused(number: int, at: datetime, reason: Reason = Reason.REVOKED, **changes: Any) -> Event[GateAct]:
    """A gate refuses a visitor."""
    return act(number, at, Verdict.REFUSE, reason, **{"holder": "visitor-1", "category": "visitor", **changes})


def passage(
    number: int, at: datetime, outcome: Outcome, of: Event[GateAct] | None = None, *, gate: str = GATE
) -> Event[Passage]:
    """The mechanism moves, after an act or on its own."""
    said = of.data if of else None
    data = Passage(
        gate=gate,
        direction=said.direction if said else "entry",
        outcome=outcome,
        grant=said.grant if said else None,
        read=said.read if said else None,
        credential=said.credential if said else None,
        holder=said.holder if said else None,
    )
    return of_gate(data, str(number), at, gate=gate)


def gate_event(
    number: int, at: datetime, kind: GateEventKind, *, gate: str = GATE, device: str | None = None
) -> Event[GateEvent]:
    """A gate tells what is not ordinary, or that it lives."""
    return of_gate(GateEvent(gate=gate, kind=kind, device=device, gap_s=None, detail={}), str(number), at, gate=gate)


def press(
    number: int, at: datetime, *, silent: bool = False, site: str = SITE, gate: str = GATE, test: str | None = None
) -> Event[Panic]:
    """Somebody presses the button of the hall."""
    return of_gate(Panic(gate=gate, button="hall", silent=silent, test=test), str(number), at, gate=gate, site=site)


def alarm_of(first: Event[Any], version: int = 1, **changes: Any) -> Event[Alarm]:
    """Alarming speaks of a press, or of a forced passage at a gate."""
    rule: AlarmRule = "panic" if isinstance(first.data, Panic) else "forced"
    subject = first.data.button if isinstance(first.data, Panic) else first.data.gate
    data = Alarm(
        alarm=alarm_id(rule, first.site, subject, first.id),
        version=version,
        rule=rule,
        severity="critical" if rule == "panic" else "high",
        state="raised",
        gate=first.data.gate,
        subject=subject,
        joined=[first.id],
        raised_at=first.time,
        changed_at=first.time,
        changed_by=None,
        action=None,
        cause=None,
        silent=isinstance(first.data, Panic) and first.data.silent,
        drill=False,
    )
    data = msgspec.structs.replace(data, **changes)
    return Event(
        id=f"alarming:{data.alarm[-8:]}:{version}",
        source=service_source(Role.ALARMING),
        time=data.changed_at,
        site=first.site,
        data=data,
    )


def acknowledged(raised: Event[Alarm], by: str, at: datetime, version: int = 2) -> Event[Alarm]:
    """Alarming confirms who was first."""
    data = msgspec.structs.replace(
        raised.data, version=version, state="acknowledged", changed_at=at, changed_by=by, action="acknowledge"
    )
    return Event(id=f"{raised.id}-{version}", source=raised.source, time=at, site=raised.site, data=data)


def delivered(
    alarm: str, at: datetime, outcome: str = "acknowledged", number: int = 1, site: str = SITE
) -> Event[Delivery]:
    """The police link tells what the receiver answered."""
    data = Delivery(
        alarm=alarm,
        event=alarm,
        receiver="centre",
        path="dc09/tcp",
        outcome=outcome,  # type: ignore[arg-type]
        sequence=number,
        attempts=1,
        sent_at=at,
        answered_at=at if outcome == "acknowledged" else None,
    )
    return Event(id=f"police-link:1:{number}", source=service_source(Role.POLICE_LINK), time=at, site=site, data=data)


def policy(
    at: datetime,
    version: int = 1,
    *,
    site: str = SITE,
    name: str = "№ 12 мектеп-лицей",
    gates: dict[str, GateTrust] | None = None,
) -> Event[SitePolicy]:
    """Administration publishes the rules of a school and names its gates."""
    known = (
        gates
        if gates is not None
        else {
            GATE: GateTrust(name="1-турникет", public_keys=[]),
            "gate-2": GateTrust(name="2-турникет", public_keys=[]),
        }
    )
    data = SitePolicy(version=version, name=name, utc_offset_min=300, answer_within_ms=300, categories={}, gates=known)
    return Event(
        id=f"administration:1:{version}", source=service_source(Role.ADMINISTRATION), time=at, site=site, data=data
    )


def mode(at: datetime, version: int, to: str, *, drill: bool = False) -> Event[SiteMode]:
    """The school's mode changes."""
    data = SiteMode(version=version, mode=to, drill=drill, by=["director"], because=None)  # type: ignore[arg-type]
    return Event(
        id=f"administration:1:m{version}", source=service_source(Role.ADMINISTRATION), time=at, site=SITE, data=data
    )
