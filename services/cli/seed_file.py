"""The seed file: a site as its installer writes it (TOML), turned into what administration says. Read strictly."""

import binascii
import re
from datetime import datetime
from pathlib import Path

import msgspec

from schemas.credential import Category, Credential
from schemas.ids import is_slug
from schemas.keyed_hash import credential_hash
from schemas.setting import WrongSetting
from schemas.site_policy import AntiPassback, CategoryRules, GateTrust, SitePolicy, Window
from services.settings import read_key
from services.store.users import UserRole

LANGUAGES = ("kk", "ru", "en")
_CLOCK = re.compile(r"([01]?\d|2[0-4]):([0-5]\d)")
_DAY_MIN = 24 * 60


class _Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


class WindowPart(_Part, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A time of day, ``opens = "07:30"`` within, ``closes = "20:00"`` (or "24:00") not; ISO weekdays, 1 is Monday."""

    weekdays: list[int]
    opens: str
    closes: str

    def said(self) -> Window:
        """Give it as the policy says it."""
        opens, closes = _minute(self.opens), _minute(self.closes)
        if opens >= closes or not set(self.weekdays) <= set(range(1, 8)):
            told = f"policy window {self.opens}-{self.closes} on {self.weekdays}"
            message = f"{told}: must open before it closes, weekdays are 1 (Monday) to 7"
            raise WrongSetting(message)
        return Window(weekdays=sorted(set(self.weekdays)), opens_min=opens, closes_min=closes)


class CategoryPart(_Part, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The rules of one category."""

    windows: list[WindowPart]
    anti_passback: AntiPassback = "off"
    admit_staleness_s: float = 24 * 3600.0


class GatePart(_Part, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A gate: its name, and its public keys as text or as files (relative to the seed file), the newest first."""

    name: str
    public_keys: list[str] = []
    public_key_files: list[str] = []

    def said(self, gate: str, folder: Path) -> GateTrust:
        """Give it as the policy says it; a gate without a key could say nothing and is refused."""
        keys = [
            *self.public_keys,
            *(_text(f"policy.gates.{gate}.public_key_files", folder / file) for file in self.public_key_files),
        ]
        if not is_slug(gate) or not keys:
            message = f"policy.gates.{gate}: needs a name of small Latin letters, digits and hyphens, and a public key"
            raise WrongSetting(message)
        return GateTrust(name=self.name, public_keys=keys)


class PolicyPart(_Part, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The rules of a site."""

    name: str
    utc_offset_min: int = 300
    answer_within_ms: int = 300
    categories: dict[Category, CategoryPart]
    gates: dict[str, GatePart]

    def said(self, folder: Path) -> SitePolicy:
        """Give the policy; administration counts its version."""
        return SitePolicy(
            version=0,
            name=self.name,
            utc_offset_min=self.utc_offset_min,
            answer_within_ms=self.answer_within_ms,
            categories={
                category: CategoryRules(
                    windows=[window.said() for window in rules.windows],
                    anti_passback=rules.anti_passback,
                    admit_staleness_s=rules.admit_staleness_s,
                )
                for category, rules in self.categories.items()
            },
            gates={gate: part.said(gate, folder) for gate, part in self.gates.items()},
        )


class Card(_Part, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A card: how many bits a reader gives, and the bits in hex, as the reader gives them."""

    bits: int
    data: str

    def raw(self) -> bytes:
        """Give the bits; raises WrongSetting."""
        try:
            raw = binascii.unhexlify(self.data)
        except (binascii.Error, ValueError) as error:
            message = f"card {self.data[:4]}...: data is not hex"
            raise WrongSetting(message) from error
        if self.bits < 1 or len(raw) != (self.bits + 7) // 8:
            message = f"card {self.data[:4]}...: {self.bits} bits are {(self.bits + 7) // 8} bytes, data has {len(raw)}"
            raise WrongSetting(message)
        return raw

    @staticmethod
    def key(path: Path) -> bytes:
        """Read a site's card key; raises WrongSetting."""
        return read_key("card_key", path)


class PersonPart(_Part, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A person: the reference that records carry, and what the post sees."""

    holder: str
    name: str
    group: str | None = None


class CredentialPart(_Part, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A card in somebody's hand; ``revoked_at`` for one that is not to be used any more."""

    holder: str
    category: Category
    card: Card
    valid_from: datetime
    valid_until: datetime
    revoked_at: datetime | None = None

    def said(self, card_key: bytes) -> Credential:
        """Give the credential, under its keyed hash; administration counts its version."""
        moments = (self.valid_from, self.valid_until, self.revoked_at)
        if any(moment is not None and moment.tzinfo is None for moment in moments):
            message = (
                f"credential of {self.holder}: a moment without its offset, write for example 2026-09-01T00:00:00+05:00"
            )
            raise WrongSetting(message)
        return Credential(
            credential=credential_hash(card_key, self.card.bits, self.card.raw()),
            version=0,
            holder=self.holder,
            category=self.category,
            valid_from=self.valid_from,
            valid_until=self.valid_until,
            revoked_at=self.revoked_at,
        )


class UserPart(_Part, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A user of the pages; the password stands in a file of its own (relative to the seed file)."""

    login: str
    name: str
    role: UserRole
    language: str = "kk"
    post: str | None = None
    email: str | None = None
    phone: str | None = None
    password_file: str

    def password(self, folder: Path) -> str:
        """Read the password; raises WrongSetting."""
        if self.language not in LANGUAGES:
            message = f"user {self.login}: no language {self.language}, use one of {', '.join(LANGUAGES)}"
            raise WrongSetting(message)
        return _text(f"user {self.login}: password_file", folder / self.password_file)


class PolicyFile(msgspec.Struct, frozen=True, kw_only=True):
    """What `qaqpa policy publish` reads: `site` and `[policy]`; a whole seed file will do."""

    site: str
    policy: PolicyPart


def over(known: SitePolicy | None, told: SitePolicy) -> SitePolicy:
    """Give a seed file's policy with all that such a file cannot say as it is in force: a seed that is entered again
    takes back no key of passes, no threat level, and nothing that the director has set.
    """
    if known is None:
        return told
    categories = {
        category: msgspec.structs.replace(
            known.categories.get(category, rules),
            windows=rules.windows,
            anti_passback=rules.anti_passback,
            admit_staleness_s=rules.admit_staleness_s,
        )
        for category, rules in told.categories.items()
    }
    said = ("version", "name", "utc_offset_min", "answer_within_ms", "gates")
    return msgspec.structs.replace(known, categories=categories, **{name: getattr(told, name) for name in said})


class SeedFile(_Part, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole file. ``card_key`` is a file (relative to this one); without credentials none is needed."""

    site: str
    card_key: str | None = None
    policy: PolicyPart
    people: list[PersonPart] = []
    credentials: list[CredentialPart] = []
    users: list[UserPart] = []


def _minute(clock: str) -> int:
    found = _CLOCK.fullmatch(clock)
    minute = int(found[1]) * 60 + int(found[2]) if found else _DAY_MIN + 1
    if minute > _DAY_MIN:
        message = f"policy window: {clock} is not a time of day such as 07:30"
        raise WrongSetting(message)
    return minute


def _text(setting: str, path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except OSError as error:
        message = f"{setting}: {path.name}: {error.strerror}"
        raise WrongSetting(message) from error
