"""What is made from the visits' key instead of being kept: links, codes, and the hashes under which they are known.

A copy of the database gives nobody a link, a code or an identity number. The same values give the same text, so that a
message that is sent later, or again, says the same.
"""

import hashlib
import hmac
from base64 import urlsafe_b64encode

from services.store.visits.links import Purpose

CODE_DIGITS = 6
PASS_CODE_DIGITS = 8
_LINK_BYTES = 18
_HASH_DIGITS = 32


class Seals:
    """Makes them, with one key."""

    def __init__(self, key: bytes) -> None:
        """Take the 32 secret bytes of ``visits.key``."""
        self._key = key

    def link(self, purpose: Purpose, site: str, visit: str) -> str:
        """Give the text of a visit's link for a purpose: 24 characters that nobody can guess."""
        return urlsafe_b64encode(self._digest(f"link/{purpose}", site, visit)[:_LINK_BYTES]).decode()

    def contact_code(self, site: str, draft: str, contact: str, number: int) -> str:
        """Give the code with which the reader of ``contact`` shows that it is theirs; another one for each number."""
        return self._digits(CODE_DIGITS, "contact-code", site, draft, contact, str(number))

    def is_contact_code(self, told: str, site: str, draft: str, contact: str, number: int) -> bool:
        """Tell whether the code that was typed is the one that was sent."""
        return hmac.compare_digest(self.contact_code(site, draft, contact, number).encode(), told.encode())

    def pass_code(self, site: str, jti: str) -> str:
        """Give the short code that stands for a pass."""
        return self._digits(PASS_CODE_DIGITS, "pass-code", site, jti)

    def drawing_secret(self, site: str) -> bytes:
        """Give the secret with which a site's visits were drawn before draws were kept, for an audit."""
        return self._digest("drawing", site)

    def hashed(self, what: str, site: str, text: str) -> str:
        """Give the hash under which a text of a kind is known at a site; at another site it is another."""
        return self._digest(what, site, text).hex()[:_HASH_DIGITS]

    def contact_hash(self, contact: str) -> str:
        """Give the hash under which messages to a contact are counted: the same at every site, for to somebody who is
        flooded it is one letter-box, whichever schools the letters are of.
        """
        return self._digest("contact", contact.casefold()).hex()[:_HASH_DIGITS]

    def _digits(self, count: int, *what: str) -> str:
        return f"{int.from_bytes(self._digest(*what), 'big') % 10**count:0{count}}"

    def _digest(self, *what: str) -> bytes:
        return hmac.digest(self._key, "\n".join(what).encode(), hashlib.sha256)
