"""The followed facts on disk and in memory: policies, modes, credentials, passes, checks and releases of the worker's
sites, and how far each partition has been read.

Rows and offsets of a batch are written together, so a kill leaves either both or neither, and following goes on where
it was.
"""

import logging
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from rocksdict import BlockBasedOptions, Cache, Options, Rdict, WriteBatch

from schemas.catalogue import Said
from schemas.credential import Credential
from schemas.envelope import Event, RefusedRecord
from schemas.reasons import Refused
from schemas.release import Release
from schemas.screening import Screening
from schemas.site_mode import SiteMode
from schemas.site_policy import SitePolicy
from schemas.topics import Topic
from schemas.trust import Trust, read_policy
from schemas.visitor_pass import VisitorPass
from services.flow.case import OursFailed
from services.kafka_client.follower import Kept

_POLICY, _MODE, _CREDENTIAL, _PASS, _SCREENING, _RELEASE, _OFFSET = b"p", b"m", b"c", b"v", b"s", b"r", b"o"
_SEPARATOR = b"\0"
_MEMORY_BYTES = 8 * 1024 * 1024
_BLOOM_BITS = 10

_ENCODER = msgspec.msgpack.Encoder()
_CREDENTIALS = msgspec.msgpack.Decoder(Credential)
_PASSES = msgspec.msgpack.Decoder(VisitorPass)
_SCREENINGS = msgspec.msgpack.Decoder(Screening)
_RELEASES = msgspec.msgpack.Decoder(Release)
_MODES = msgspec.msgpack.Decoder(SiteMode)

_Versioned = Credential | VisitorPass | Screening | Release
"""A fact of which a site has many: a row each, on disk only."""

logger = logging.getLogger(__name__)


class RefusedFact(NamedTuple):
    """A record of a facts topic that cannot be believed, for the dead letters."""

    record: Kept
    reason: Refused
    detail: str


class FactStore:
    """What is known about the sites; the highest version of each fact holds, so a repeated or reordered older one
    changes nothing.
    """

    def __init__(self, folder: Path, trust: Trust) -> None:
        """Open the facts in a folder (made when missing) and learn the gates of the policies that are there."""
        folder.mkdir(parents=True, exist_ok=True)
        self._rows = Rdict(str(folder), options=_options())
        self._trust = trust
        self._policies: dict[str, SitePolicy] = {}
        self._modes: dict[str, SiteMode] = {}
        self._checked: set[bytes] = set()
        self._load()

    def policy(self, site: str) -> SitePolicy | None:
        """Give the newest policy of a site."""
        return self._policies.get(site)

    def mode(self, site: str) -> SiteMode | None:
        """Give the mode a site is in."""
        return self._modes.get(site)

    def credential(self, site: str, credential: str) -> Credential | None:
        """Give the newest version of a credential of a site."""
        row = self._row(_key(_CREDENTIAL, site, credential))
        return None if row is None else _CREDENTIALS.decode(row)

    def visitor_pass(self, site: str, jti: str) -> VisitorPass | None:
        """Give the newest version of a pass of a site."""
        row = self._row(_key(_PASS, site, jti))
        return None if row is None else _PASSES.decode(row)

    def screening(self, site: str, holder: str) -> Screening | None:
        """Give the latest check of a holder at a site. Hardly anybody has had one: that is known without the disk."""
        key = _key(_SCREENING, site, holder)
        row = self._row(key) if key in self._checked else None
        return None if row is None else _SCREENINGS.decode(row)

    def release(self, site: str, holder: str) -> Release | None:
        """Give the latest leave of a holder to go out while lessons last."""
        row = self._row(_key(_RELEASE, site, holder))
        return None if row is None else _RELEASES.decode(row)

    def offsets(self, topic: Topic, partitions: Iterable[int]) -> dict[int, int]:
        """Give the next offset to read, of the partitions of a topic that have been followed before."""
        found = {partition: self._rows.get(_key(_OFFSET, topic.name, str(partition))) for partition in partitions}
        return {partition: int(offset) for partition, offset in found.items() if offset is not None}

    def learn(self, records: Sequence[Kept]) -> list[RefusedFact]:
        """Check records and keep what they say with their offsets; gives those that cannot be believed."""
        written = WriteBatch(raw_mode=True)
        refused = []
        fresh: dict[bytes, _Versioned] = {}
        for record in records:
            try:
                event = self._trust.read(record.topic, record.partition, record.value)
                self._keep(event, record, written, fresh)
            except RefusedRecord as error:
                refused.append(RefusedFact(record, error.reason, error.detail))
            except OursFailed:
                raise
            except Exception as error:
                where = (record.topic.name, record.partition, record.offset)
                logger.exception("fact_failed topic=%s partition=%d offset=%d", *where)
                refused.append(RefusedFact(record, Refused.FAULT, type(error).__name__))
            written.put(_key(_OFFSET, record.topic.name, str(record.partition)), str(record.offset + 1).encode())
        self._rows.write(written)
        return refused

    def close(self) -> None:
        """Close the files."""
        self._rows.close()

    def _row(self, key: bytes) -> bytes | None:
        try:
            return self._rows.get(key)
        except Exception as error:
            message = "the followed facts cannot be read"
            raise OursFailed(message) from error

    def _keep(self, event: Event[Said], record: Kept, written: WriteBatch, fresh: dict[bytes, _Versioned]) -> None:
        match event.data:
            case Credential() | VisitorPass() | Screening() | Release() as fact:
                key, known = self._known(event.site, fact)
                known = fresh.get(key, known)
                if known is None or fact.version >= known.version:
                    fresh[key] = fact
                    written.put(key, _ENCODER.encode(fact))
                    if isinstance(fact, Screening):
                        self._checked.add(key)
            case SiteMode() as mode:
                known_mode = self._modes.get(event.site)
                if known_mode is None or mode.version >= known_mode.version:
                    self._modes[event.site] = mode
                    written.put(_key(_MODE, event.site), _ENCODER.encode(mode))
            case SitePolicy() as policy:
                known_policy = self._policies.get(event.site)
                if known_policy is None or policy.version >= known_policy.version:
                    learned = Event(id=event.id, source=event.source, time=event.time, site=event.site, data=policy)
                    self._trust.learn(learned)
                    self._policies[event.site] = policy
                    written.put(
                        _key(_POLICY, event.site), str(record.partition).encode() + _SEPARATOR + (record.value or b"")
                    )

    def _known(self, site: str, fact: _Versioned) -> tuple[bytes, _Versioned | None]:
        """Give a fact's key and what is kept there now."""
        match fact:
            case Credential():
                return _key(_CREDENTIAL, site, fact.credential), self.credential(site, fact.credential)
            case VisitorPass():
                return _key(_PASS, site, fact.jti), self.visitor_pass(site, fact.jti)
            case Screening():
                return _key(_SCREENING, site, fact.holder), self.screening(site, fact.holder)
            case Release():
                return _key(_RELEASE, site, fact.holder), self.release(site, fact.holder)

    def _load(self) -> None:
        """Learn what is on disk. Policies are checked again: the keyring may have changed while nobody looked."""
        rows: Any = self._rows.items()  # bytes, in raw mode
        for key, row in rows:
            kind, _, site = key.partition(_SEPARATOR)
            if kind == _SCREENING:
                self._checked.add(key)
            elif kind == _MODE:
                self._modes[site.decode()] = _MODES.decode(row)
            elif kind == _POLICY:
                partition, _, value = row.partition(_SEPARATOR)
                try:
                    policy = read_policy(self._trust, int(partition), value)
                except RefusedRecord as error:
                    logger.warning("kept_policy_refused site=%s reason=%s", site.decode(), error.reason)
                else:
                    self._policies[policy.site] = policy.data


def _key(kind: bytes, *names: str) -> bytes:
    return _SEPARATOR.join((kind, *(name.encode() for name in names)))


def _options() -> Options:
    options = Options(raw_mode=True)
    options.create_if_missing(True)  # noqa: FBT003  no name is taken here
    options.set_write_buffer_size(_MEMORY_BYTES)
    table = BlockBasedOptions()
    table.set_block_cache(Cache(_MEMORY_BYTES))
    table.set_bloom_filter(_BLOOM_BITS, False)  # noqa: FBT003  no name is taken here
    options.set_block_based_table_factory(table)
    return options
