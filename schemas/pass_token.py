"""The token of a pass: what its QR code says, signed with a key of the site, so that a gate without any network can
tell a true one.

A JSON Web Token (RFC 7519) signed with Ed25519 (RFC 8037) and four short claims, so that it stays within version 12 of
a QR code at level M (287 bytes). Who looks a pass up uses (issuer, ``jti``), never the text: another text can verify
too.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import jwt
import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from jwt.utils import base64url_decode, base64url_encode

from schemas.credential_read import PassFault
from schemas.site_policy import PassKey

ALGORITHM = "EdDSA"
TYPE = "QP"
MAX_CHARACTERS = 287
"""What a QR code of version 12 at level M holds in bytes."""

CREDENTIAL_PREFIX = "pass/"
_JTI_CHARACTERS = 32
_LATEST = 2**32
"""No pass is for the year 2106: a longer life is a mistake or an attack."""


class PassClaims(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a token says: the site that issued it (``iss``), the pass (``jti``), from when (``nbf``) until when
    (``exp``, not within), in seconds since 1970.
    """

    iss: str
    jti: str
    nbf: int
    exp: int


class PassShown(msgspec.Struct, frozen=True):
    """What a gate makes of a token: the pass that it names, and what is wrong with the token itself, if anything."""

    jti: str | None
    fault: PassFault | None


class _Header(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    alg: str
    kid: str
    typ: str


def credential_of(jti: str) -> str:
    """Give the ``credential`` that a read of this pass carries."""
    return CREDENTIAL_PREFIX + jti


def jti_of(credential: str) -> str | None:
    """Give the pass that a read's ``credential`` names; None when it is a card or a PIN."""
    return credential.removeprefix(CREDENTIAL_PREFIX) if credential.startswith(CREDENTIAL_PREFIX) else None


def written(claims: PassClaims, kid: str, private_key: bytes) -> str:
    """Write a token with a private key (32 bytes). What would not fit its QR code is a ValueError."""
    key = Ed25519PrivateKey.from_private_bytes(private_key)
    text = jwt.encode(msgspec.structs.asdict(claims), key, ALGORITHM, {"kid": kid, "typ": TYPE})
    if len(text) > MAX_CHARACTERS:
        message = f"a pass of {len(text)} characters does not fit its QR code ({MAX_CHARACTERS})"
        raise ValueError(message)
    return text


def shown(text: str, site: str, keys: Sequence[PassKey], now: datetime) -> PassShown:
    """Judge a token as it came from a scanner, strictly: its form, key, signature, site and time. Nothing that a
    scanner can send raises.
    """
    claims = _claims(text)
    if isinstance(claims, str):
        return PassShown(None, claims)
    header, said = claims
    key = next((key for key in keys if key.kid == header.kid and key.valid_from <= now < key.valid_until), None)
    if said.iss != site:
        return PassShown(said.jti, "foreign_site")
    if key is None:
        return PassShown(said.jti, "unknown_key")
    if not _is_signed(text, key):
        return PassShown(said.jti, "forged")
    at = int(now.astimezone(UTC).timestamp())
    if at < said.nbf:
        return PassShown(said.jti, "not_yet_valid")
    return PassShown(said.jti, "expired" if at >= said.exp else None)


def _claims(text: str) -> tuple[_Header, PassClaims] | PassFault:
    parts = text.split(".")
    if len(text) > MAX_CHARACTERS or len(parts) != 3 or not text.isascii():  # noqa: PLR2004  header, claims, signature
        return "unreadable"
    try:
        header = msgspec.convert(_object(parts[0]), _Header)
        claims = msgspec.convert(_object(parts[1]), PassClaims)
        _bytes(parts[2])
    except (ValueError, msgspec.ValidationError, RecursionError):
        return "unreadable"
    if header.alg != ALGORITHM or header.typ != TYPE:
        return "forged"
    return (header, claims) if _is_possible(claims) else "unreadable"


def _is_possible(claims: PassClaims) -> bool:
    named = 0 < len(claims.jti) <= _JTI_CHARACTERS and claims.jti.isascii() and claims.jti.isalnum()
    return named and 0 <= claims.nbf < claims.exp < _LATEST


def _object(part: str) -> Mapping[str, Any]:
    """Read a part's JSON object, in UTF-8 only; a name that comes twice is two readings of one token, and refused."""

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            message = "a name comes twice"
            raise ValueError(message)
        return found

    read = json.loads(_bytes(part).decode(), object_pairs_hook=once)
    return read if isinstance(read, dict) else {}


def _bytes(part: str) -> bytes:
    """Decode a part that is written in the one canonical way."""
    raw = base64url_decode(part)
    if base64url_encode(raw).decode() != part:
        message = "not canonical"
        raise ValueError(message)
    return raw


def _is_signed(text: str, key: PassKey) -> bool:
    try:
        public = Ed25519PublicKey.from_public_bytes(base64url_decode(_url_safe(key.public_key)))
        jwt.decode(
            text,
            public,
            algorithms=[ALGORITHM],
            options={"verify_exp": False, "verify_nbf": False, "verify_iat": False, "verify_aud": False},
        )
    except (jwt.InvalidTokenError, ValueError):
        return False
    return True


def _url_safe(text: str) -> str:
    return text.rstrip("=").replace("+", "-").replace("/", "_")
