"""A scan as a read: the pass that it names and what is wrong with it, whatever a scanner can send. Pure.

What names no pass is known by a keyed hash of its bytes, so that a held code is one read and no text is kept. A scanner
that types like a keyboard, under a Russian or Kazakh layout, sends Cyrillic letters: that is recognised and told, so
that somebody mends the layout instead of doubting the visitor.
"""

from datetime import datetime

import msgspec

from schemas.credential_read import PassFault
from schemas.keyed_hash import credential_hash
from schemas.pass_token import credential_of, shown
from schemas.site_policy import SitePolicy

_LATIN = "qwertyuiopasdfghjklzxcvbnm"
_CYRILLIC = "йцукенгшщзфывапролдячсмить"
_SAME_KEYS = str.maketrans(
    _CYRILLIC + _CYRILLIC.upper() + "ю" + '"әіңғ,.үұқөӨ', _LATIN + _LATIN.upper() + "." + "1234567890-_"
)
"""What a key gives under both layouts -> what it gives under a Latin one; the digits' row is Kazakh."""

_LETTERS = frozenset(_LATIN + _LATIN.upper() + "0123456789-_")
_PARTS = 3
_HEADER_BEGINS = "eyJ"


class ShownPass(msgspec.Struct, frozen=True):
    """What a scan says: the ``credential`` of its read, the fault of the token, and whether a keyboard layout
    spoiled it.
    """

    credential: str
    fault: PassFault | None
    spoiled_by_layout: bool


def shown_pass(data: bytes, site: str, policy: SitePolicy | None, card_key: bytes, now: datetime) -> ShownPass:
    """Judge a scan with the pass keys of the policy (none known: no key is), at a moment."""
    text = _text(data)
    found = shown(text, site, policy.pass_keys if policy else [], now)
    credential = credential_hash(card_key, 0, data) if found.jti is None else credential_of(found.jti)
    return ShownPass(credential, found.fault, found.jti is None and _is_spoiled(text))


def _text(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("cp1251", errors="replace")


def _is_spoiled(text: str) -> bool:
    typed = text.translate(_SAME_KEYS)
    parts = typed.split(".")
    return (
        not text.isascii()
        and typed.startswith(_HEADER_BEGINS)
        and len(parts) == _PARTS
        and all(part and _LETTERS.issuperset(part) for part in parts)
    )
