"""A gate that decides alone: the one ``decide`` on the facts, the presence and the uses that lie on its own disk."""

from datetime import datetime

import msgspec

from schemas.credential_read import CredentialRead
from services.rules.decide import Decided, decide
from turnstile_bridge.facts import FactsOnDisk
from turnstile_bridge.journal import Journal


def decided_alone(
    read: CredentialRead, on_disk: FactsOnDisk, journal: Journal, now: datetime, *, clock_doubted: bool
) -> Decided:
    """Judge a read by what this gate knows: of a pass, what it let through itself; pages find the rest later."""
    facts = on_disk.facts_for(read.credential)
    of = facts.visitor_pass or facts.credential
    seen = msgspec.structs.replace(
        facts,
        presence=journal.presence(of.holder if of else read.credential),
        pass_standing=journal.pass_standing(facts.visitor_pass.jti) if facts.visitor_pass else None,
        clock_doubted=clock_doubted,
    )
    return decide(read, seen, now)
