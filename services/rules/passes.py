"""What is asked of a pass besides its validity: whether its token is genuine, how far it was used, and whether there is
room for one more visitor.
"""

from schemas.reasons import Reason, Verdict
from services.rules.asked import TOKEN_FAULTS, Asked, Finding

UNSURE = "unsure"
"""The value that says by how many the number inside may be wrong."""


def token(asked: Asked) -> Finding | None:
    """Refuse a token that nobody with a key of this site has signed, that says nothing, or that is another school's."""
    fault = asked.read.pass_fault
    reason = TOKEN_FAULTS.get(fault) if fault else None
    return (Verdict.REFUSE, reason, {"fault": str(fault)}) if reason else None


def used(asked: Asked) -> Finding | None:
    """Refuse a pass for one entry after the passage that used it."""
    visit, standing = asked.facts.visitor_pass, asked.facts.pass_standing
    if visit is None or visit.entries != "single" or standing is None or standing.state != "used":
        return None
    return Verdict.REFUSE, Reason.PASS_USED, {"at": asked.told(standing.at)}


def reserved(asked: Asked) -> Finding | None:
    """Ask about a pass that another read was granted with and whose passage is still awaited.

    A reservation that was never ended lapses after the policy's ``reserve_s``; one from later than now (a clock was set
    back) still holds.
    """
    standing = asked.facts.pass_standing
    if asked.facts.visitor_pass is None or standing is None or standing.state != "reserved":
        return None
    if (asked.now - standing.at).total_seconds() >= asked.policy.reserve_s:
        return None
    return Verdict.ASK, Reason.PASS_RESERVED, {"since": asked.told(standing.at)}


def capacity(asked: Asked) -> Finding | None:
    """Refuse a pass while as many people of visits are inside as may be, and ask where only a number that is not sure
    says so; who is counted already is let be.
    """
    limit, inside, presence = asked.policy.visitor_capacity, asked.facts.visitors_inside, asked.facts.presence
    if asked.facts.visitor_pass is None or limit is None or inside is None or inside < limit:
        return None
    if presence is not None and presence.inside:
        return None
    values, unsure = {"inside": str(inside), "capacity": str(limit)}, asked.facts.visitors_unsure
    if unsure:
        values[UNSURE] = str(unsure)
    return Verdict.ASK if limit > 0 and inside - unsure < limit else Verdict.REFUSE, Reason.CAPACITY_FULL, values


def wrong_entrance(asked: Asked) -> Finding | None:
    """Refuse at a gate that is not among the category's entrances, or not among the pass's own."""
    visit = asked.facts.visitor_pass
    gates = asked.policy.gates
    lists = [named for named in (asked.rules.entrances, visit.entrances if visit else None) if named is not None]
    if all(asked.read.gate in named for named in lists):
        return None
    meant = [gate for gate in lists[0] if all(gate in named for named in lists)]
    told = ", ".join(gates[gate].name if gate in gates else gate for gate in meant)
    return Verdict.REFUSE, Reason.WRONG_ENTRANCE, {"entrances": told}
