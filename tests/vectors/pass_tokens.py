"""The corpus of attacks on pass tokens (``pass_tokens.json``): how each is written, and what must come of it.

Written here by hand with libsodium and hmac, so that the tokens do not come from the library that judges them. A vector
has its header and claims as text (duplicate names and all) and who signed them, or its whole text; ``changed`` is done
to it afterwards. What a vector does not say is the file's own.
"""

import base64
import hashlib
import hmac
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
from nacl.bindings import crypto_sign, crypto_sign_BYTES, crypto_sign_seed_keypair

from schemas.site_policy import PassKey

FILE = Path(__file__).parent / "pass_tokens.json"
ORDER = 2**252 + 27742317777372353535851937790883648493
_SIGNERS = {"current": 1, "previous": 2, "stranger": 9}


class PassVector(msgspec.Struct, frozen=True, kw_only=True):
    """One text from a scanner, when it was shown, and what a gate must make of it."""

    name: str
    text: str
    now: datetime
    fault: str | None
    jti: str | None

    def __str__(self) -> str:
        """Name the case, for a test's report."""
        return self.name


class Corpus(msgspec.Struct, frozen=True):
    """The file: whose gate it is, the keys that it believes, the cases."""

    site: str
    keys: list[PassKey]
    vectors: list[PassVector]


def load() -> Corpus:
    """Read the file."""
    told: dict[str, Any] = msgspec.json.decode(FILE.read_bytes())
    keys = [
        PassKey(
            kid=kid,
            public_key=base64.b64encode(public_key(key["seed"])).decode(),
            valid_from=datetime.fromisoformat(key["valid_from"]),
            valid_until=datetime.fromisoformat(key["valid_until"]),
        )
        for kid, key in told["keys"].items()
    ]
    return Corpus(told["site"], keys, [_vector(told, vector) for vector in told["vectors"]])


def seed(number: int) -> bytes:
    """Give a private key that is plainly a test's."""
    return bytes([number]) * 32


def public_key(number: int) -> bytes:
    """Give the public half of ``seed``."""
    return crypto_sign_seed_keypair(seed(number))[0]


def _vector(told: dict[str, Any], vector: dict[str, Any]) -> PassVector:
    return PassVector(
        name=vector["name"],
        text=_text(told, vector),
        now=datetime.fromisoformat(vector.get("now", told["now"])),
        fault=vector["fault"],
        jti=vector["jti"],
    )


def _text(told: dict[str, Any], vector: dict[str, Any]) -> str:
    if "text" in vector:
        return str(vector["text"] * vector.get("times", 1))
    claims = vector.get("claims", told["claims"]) * vector.get("claims_times", 1)
    signed = f"{_part(vector.get('header', told['header']).encode())}.{_part(claims.encode())}"
    signature = _signature(signed, vector.get("signed", "current"))
    changed = vector.get("changed", {})
    if "claims" in changed:
        signed = f"{signed.partition('.')[0]}.{_part(changed['claims'].encode())}"
    text = f"{signed}.{_part(_other_signature(signature, changed))}"
    return _other_text(text, changed)


def _signature(signed: str, by: str) -> bytes:
    match by:
        case "nobody":
            return b""
        case "hs256 with the public key":
            return hmac.digest(public_key(1), signed.encode(), hashlib.sha256)
        case _:
            secret = crypto_sign_seed_keypair(seed(_SIGNERS[by]))[1]
            return bytes(crypto_sign(signed.encode(), secret)[:crypto_sign_BYTES])


def _other_signature(signature: bytes, changed: dict[str, Any]) -> bytes:
    if "signature_bit" in changed:
        return bytes([signature[0] ^ 1 << changed["signature_bit"]]) + signature[1:]
    if "signature_s" in changed:
        s = int.from_bytes(signature[32:], "little") + ORDER
        return signature[:32] + s.to_bytes(32, "little")
    if "signature_bytes" in changed:
        return (signature * 2)[: changed["signature_bytes"]]
    return signature


def _other_text(text: str, changed: dict[str, Any]) -> str:
    parts = text.split(".")
    if "trailing_bits_of" in changed:
        place = changed["trailing_bits_of"]
        alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
        last = alphabet[alphabet.index(parts[place][-1]) ^ 1]
        parts[place] = parts[place][:-1] + last
    text = ".".join(parts)
    if "plus_and_slash" in changed:
        text = text.replace("-", "+").replace("_", "/")
    if "fill_signature_to" in changed:
        text += "A" * (changed["fill_signature_to"] - len(text))
    return str(changed.get("prepend", "")) + text + str(changed.get("append", ""))


def _part(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
