"""The keyed hash under which a credential is known: what lies in records and databases opens no gate and names no
card.
"""

import hashlib
import hmac

_DIGITS = 32


def credential_hash(key: bytes, bits: int, data: bytes) -> str:
    """Hash a card's raw bits with the site's key. The number of bits is part of it: the same integer in 26 and in
    37 bits is two cards.
    """
    return hmac.digest(key, bits.to_bytes(2, "big") + data, hashlib.sha256).hex()[:_DIGITS]
