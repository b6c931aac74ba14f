"""Findings as signals, each named by what completed it, so that a replay tells the same one in the same bytes."""

import msgspec

from schemas.credential_read import CredentialRead
from schemas.envelope import Event
from schemas.gate_act import GateAct
from schemas.outgoing import Outgoing
from schemas.passage import Passage
from schemas.signal import Signal, SignalRule
from schemas.topics import SIGNALS
from services.flow.case import Case


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """What was found, about whom, and the values that fill its words; ``completed_by`` is the event that it is told
    once for.
    """

    rule: SignalRule
    completed_by: str
    holder: str | None
    values: dict[str, str]


def tell(finding: Finding, of: Event[CredentialRead] | Event[GateAct] | Event[Passage], case: Case) -> Outgoing:
    """Say what a read, an act or a passage has shown."""
    data = of.data
    read = of.id if isinstance(data, CredentialRead) else data.read
    signal = Signal(
        rule=finding.rule,
        gate=data.gate,
        read=read or "",
        credential=data.credential or "",
        holder=finding.holder,
        values=finding.values,
    )
    name = f"signal/{finding.rule}/{finding.completed_by}"
    return case.say(SIGNALS, Event(id=name, source=case.speaker.source, time=of.time, site=of.site, data=signal))
