"""Measures how soon a gate knows: a policy that was published, a card that was revoked; and how soon a revoked card is
refused at the reader.

Said as a page or a command says it, in the store, from the moment when it is committed; through outbox, recorder and
Kafka to the file of facts that a bridge decides by.
"""

import asyncio
import sqlite3
import time
from collections.abc import Sequence
from functools import partial

import msgspec
from sqlmodel import Session

from bench.card import NotUnlocked, Site
from bench.measure import RoundTrip, quantiles
from deploy.demo.pupils import CARD_BITS, Person
from deploy.demo.stage import GATE, READER, SITE
from schemas.topics import CREDENTIALS, SITE_POLICIES, Topic
from services.settings import Configuration
from services.store import administration
from services.store.database import Store
from services.store.records import credentials, site_policies

WITHIN_S = 8.0
TARGET_MS = 1000.0
LOOK_EVERY_S = 0.001


class Reached(msgspec.Struct, frozen=True):
    """Milliseconds from the commit: until the gate has a policy, a revocation, and until it refuses the card."""

    policy: RoundTrip
    revocation: RoundTrip
    refused: RoundTrip


async def reached(site: Site, people: Sequence[Person]) -> Reached:
    """For each of these people, none of them a pupil: publish a policy, revoke their card, and show it."""
    store = Store.of(Configuration.load(site.stage.settings))
    facts = sqlite3.connect(f"file:{site.stage.folder / 'data' / GATE / 'facts.sqlite'}?mode=ro", uri=True)
    took: list[tuple[float, float, float]] = []
    try:
        for person in people:
            policy_ms = await _reaches(store, facts, SITE_POLICIES, SITE, None)
            card = store.read_now(partial(_card_of, holder=person.holder))
            began_s = time.monotonic()
            revocation_ms = await _reaches(store, facts, CREDENTIALS, card, card)
            took.append((policy_ms, revocation_ms, await _refused_ms(site, person, began_s)))
    finally:
        facts.close()
        store.close()
    policy, revocation, refused = zip(*took, strict=True)
    return Reached(quantiles(policy), quantiles(revocation), quantiles(refused))


async def _reaches(store: Store, facts: sqlite3.Connection, topic: Topic, subject: str, revoked: str | None) -> float:
    """Say something and give how long after it was committed the gate has it."""
    version = store.write_now(lambda session: _revoke(session, revoked) if revoked else _publish(session))
    began_s = time.monotonic()
    while time.monotonic() - began_s < WITHIN_S:
        row = facts.execute(
            "SELECT version FROM facts WHERE noun = ? AND subject = ?", (topic.noun, subject)
        ).fetchone()
        if row is not None and row[0] >= version:
            return (time.monotonic() - began_s) * 1000
        await asyncio.sleep(LOOK_EVERY_S)
    message = f"the gate did not hear of {topic.noun} within {WITHIN_S:.0f} s"
    raise NotUnlocked(message)


async def _refused_ms(site: Site, person: Person, began_s: float) -> float:
    """Show a revoked card and give how long after its revocation the reader showed that it is refused."""
    place = site.school.do("show_card", reader=READER, bits=CARD_BITS, data=person.data.hex())
    denied = await site.school.hears("lamp", place, within_s=WITHIN_S, reader=READER)
    if denied is None or denied["look"] != "denied":
        message = "a card that was revoked was not refused"
        raise NotUnlocked(message)
    return float((denied["s"] - began_s) * 1000)


def _publish(session: Session) -> int:
    known = site_policies.current(session, SITE)
    if known is None:
        message = f"{SITE} has no policy"
        raise NotUnlocked(message)
    changed = msgspec.structs.replace(known, reserve_s=known.reserve_s + 1)
    return administration.publish_policy(session, site=SITE, policy=changed, by="bench") or 0


def _revoke(session: Session, card: str) -> int:
    return administration.revoke_credential(session, site=SITE, credential=card, by="bench") or 0


def _card_of(session: Session, holder: str) -> str:
    return credentials.of_holder(session, SITE, holder)[0].credential
