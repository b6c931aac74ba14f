"""A gate that decides alone: the one ``decide`` on the facts and the presence that lie on its own disk."""

from datetime import datetime

import msgspec

from schemas.credential_read import CredentialRead
from services.rules.decide import Decided, decide
from turnstile_bridge.facts import FactsOnDisk
from turnstile_bridge.journal import Journal


def decided_alone(read: CredentialRead, on_disk: FactsOnDisk, journal: Journal, now: datetime) -> Decided:
    """Judge a read by what this gate knows."""
    facts = on_disk.facts_for(read.credential)
    person = facts.credential.holder if facts.credential else read.credential
    return decide(read, msgspec.structs.replace(facts, presence=journal.presence(person)), now)
