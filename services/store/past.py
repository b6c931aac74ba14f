"""The past of a site as its rules met it: every read with the facts that were in force then, from what was recorded.

For whoever explains a decision or rehearses a policy. What no record says (a doubted clock of the stream) is left out.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar

import msgspec
import sqlalchemy as sa
from sqlmodel import Session, SQLModel, col

from schemas.credential import Credential
from schemas.credential_read import CredentialRead
from schemas.pass_token import jti_of
from schemas.screening import Screening
from schemas.site_mode import SiteMode
from schemas.topics import CREDENTIALS, VISITOR_PASSES, Topic
from schemas.visitor_pass import VisitorPass
from services.rules import occupancy, pass_uses
from services.rules.facts import Facts, Presence
from services.rules.occupancy import Occupancy
from services.rules.pass_uses import PassUses
from services.rules.presence import INSIDE_AFTER
from services.store.columns import as_said
from services.store.outbox import OutboxRow
from services.store.records import pass_uses as pass_use_records
from services.store.records import passages as passage_records
from services.store.records.credential_reads import CredentialReadRow
from services.store.records.credentials import CredentialRow
from services.store.records.gate_acts import GateActRow
from services.store.records.pass_uses import PassUseRow
from services.store.records.passages import PassageRow
from services.store.records.screenings import ScreeningRow
from services.store.records.site_modes import SiteModeRow
from services.store.records.site_policies import SitePolicyRow
from services.store.records.visitor_passes import VisitorPassRow

FactT = TypeVar("FactT")
RowT = TypeVar("RowT", bound=SQLModel)


class Act(msgspec.Struct, frozen=True):
    """What the gate did about a read, and how old its rules were."""

    at: datetime
    decided_by: str
    verdict: str
    reason: str
    values: dict[str, str]
    policy_version: int
    policy_age_s: float
    grant: str | None
    waited_ms: float


class PastRead(msgspec.Struct, frozen=True):
    """One read of the past: its id, when it was, the facts of that moment, and what the gate did: its own or the
    stream's verdict first, then a guard's.
    """

    id: str
    at: datetime
    read: CredentialRead
    facts: Facts
    acts: list[Act]


class _Versions(Generic[FactT]):
    """A fact through time: what was said, each from its moment on."""

    def __init__(self, said: Iterable[tuple[datetime, FactT]]) -> None:
        ordered = sorted(said, key=lambda pair: pair[0])
        self._since = [at for at, _ in ordered]
        self._facts = [fact for _, fact in ordered]

    def at(self, moment: datetime) -> FactT | None:
        number = bisect_right(self._since, moment)
        return self._facts[number - 1] if number else None


def read_of(session: Session, site: str, read: str) -> PastRead | None:
    """Give one read of a site with the facts of its moment; None when the site has no such read."""
    row = session.get(CredentialReadRow, (site, read))
    if row is None:
        return None
    around = reads_between(session, site, row.at, row.at + timedelta(microseconds=1))
    return next((past for past in around if past.id == read), None)


def count_between(session: Session, site: str, since: datetime, until: datetime) -> int:
    """Count the reads of a site from a moment until another (not within)."""
    table = CredentialReadRow
    within = (col(table.site) == site) & (col(table.at) >= since) & (col(table.at) < until)
    return int(session.execute(sa.select(sa.func.count()).select_from(table).where(within)).scalar_one())


def reads_between(session: Session, site: str, since: datetime, until: datetime) -> Iterator[PastRead]:
    """Give the reads of a site from a moment until another (not within), in their order, each with its facts."""
    past = _Past(session, site, since, until)
    acts = _acts(session, site, since, until)
    for at, _, happening in past.happenings():
        if isinstance(happening, _Shown):
            done = acts.get(happening.id, [])
            facts = past.facts(happening, at, done[0] if done else None)
            yield PastRead(happening.id, at, happening.read, facts, done)
        else:
            happening()


class _Shown(msgspec.Struct, frozen=True):
    id: str
    read: CredentialRead


class _Past:
    """What is known at each moment, as it happened."""

    def __init__(self, session: Session, site: str, since: datetime, until: datetime) -> None:
        self._session, self._site, self._since, self._until = session, site, since, until
        policies = [(row.at, row.policy()) for row in self._all(SitePolicyRow)]
        self._policies = _Versions(policies)
        self._numbered = {policy.version: policy for _, policy in policies}
        self._modes = _Versions((row.at, as_said(row, SiteMode)) for row in self._all(SiteModeRow))
        cards = ((row.credential, as_said(row, Credential)) for row in self._all(CredentialRow))
        self._cards = _histories(session, site, CREDENTIALS, Credential, "credential", dict(cards))
        passes = ((row.jti, as_said(row, VisitorPass)) for row in self._all(VisitorPassRow))
        self._passes = _histories(session, site, VISITOR_PASSES, VisitorPass, "jti", dict(passes))
        self._presence = _presence_before(session, site, since)
        self._inside = Occupancy()
        self._uses: dict[str, PassUses] = {}
        self._screenings: dict[str, Screening] = {}

    def happenings(self) -> list[tuple[datetime, int, Any]]:
        """Give what happened, in order; of one moment the reads first, for what follows from them comes after."""
        reads = [
            (row[1], 0, _Shown(row[0], _read(row)))
            for row in _reads(self._session, self._site, self._since, self._until)
        ]
        moves = [(row.at, 1, self._moving(row)) for row in self._all(PassageRow, self._since)]
        uses = [(row.at, 2, self._using(row)) for row in self._all(PassUseRow)]
        checks = [(row.at, 3, self._checking(row)) for row in self._all(ScreeningRow)]
        return sorted([*reads, *moves, *uses, *checks], key=lambda happening: happening[:2])

    def facts(self, shown: _Shown, at: datetime, act: Act | None) -> Facts:
        """Give the facts as a read meets them."""
        jti = jti_of(shown.read.credential)
        card = self._cards.get(shown.read.credential)
        known_pass = self._passes.get(jti) if jti else None
        visitor_pass = known_pass.at(at) if known_pass else None
        credential = card.at(at) if card else None
        person = visitor_pass or credential
        holder = person.holder if person else ""
        uses = self._uses.get(jti) if jti else None
        return Facts(
            policy=self._numbered.get(act.policy_version if act else 0) or self._policies.at(at),
            confirmed_at=at - timedelta(seconds=act.policy_age_s) if act else at,
            credential=credential,
            mode=self._modes.at(at),
            presence=self._presence.get(holder),
            visitor_pass=visitor_pass,
            pass_standing=pass_uses.standing(uses, visitor_pass.entries, shown.id) if uses and visitor_pass else None,
            screening=self._screenings.get(holder),
            visitors_inside=occupancy.count(self._inside, at),
            visitors_unsure=occupancy.unsure(self._inside, at),
        )

    def _moving(self, row: PassageRow) -> Callable[[], None]:
        def happen() -> None:
            self._inside = passage_records.after_passage(self._inside, row)
            inside = INSIDE_AFTER.get(row.outcome)
            if inside is not None and row.holder is not None:
                self._presence[row.holder] = Presence(inside, row.id, row.at)

        return happen

    def _using(self, row: PassUseRow) -> Callable[[], None]:
        def happen() -> None:
            self._uses[row.jti] = pass_use_records.after(self._uses.get(row.jti, PassUses()), row)

        return happen

    def _checking(self, row: ScreeningRow) -> Callable[[], None]:
        def happen() -> None:
            known = self._screenings.get(row.holder)
            if known is None or known.version < row.version:
                self._screenings[row.holder] = as_said(row, Screening)

        return happen

    def _all(self, table: type[RowT], since: datetime | None = None) -> Sequence[RowT]:
        columns = sa.inspect(table).local_table.c
        query = sa.select(table).where(columns.site == self._site)
        if "at" in columns:
            query = query.where(columns.at < self._until)
            query = query if since is None else query.where(columns.at >= since)
        return self._session.execute(query).scalars().all()


def _histories(
    session: Session, site: str, topic: Topic, shape: type[Any], name: str, current: dict[str, Any]
) -> dict[str, _Versions[Any]]:
    """Give each fact's versions as administration queued them; one that was said elsewhere, as it stands now."""
    said: dict[str, list[tuple[datetime, Any]]] = {}
    query = sa.select(col(OutboxRow.created_at), col(OutboxRow.data)).where(
        col(OutboxRow.site) == site, col(OutboxRow.topic) == topic.name
    )
    decoder = msgspec.json.Decoder(shape)
    for at, data in session.execute(query.order_by(col(OutboxRow.number))):
        fact = decoder.decode(data)
        said.setdefault(getattr(fact, name), []).append((at, fact))
    for key, fact in current.items():
        said.setdefault(key, [(fact.valid_from, fact)])
    return {key: _Versions(versions) for key, versions in said.items()}


def _presence_before(session: Session, site: str, moment: datetime) -> dict[str, Presence]:
    """Give where everybody of a site was at a moment, by their last passages."""
    table = PassageRow
    last = (
        sa.select(col(table.holder), sa.func.max(col(table.at)).label("at"))
        .where(col(table.site) == site, col(table.at) < moment, col(table.outcome).in_(INSIDE_AFTER))
        .group_by(col(table.holder))
        .subquery()
    )
    query = (
        sa.select(table)
        .join(last, (col(table.holder) == last.c.holder) & (col(table.at) == last.c.at))
        .where(col(table.site) == site, col(table.outcome).in_(INSIDE_AFTER))
    )
    rows = session.execute(query).scalars()
    return {row.holder: Presence(INSIDE_AFTER[row.outcome], row.id, row.at) for row in rows if row.holder is not None}


def _reads(session: Session, site: str, since: datetime, until: datetime) -> Sequence[Any]:
    table = CredentialReadRow
    columns: list[Any] = [
        table.id, table.at, table.gate, table.reader, table.direction, table.credential, table.technology, table.bits,
        table.answer_by, table.pass_fault,
    ]  # fmt: skip
    within = (col(table.site) == site) & (col(table.at) >= since) & (col(table.at) < until)
    return session.execute(sa.select(*columns).where(within)).all()


def _read(row: Sequence[Any]) -> CredentialRead:
    return CredentialRead(
        gate=row[2],
        reader=row[3],
        direction=row[4],
        credential=row[5],
        technology=row[6],
        bits=row[7],
        answer_by=row[8],
        pass_fault=row[9],
    )


def _acts(session: Session, site: str, since: datetime, until: datetime) -> dict[str, list[Act]]:
    table = GateActRow
    columns: list[Any] = [
        table.read, table.at, table.decided_by, table.verdict, table.reason, table.values, table.policy_version,
        table.policy_age_s, table.grant, table.waited_ms,
    ]  # fmt: skip
    within = (col(table.site) == site) & (col(table.at) >= since) & (col(table.at) < until + _ACTED_WITHIN)
    found: dict[str, list[Act]] = {}
    for row in session.execute(sa.select(*columns).where(within).order_by(col(table.at))):
        found.setdefault(row[0], []).append(Act(*row[1:]))
    return found


_ACTED_WITHIN = timedelta(hours=1)
"""A question that a guard answers is acted on later than it was asked."""
