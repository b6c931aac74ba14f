"""What a gate knows from its own records alone: what is unfinished, who is inside, which passes it let through.

Kept beside the journal's records, in the transaction that writes them, so that a kill leaves both or neither.
"""

import sqlite3
from datetime import datetime, timedelta

import msgspec

from schemas.credential_read import CredentialRead
from schemas.gate_act import GateAct
from schemas.gate_event import GateEvent
from schemas.pass_token import jti_of
from schemas.passage import Passage
from schemas.reasons import Verdict
from services.rules.facts import PassStanding, Presence
from services.rules.presence import presence_after
from turnstile_bridge.answers import ANSWERS_KEPT
from turnstile_bridge.gate_words import Grant, Hold, Resumed, Say

TABLES = """
CREATE TABLE IF NOT EXISTS unfinished (
    id TEXT PRIMARY KEY, kind TEXT NOT NULL, at TEXT NOT NULL, data BLOB NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS presence (
    person TEXT PRIMARY KEY, inside INTEGER NOT NULL, event TEXT NOT NULL, at TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS pass_uses (
    jti TEXT PRIMARY KEY, state TEXT NOT NULL, read TEXT NOT NULL, passage TEXT, at TEXT NOT NULL
) WITHOUT ROWID;
"""
QUESTIONS_KEPT = ANSWERS_KEPT
"""How long questions are remembered: as long as the answers to them."""

USES_KEPT = timedelta(days=366)
"""How long a gate remembers a pass that it let through: longer than any pass lives."""

_KEPT = "INSERT INTO unfinished VALUES (?, ?, ?, ?) ON CONFLICT (id) DO NOTHING"


def keep(connection: sqlite3.Connection, event_id: str, say: Say, at: datetime) -> None:
    """Note what a record opens and closes, in the transaction that writes it."""
    match say.data:
        case CredentialRead():
            connection.execute(_KEPT, (event_id, "read", at.isoformat(), msgspec.json.encode(say.data)))
        case GateAct():
            _keep_act(connection, say.data, say.grant, at)
        case GateEvent() if say.hold is not None or say.ends_hold:
            _keep_hold(connection, say, at)
        case Passage(grant=str(grant_id)):
            connection.execute("DELETE FROM unfinished WHERE id = ?", (grant_id,))
            _keep_presence(connection, event_id, say.data, at)
            _keep_use(connection, event_id, say.data, at)


def unfinished(connection: sqlite3.Connection, now: datetime) -> Resumed:
    """Give what a bridge that begins finds, oldest first; what is too old to matter is forgotten."""
    connection.execute(
        "DELETE FROM unfinished WHERE kind IN ('question', 'answer') AND at < ?", ((now - QUESTIONS_KEPT).isoformat(),)
    )
    connection.execute("DELETE FROM pass_uses WHERE at < ?", ((now - USES_KEPT).isoformat(),))
    rows = connection.execute("SELECT id, kind, at, data FROM unfinished ORDER BY at, id").fetchall()
    found = [(event_id, kind, datetime.fromisoformat(at), data) for event_id, kind, at, data in rows]
    return Resumed(
        reads=tuple(
            (event_id, at, msgspec.json.decode(data, type=CredentialRead))
            for event_id, kind, at, data in found
            if kind == "read"
        ),
        grants=tuple((msgspec.json.decode(data, type=Grant), at) for _, kind, at, data in found if kind == "grant"),
        questions=tuple(
            (msgspec.json.decode(data, type=GateAct), at) for _, kind, at, data in found if kind == "question"
        ),
        answers=tuple((event_id, at) for event_id, kind, at, _ in found if kind == "answer"),
        hold=next((msgspec.json.decode(data, type=Hold) for _, kind, _, data in found if kind == "hold"), None),
    )


def presence(connection: sqlite3.Connection, person: str) -> Presence | None:
    """Give where a holder (or a credential without one) was last seen to pass at this gate."""
    row = connection.execute("SELECT inside, event, at FROM presence WHERE person = ?", (person,)).fetchone()
    return Presence(bool(row[0]), row[1], datetime.fromisoformat(row[2])) if row else None


def pass_standing(connection: sqlite3.Connection, jti: str) -> PassStanding | None:
    """Give how far this gate itself has used a pass; what other gates did it cannot know."""
    row = connection.execute("SELECT state, read, passage, at FROM pass_uses WHERE jti = ?", (jti,)).fetchone()
    return PassStanding(row[0], row[1], row[2], datetime.fromisoformat(row[3])) if row else None


def _keep_hold(connection: sqlite3.Connection, say: Say, at: datetime) -> None:
    connection.execute("DELETE FROM unfinished WHERE kind = 'hold'")
    if say.hold is not None:
        connection.execute(_KEPT, (f"hold/{say.hold.answer}", "hold", at.isoformat(), msgspec.json.encode(say.hold)))
        connection.execute(_KEPT, (say.hold.answer, "answer", at.isoformat(), b""))


def _keep_act(connection: sqlite3.Connection, act: GateAct, grant: Grant | None, at: datetime) -> None:
    connection.execute("DELETE FROM unfinished WHERE id = ?", (act.read,))
    if act.decided_by == "guard" and act.decision is not None:
        connection.execute(_KEPT, (act.decision, "answer", at.isoformat(), b""))
    elif act.verdict is Verdict.ASK:
        connection.execute(_KEPT, (act.read, "question", at.isoformat(), msgspec.json.encode(act)))
    if grant is None:
        return
    connection.execute(_KEPT, (grant.id, "grant", at.isoformat(), msgspec.json.encode(grant)))
    if (jti := jti_of(grant.credential)) is not None and grant.direction == "entry":
        connection.execute(
            "INSERT INTO pass_uses VALUES (?, 'reserved', ?, NULL, ?) ON CONFLICT (jti) DO UPDATE"
            " SET state = excluded.state, read = excluded.read, passage = NULL, at = excluded.at"
            " WHERE pass_uses.state = 'reserved'",
            (jti, grant.read, at.isoformat()),
        )


def _keep_use(connection: sqlite3.Connection, event_id: str, passage: Passage, at: datetime) -> None:
    jti = jti_of(passage.credential or "")
    if jti is None or passage.direction != "entry":
        return
    if passage.outcome == "entered":
        connection.execute(
            "INSERT INTO pass_uses VALUES (?, 'used', ?, ?, ?) ON CONFLICT (jti) DO UPDATE"
            " SET state = excluded.state, read = excluded.read, passage = excluded.passage, at = excluded.at",
            (jti, passage.read, event_id, at.isoformat()),
        )
    else:
        connection.execute(
            "DELETE FROM pass_uses WHERE jti = ? AND state = 'reserved' AND read = ?", (jti, passage.read)
        )


def _keep_presence(connection: sqlite3.Connection, event_id: str, passage: Passage, at: datetime) -> None:
    person = passage.holder or passage.credential
    after = presence_after(presence(connection, person), passage, event_id, at) if person else None
    if after is not None:
        connection.execute(
            "INSERT INTO presence VALUES (?, ?, ?, ?) ON CONFLICT (person)"
            " DO UPDATE SET inside = excluded.inside, event = excluded.event, at = excluded.at",
            (person, after.inside, after.event, after.at.isoformat()),
        )
