"""Two schools, their gates, keys and people, and what they say: the events that the tests of this room are made of."""

from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

from schemas.alarm_action import ActionKind, AlarmAction
from schemas.credential import Category, Credential
from schemas.credential_read import CredentialRead, Direction
from schemas.envelope import Event
from schemas.gate_act import GateAct
from schemas.gate_event import GateEvent, GateEventKind
from schemas.ids import grant_id
from schemas.panic import Panic
from schemas.pass_token import credential_of
from schemas.passage import Outcome, Passage
from schemas.reasons import Reason, Verdict
from schemas.release import Release
from schemas.screening import Screening, Standing
from schemas.signal import Signal, SignalRule
from schemas.site_mode import Mode, SiteMode
from schemas.site_policy import CategoryRules, GateTrust, SitePolicy, Window
from schemas.topics import Placement, Role
from schemas.trust import Signer, gate_source, service_source
from schemas.visitor_pass import VisitorPass

MORNING = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
"""A Monday, eight o'clock at the school."""

SCHOOL, OTHER_SCHOOL = "school-1", "school-2"
GATE, OTHER_GATE = "school-1-main", "school-2-main"
SIDE_GATE = "school-1-side"
SITE_OF = {GATE: SCHOOL, SIDE_GATE: SCHOOL, OTHER_GATE: OTHER_SCHOOL}
PLACEMENT = Placement(2, 4)
ALWAYS = [Window(weekdays=list(range(1, 8)), opens_min=0, closes_min=24 * 60)]
CARD, PUPIL_CARD, UNKNOWN_CARD = "a" * 32, "b" * 32, "f" * 32
JTI = "p1"
PASS = credential_of(JTI)
VISITOR = f"visitor-{JTI}"


def seed(owner: str) -> bytes:
    """Give the private key of a gate or a service of these tests."""
    return sha256(owner.encode()).digest()


GATE_SIGNERS = {gate: Signer(gate_source(gate), seed(gate)) for gate in SITE_OF}
SERVICE_SIGNERS: dict[Role, Signer] = {
    role: Signer(service_source(role), seed(role)) for role in Role if role is not Role.GATE
}
KEYRING = {str(role): [signer.public_key] for role, signer in SERVICE_SIGNERS.items()}


def policy(
    site: str = SCHOOL, version: int = 1, *, gates: list[str] | None = None, **changes: Any
) -> Event[SitePolicy]:
    """Rules that let staff, pupils and visitors in at any time of any day; ``changes`` are fields of all categories'
    rules, or of the policy.
    """
    own = {name: changes.pop(name) for name in list(changes) if name in CategoryRules.__struct_fields__}
    rules = CategoryRules(**{"windows": ALWAYS, "anti_passback": "hard", "admit_staleness_s": 600.0, **own})
    trusted = [gate for gate, home in SITE_OF.items() if home == site] if gates is None else gates
    data = SitePolicy(
        version=version,
        name=site,
        utc_offset_min=300,
        answer_within_ms=300,
        categories={"staff": rules, "pupil": rules, "visitor": rules},
        gates={gate: GateTrust(name=gate, public_keys=[GATE_SIGNERS[gate].public_key]) for gate in trusted},
        **changes,
    )
    return fact(f"policy/{site}/{version}", site, data)


def credential(
    card: str = CARD,
    version: int = 1,
    *,
    site: str = SCHOOL,
    revoked_at: datetime | None = None,
    category: Category = "staff",
) -> Event[Credential]:
    """A card that is valid for years around the tests."""
    data = Credential(
        credential=card,
        version=version,
        holder=f"holder-{card[:4]}",
        category=category,
        valid_from=MORNING - timedelta(days=1000),
        valid_until=MORNING + timedelta(days=10000),
        revoked_at=revoked_at,
    )
    return fact(f"credential/{site}/{card}/{version}", site, data)


def visitor_pass(jti: str = JTI, version: int = 1, *, site: str = SCHOOL, **changes: Any) -> Event[VisitorPass]:
    """A pass for one entry, valid for years around the tests."""
    data = VisitorPass(
        **{
            "jti": jti,
            "version": version,
            "visit": f"visit-{jti}",
            "holder": f"visitor-{jti}",
            "category": "visitor",
            "valid_from": MORNING - timedelta(days=1000),
            "valid_until": MORNING + timedelta(days=10000),
            "entries": "single",
            "escort": "none",
            "screening_due": False,
            "revoked_at": None,
            "entrances": None,
            "windows": [],
            **changes,
        }
    )
    return fact(f"visitor_pass/{site}/{jti}/{version}", site, data)


def screening(
    standing: Standing, version: int = 1, *, holder: str = VISITOR, check: str = "check-1", **changes: Any
) -> Event[Screening]:
    """What a check found, as the guard wrote it down."""
    outcomes = {"clear": "nothing_found", "check_refused": "check_refused"}
    data = Screening(
        **{
            "screening": check,
            "version": version,
            "holder": holder,
            "category": "visitor",
            "method": "visual",
            "outcome": outcomes.get(standing, "found"),
            "items": [],
            "standing": standing,
            "refusals": 0,
            "drawn": False,
            "by": "guard-1",
            "post": "post-1",
            "gate": GATE,
            "checked_at": MORNING,
            "resolved_at": None,
            "resolution": None,
            **changes,
        }
    )
    return fact(f"screening/{check}/{version}", SCHOOL, data)


def release(holder: str, version: int = 1, **changes: Any) -> Event[Release]:
    """Leave for an hour from the morning on."""
    data = Release(
        **{
            "release": f"release-{version}",
            "version": version,
            "holder": holder,
            "valid_from": MORNING,
            "valid_until": MORNING + timedelta(hours=1),
            "allowed_by": "duty",
            "by": "guard-1",
            "post": "post-1",
            "withdrawn_at": None,
            **changes,
        }
    )
    return fact(f"release/{holder}/{version}", SCHOOL, data)


def mode(name: Mode, version: int = 1, *, drill: bool = False, site: str = SCHOOL) -> Event[SiteMode]:
    """The mode of a site."""
    return fact(
        f"mode/{site}/{version}", site, SiteMode(version=version, mode=name, drill=drill, by=["director"], because=None)
    )


def read(
    number: int, card: str = CARD, *, gate: str = GATE, at: datetime = MORNING, wait_s: float = 0.3, **changes: Any
) -> Event[CredentialRead]:
    """A card shown at a gate."""
    data = CredentialRead(
        gate=gate,
        reader="entry",
        direction=changes.get("direction", "entry"),
        credential=card,
        technology="qr" if card.startswith("pass/") else "card",
        bits=26,
        answer_by=at + timedelta(seconds=wait_s),
    )
    return _said(gate, number, at, data)


def act(number: int, of: Event[CredentialRead], verdict: Verdict, **changes: Any) -> Event[GateAct]:
    """What a gate did about a read, alone unless told otherwise."""
    data = GateAct(
        read=of.id,
        gate=of.data.gate,
        reader=of.data.reader,
        direction=of.data.direction,
        credential=of.data.credential,
        decided_by=changes.get("decided_by", "gate"),
        decision=None,
        verdict=verdict,
        reason=changes.get("reason", Reason.VALID),
        values={},
        holder=changes.get("holder"),
        category=None,
        policy_version=1,
        policy_age_s=0.0,
        grant=changes.get("grant"),
        waited_ms=changes.get("waited_ms", 0.0),
    )
    return _said(of.data.gate, number, changes.get("at", of.time), data)


def passage(
    number: int,
    outcome: Outcome = "entered",
    holder: str | None = f"holder-{CARD[:4]}",
    *,
    gate: str = GATE,
    at: datetime = MORNING,
    of: Event[CredentialRead] | None = None,
) -> Event[Passage]:
    """Somebody went through, by the grant of a read when there was one."""
    direction: Direction = "exit" if outcome == "left" else "entry"
    data = Passage(
        gate=gate,
        direction=direction,
        outcome=outcome,
        grant=grant_id(of.id) if of else None,
        read=of.id if of else None,
        credential=of.data.credential if of else None,
        holder=holder,
    )
    return _said(gate, number, at, data)


def panic(
    number: int,
    button: str = "post",
    *,
    gate: str = GATE,
    at: datetime = MORNING,
    silent: bool = False,
    test: str | None = None,
) -> Event[Panic]:
    """A button was pressed."""
    return _said(gate, number, at, Panic(gate=gate, button=button, silent=silent, test=test))


def gate_event(
    number: int, kind: GateEventKind = "forced", *, gate: str = GATE, at: datetime = MORNING
) -> Event[GateEvent]:
    """Something happened to a gate."""
    return _said(gate, number, at, GateEvent(gate=gate, kind=kind, device=None, gap_s=None, detail={}))


def signal(
    read_id: str, rule: SignalRule = "refused_again", *, card: str = CARD, at: datetime = MORNING
) -> Event[Signal]:
    """A finding of admission."""
    data = Signal(rule=rule, gate=GATE, read=read_id, credential=card, holder=None, values={})
    return Event(id=f"signal/{rule}/{read_id}", source=service_source(Role.ADMISSION), time=at, site=SCHOOL, data=data)


def action(
    number: int, alarm: str, kind: ActionKind, *, by: str = "guard-1", cause: str | None = None, at: datetime = MORNING
) -> Event[AlarmAction]:
    """A person did something about an alarm."""
    data = AlarmAction(alarm=alarm, action=kind, by=by, post="post-1", seen_version=1, cause=cause, comment=None)
    return Event(id=f"action/{number}", source=service_source(Role.ADMINISTRATION), time=at, site=SCHOOL, data=data)


def _said(gate: str, number: int, at: datetime, data: Any) -> Event[Any]:
    return Event(id=f"{gate}:1:{number}", source=gate_source(gate), time=at, site=SITE_OF[gate], data=data)


def fact(name: str, site: str, data: Any) -> Event[Any]:
    """What administration says of a site."""
    return Event(id=name, source=service_source(Role.ADMINISTRATION), time=MORNING, site=site, data=data)
