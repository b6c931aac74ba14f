"""Hop: what a gate did about a read becomes a signal when somebody ought to know: refused again and again, or
admitted against the policy.
"""

from datetime import timedelta

import msgspec

from schemas.credential_read import CredentialRead
from schemas.envelope import Event, RefusedRecord
from schemas.gate_act import GateAct
from schemas.pass_token import jti_of
from schemas.reasons import Reason, Refused, Verdict
from schemas.signal import SignalRule
from services.flow import passes
from services.flow.case import Case
from services.flow.findings import Finding, tell
from services.flow.reads_to_decisions import ANSWERS, Answer, answer_key, known_facts
from services.rules.decide import decide
from services.rules.refusals import Refusals, refusals_after

REFUSALS = "refusals"


class RefusalsRow(msgspec.Struct, frozen=True, array_like=True):
    """The recent refusals of one credential at one site."""

    refusals: Refusals


def acts_to_signals(act: Event[GateAct], case: Case) -> None:
    """Look at the one effective decision of a read. Signals are named by the read, so that a replay says the same
    one.
    """
    if not act.data.read.startswith(f"{act.data.gate}:"):
        raise RefusedRecord(Refused.NOT_THE_WRITER, f"{act.source} acts on a read that is not its own")
    passes.acted(act, case)
    match act.data.verdict:
        case Verdict.REFUSE:
            _refused(act, case)
        case Verdict.ADMIT:
            _admitted(act, case)
        case Verdict.ASK:
            pass


def _refused(act: Event[GateAct], case: Case) -> None:
    key = f"{act.site}/{act.data.credential}"
    row = case.row(REFUSALS, key, RefusalsRow)
    before = row.refusals if row else None
    after = refusals_after(before, act.data.read, act.time)
    if after != before:
        case.put(REFUSALS, key, RefusalsRow(after))
    if after.completed_by == act.data.read:
        _say(act, case, "refused_again", {"reason": act.data.reason})


def _admitted(act: Event[GateAct], case: Case) -> None:
    if act.data.decided_by == "guard":
        return
    verdict, reason = _stream_says(act, case)
    if verdict is Verdict.ADMIT or reason is Reason.LATE:  # late is who comes first today: presence then, not now
        return
    if act.data.decided_by == "gate" or reason is Reason.REVOKED:
        _say(act, case, "admitted_against_policy", {"verdict": verdict, "reason": reason})


def _stream_says(act: Event[GateAct], case: Case) -> tuple[Verdict, Reason]:
    """Give what the stream answered to this read; where it admitted or has not answered yet, what it finds now as of
    the read's time.
    """
    answer = case.row(ANSWERS, answer_key(act.data.read), Answer)
    if answer is not None and answer.read == act.data.read and answer.verdict is not Verdict.ADMIT:
        return answer.verdict, answer.reason
    read_at = act.time - timedelta(milliseconds=act.data.waited_ms)
    read = CredentialRead(
        gate=act.data.gate,
        reader=act.data.reader,
        direction=act.data.direction,
        credential=act.data.credential,
        technology="card" if jti_of(act.data.credential) is None else "qr",
        bits=0,
        answer_by=read_at,
    )
    says = decide(read, known_facts(act.site, act.data.credential, case, read_at, late=True), read_at)
    return says.verdict, says.reason


def _say(act: Event[GateAct], case: Case, rule: SignalRule, values: dict[str, str]) -> None:
    tell(Finding(rule=rule, completed_by=act.data.read, holder=act.data.holder, values=values), act, case)
