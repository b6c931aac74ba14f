"""The ground of one run: settings, keys, facts and reads on a real broker, set apart by a topic prefix.

Every engine is started on the same ground and has the same work: check each read, judge it by the followed facts, keep
the answer, say the decision.
"""

import base64
import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from schemas.credential import Credential
from schemas.credential_read import CredentialRead
from schemas.envelope import DataT, Event
from schemas.outgoing import Outgoing, outgoing
from schemas.site_policy import CategoryRules, GateTrust, SitePolicy, Window
from schemas.topics import CREDENTIAL_READS, CREDENTIALS, SITE_POLICIES, Role
from schemas.trust import Signer, gate_source, service_source
from services.kafka_client import topics_admin
from services.kafka_client.producer import RecordProducer
from services.settings import Configuration

SITES = tuple(f"school-{number:03d}" for number in range(48))
CARDS_A_SITE = 60
UNKNOWN_EVERY = 10
SENT_AT_ONCE = 2_000
WAIT = timedelta(hours=1)
"""How long the bench's gates wait: no read is late, however long a backlog."""


class Ground:
    """Settings in a folder, topics with a prefix, schools with a gate each, cards and reads."""

    def __init__(self, folder: Path, bootstrap: str, prefix: str) -> None:
        """Write keys and settings; nothing is on the broker yet."""
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._gates = {f"{site}-main": Signer(gate_source(f"{site}-main"), _seed(site)) for site in SITES}
        services = {role: Signer(service_source(role), _seed(role)) for role in Role if role is not Role.GATE}
        self._administration = services[Role.ADMINISTRATION]
        keyring = {str(role): [signer.public_key] for role, signer in services.items()}
        (folder / "keyring.json").write_bytes(msgspec.json.encode(keyring))
        (folder / "admission.key").write_text(base64.b64encode(_seed(Role.ADMISSION)).decode(), encoding="ascii")
        self.settings = folder / "qaqpa.toml"
        self.settings.write_text(
            f'[kafka]\nbootstrap = "{bootstrap}"\ntopic_prefix = "{prefix}"\n[trust]\nkeyring = "keyring.json"\n'
            '[admission]\ndata_dir = "data"\nsigning_key = "admission.key"\n',
            encoding="utf-8",
        )
        self.configuration = Configuration.load(self.settings)
        self._placement = self.configuration.placement()
        self._producer = RecordProducer(self.configuration)

    async def lay(self) -> None:
        """Make the topics and let policies and cards lie in them."""
        await topics_admin.apply(self.configuration)
        policies = [
            outgoing(self._administration, SITE_POLICIES, policy, self._placement) for policy in self.policies()
        ]
        cards = [
            outgoing(
                self._administration,
                CREDENTIALS,
                self._fact(f"card/{site}/{number}", site, _card(number)),
                self._placement,
            )
            for site in SITES
            for number in range(CARDS_A_SITE)
        ]
        await self.send([*policies, *cards])

    def policies(self) -> list[Event[SitePolicy]]:
        """Give the schools' policies, which make their gates known."""
        return [
            self._fact(f"policy/{site}", site, _policy(self._gates[f"{site}-main"].public_key, site)) for site in SITES
        ]

    def read(self, number: int) -> Outgoing:
        """Give a signed read: the gates in turn, a known card but for one in ten."""
        site = SITES[number % len(SITES)]
        gate = f"{site}-main"
        at = datetime.now(UTC)
        known = number % UNKNOWN_EVERY != 0
        card = _card_name(number % CARDS_A_SITE if known else CARDS_A_SITE + number)
        data = CredentialRead(
            gate=gate,
            reader="entry",
            direction="entry",
            credential=card,
            technology="card",
            bits=26,
            answer_by=at + WAIT,
        )
        event = Event(id=f"{gate}:1:{number}", source=gate_source(gate), time=at, site=site, data=data)
        return outgoing(self._gates[gate], CREDENTIAL_READS, event, self._placement)

    async def send(self, records: Sequence[Outgoing]) -> None:
        """Send records and return when the broker has them."""
        for first in range(0, len(records), SENT_AT_ONCE):
            await self._producer.deliver(records[first : first + SENT_AT_ONCE])

    async def close(self) -> None:
        """Close the producer."""
        await self._producer.stop()

    def _fact(self, name: str, site: str, data: DataT) -> Event[DataT]:
        return Event(id=name, source=self._administration.source, time=datetime.now(UTC), site=site, data=data)


def _seed(owner: str) -> bytes:
    return hashlib.sha256(f"bench/{owner}".encode()).digest()


def _card_name(number: int) -> str:
    return f"{number:032x}"


def _card(number: int) -> Credential:
    now = datetime.now(UTC)
    return Credential(
        credential=_card_name(number),
        version=1,
        holder=f"holder-{number}",
        category="staff",
        valid_from=now - timedelta(days=1),
        valid_until=now + timedelta(days=300),
        revoked_at=None,
    )


def _policy(public_key: str, site: str) -> SitePolicy:
    always = [Window(weekdays=list(range(1, 8)), opens_min=0, closes_min=24 * 60)]
    rules = CategoryRules(windows=always, anti_passback="hard", admit_staleness_s=600.0)
    gates = {f"{site}-main": GateTrust(name="main", public_keys=[public_key])}
    return SitePolicy(
        version=1, name=site, utc_offset_min=300, answer_within_ms=300, categories={"staff": rules}, gates=gates
    )
