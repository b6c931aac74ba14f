"""The keys that a site's passes are signed with: previous, current, next. The public halves are in the site's policy,
the private ones in files of one folder, and nowhere else.

Keys are counted. The newest is the next one: it signs nothing yet, but every gate that hears the policy knows it, so
that a gate that is cut off on the day of the change still believes what is signed after it. The one before signs.
"""

import base64
import os
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import msgspec
from sqlmodel import Session

from schemas.setting import WrongSetting
from schemas.site_policy import PassKey, SitePolicy
from schemas.trust import SEED_BYTES, Signer
from services.settings import read_key
from services.store import administration
from services.store.records import site_policies

OVERLAP = timedelta(days=31)
"""How long a pass is believed after its key was changed: at least as long as the longest pass lives."""

_LASTS = timedelta(days=730)
_PREFIX = "k"
_WITH_NEXT = 2


class SigningKey(NamedTuple):
    """What passes of a site are signed with now."""

    kid: str
    private_key: bytes


class Rotated(NamedTuple):
    """Which key signs now, and those that sign no more: their private halves may go once the change is committed."""

    signing: str
    retired: list[str]


class PassKeys:
    """The folder of private halves: ``SITE/KID.key``, readable by its owner only."""

    def __init__(self, folder: Path) -> None:
        """Take the folder of ``visits.pass_keys``."""
        self._folder = folder

    def signing(self, site: str, policy: SitePolicy) -> SigningKey:
        """Give the current key; a site that has none is a WrongSetting with the command that makes one."""
        kid = current_kid(policy.pass_keys)
        if kid is None:
            message = f"site {site} has no pass keys: run `qaqpa keys rotate --site {site}`"
            raise WrongSetting(message)
        return SigningKey(kid, read_key("visits.pass_keys", self._path(site, kid)))

    def make(self, site: str, kid: str) -> str:
        """Make a private half and give its public one; a file that is there is never overwritten."""
        path = self._path(site, kid)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        seed = secrets.token_bytes(SEED_BYTES)
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError as error:
            message = f"setting visits.pass_keys: {path} is there already; move it away"
            raise WrongSetting(message) from error
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(base64.b64encode(seed).decode() + "\n")
        return Signer(kid, seed).public_key

    def forget(self, site: str, kids: Sequence[str]) -> None:
        """Delete private halves that will sign no more."""
        for kid in kids:
            self._path(site, kid).unlink(missing_ok=True)

    def _path(self, site: str, kid: str) -> Path:
        return self._folder / site / f"{kid}.key"


def current_kid(keys: Sequence[PassKey]) -> str | None:
    """Give the key that signs: the one before the newest."""
    counted = sorted(keys, key=_number)
    return counted[-_WITH_NEXT].kid if len(counted) >= _WITH_NEXT else None


def rotate(session: Session, *, site: str, keys: PassKeys, by: str, at: datetime) -> Rotated:
    """Let the next key sign and make another next one; a site without keys gets both. A site without a policy is a
    LookupError.
    """
    policy = site_policies.current(session, site)
    if policy is None:
        message = f"site {site} has no policy yet: publish one first"
        raise LookupError(message)
    known = [key for key in policy.pass_keys if key.valid_until > at]
    rotated = _retired(known, at)
    while current_kid(rotated) in {None, current_kid(known)}:
        kid = f"{_PREFIX}{max((_number(key) for key in policy.pass_keys), default=0) + 1 + len(rotated) - len(known)}"
        public_key = keys.make(site, kid)
        rotated.append(PassKey(kid=kid, public_key=public_key, valid_from=at, valid_until=at + _LASTS))
    wanted = msgspec.structs.replace(policy, pass_keys=rotated)
    administration.publish_policy(session, site=site, policy=wanted, by=by, at=at)
    signing = current_kid(rotated) or ""
    return Rotated(signing, [key.kid for key in policy.pass_keys if _number(key) < _count(signing)])


def _retired(known: Sequence[PassKey], at: datetime) -> list[PassKey]:
    """Let the key that signed until now be believed for the overlap only."""
    signed = current_kid(known)
    until = at + OVERLAP
    return [
        msgspec.structs.replace(key, valid_until=min(key.valid_until, until)) if key.kid == signed else key
        for key in known
    ]


def _number(key: PassKey) -> int:
    return _count(key.kid)


def _count(kid: str) -> int:
    digits = kid.removeprefix(_PREFIX)
    return int(digits) if digits.isdecimal() else 0
