"""SIA DC-09 frames, pure: messages to bytes, bytes to frames. Who sends them and when is in ``exchange``.

A frame is ``LF crc length "token"seq Rreceiver Lline #account [data][extended]_stamp CR``. The CRC-16/ARC (4 hex
digits) and the length (4 hex digits) are of what stands between the length and CR, the body. An encrypted body has
``*`` before its token, and AES-CBC (initial vector 0, hex digits) of everything after ``[``, which begins with random
padding up to ``|``.

Events are sent as ``SIA-DCS`` blocks and not as ``ADM-CID`` (Contact ID), although receivers take both: in a SIA-DCS
frame the standard's extended data can say where (``S``, ``L``) and when (``H``) it happened, and ``pysiaalarm``,
against which we test, reads only one such field in an ADM-CID frame.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

SEQUENCES = 9999
"""Sequence numbers run from 0001 to 9999 and begin again."""

MAX_FRAME_BYTES = 1024
"""No frame of ours and no answer is longer: some receivers read once, so many bytes, and put nothing together."""

ACCOUNT = re.compile(r"[0-9A-F]{3,16}")
KEY_BYTES = (16, 24, 32)

_LF, _CR = b"\n", b"\r"
_BLOCK = 16
_HEADER = 8
_POLYNOMIAL = 0xA001
_STAMP = "%H:%M:%S,%m-%d-%Y"
_BODY = re.compile(
    r'"(?P<encrypted>\*?)(?P<token>[A-Z0-9-]{1,20})"(?P<sequence>[0-9]{4})(?P<line>[^#\[\]|]*)(?:\#(?P<account>[0-9A-Fa-f]{3,16}))?\[(?P<rest>.*)',
    re.DOTALL,
)
_REST = re.compile(r"(?P<data>[^\]]*)\](?P<extended>(?:\[[^\[\]]*\])*)(?:_(?P<stamp>[0-9:,-]+))?", re.DOTALL)
_EXTENDED = re.compile(r"\[([A-Z])([^\[\]]*)\]")
_UNSAID = re.compile(r"[^ -Z^-{}~]")
_LONGEST_TEXT = 64


class NotAFrame(Exception):  # noqa: N818  said of bytes from a line
    """Bytes that are no DC-09 frame; the text says why. Such bytes get no answer."""


class Message(NamedTuple):
    """What is to be said to a receiver about one account: a SIA code, or a poll when there is none.

    ``extended`` are pairs of an identifier letter and its text: ``S`` the site, ``L`` the place in it, ``H`` when it
    happened.
    """

    account: str
    code: str | None = None
    extended: tuple[tuple[str, str], ...] = ()


class Frame(NamedTuple):
    """A frame as it was read.

    ``sequence`` 0 is said by a receiver that could not tell which frame it answers; ``stamp`` is UTC.
    """

    token: str
    encrypted: bool
    sequence: int
    account: str | None
    data: str
    extended: tuple[tuple[str, str], ...]
    stamp: datetime | None


def crc16(body: bytes) -> int:
    """Give the CRC-16/ARC of a body."""
    crc = 0
    for byte in body:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ _POLYNOMIAL if crc & 1 else crc >> 1
    return crc


def next_sequence(sequence: int) -> int:
    """Give the number after this one."""
    return sequence % SEQUENCES + 1


def stamp_text(at: datetime) -> str:
    """Write a time as frames do, in GMT."""
    return at.astimezone(UTC).strftime(_STAMP)


def said(text: str) -> str:
    """Make a text safe for extended data: printable ASCII without the frame's own signs, not too long."""
    return _UNSAID.sub("?", text)[:_LONGEST_TEXT]


def build(message: Message, sequence: int, stamp: datetime, key: bytes | None = None, padding: bytes = b"") -> bytes:
    """Write a message as one frame; encrypted when there is a key; then ``padding`` are at least 16 random bytes."""
    data = f"#{message.account}|N{message.code}0" if message.code else ""
    extended = "".join(f"[{letter}{text}]" for letter, text in message.extended)
    rest = f"{data}]{extended}_{stamp_text(stamp)}"
    token = "SIA-DCS" if message.code else "NULL"
    if key is None:
        return framed(f'"{token}"{sequence:04d}R0L0#{message.account}[{rest}')
    return framed(f'"*{token}"{sequence:04d}R0L0#{message.account}[{encrypted(rest, key, padding)}')


def framed(body: str) -> bytes:
    """Put a body between its CRC and length and the frame's ends."""
    raw = body.encode("ascii")
    return b"%b%04X%04X%b%b" % (_LF, crc16(raw), len(raw), raw, _CR)


def encrypted(rest: str, key: bytes, padding: bytes) -> str:
    """Encrypt what follows ``[``: at least 16 hex digits of padding, to whole blocks, then ``|`` and the rest."""
    clear = f"|{rest}".encode("ascii")
    wanted = _BLOCK + -len(clear) % _BLOCK
    pad = padding.hex().encode("ascii")[:wanted]
    if len(pad) < wanted:
        message = f"{wanted} digits of padding are wanted, these bytes give {len(pad)}"
        raise ValueError(message)
    encryptor = Cipher(algorithms.AES(key), modes.CBC(bytes(_BLOCK))).encryptor()
    return (encryptor.update(pad + clear) + encryptor.finalize()).hex().upper()


def parse(raw: bytes, key: bytes | None = None) -> Frame:
    """Read one frame, without its LF and CR; raises NotAFrame."""
    crc, length, body = raw[:4], raw[4:_HEADER], raw[_HEADER:]
    if not re.fullmatch(rb"[0-9A-Fa-f]{8}", crc + length):
        raise NotAFrame("no CRC and length")
    if int(length, 16) != len(body):
        raise NotAFrame(f"{len(body)} bytes, the frame says {int(length, 16)}")
    if int(crc, 16) != crc16(body):
        raise NotAFrame("wrong CRC")
    found = _BODY.fullmatch(body.decode("latin-1"))
    if found is None:
        raise NotAFrame("no token and sequence")
    is_encrypted = bool(found["encrypted"])
    rest = _REST.fullmatch(_decrypted(found["rest"], key) if is_encrypted else found["rest"])
    if rest is None or (is_encrypted and rest["stamp"] is None):
        raise NotAFrame("no data field" if not is_encrypted else "cannot be decrypted with this key")
    return Frame(
        token=found["token"],
        encrypted=is_encrypted,
        sequence=int(found["sequence"]),
        account=found["account"].upper() if found["account"] else None,
        data=rest["data"],
        extended=tuple(_EXTENDED.findall(rest["extended"])),
        stamp=_stamp(rest["stamp"]),
    )


def _decrypted(text: str, key: bytes | None) -> str:
    if key is None:
        raise NotAFrame("encrypted, and there is no key")
    try:
        secret = bytes.fromhex(text)
    except ValueError as error:
        raise NotAFrame("the encrypted part is not hex") from error
    if not secret or len(secret) % _BLOCK:
        raise NotAFrame("the encrypted part is not whole blocks")
    decryptor = Cipher(algorithms.AES(key), modes.CBC(bytes(_BLOCK))).decryptor()
    clear = (decryptor.update(secret) + decryptor.finalize()).decode("latin-1")
    padding, mark, rest = clear.partition("|")
    return (
        rest if mark and "]" not in padding else clear[clear.find("]") :]
    )  # pysiaalarm pads its answers without the mark


def _stamp(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        return datetime.strptime(text, _STAMP).replace(tzinfo=UTC)
    except ValueError:
        return None


class Reassembler:
    """Cuts a stream into frames: whole, in pieces, or with rubbish between them.

    What is no frame is counted in ``refused`` and passed over.
    """

    def __init__(self, key: bytes | None = None) -> None:
        """Read frames, the encrypted ones with this key."""
        self._key = key
        self._kept = b""
        self.refused: list[str] = []

    def feed(self, data: bytes) -> Iterator[Frame]:
        """Take what has arrived and give the frames that it completes."""
        self._kept += data
        while (begin := self._kept.find(_LF)) >= 0:
            self._kept = self._kept[begin:]
            end = self._kept.find(_CR)
            again = self._kept.find(_LF, 1)
            if again > 0 and (again < end or end < 0):
                self._drop(again, "a frame began before the last one ended")
            elif end >= 0:
                raw, self._kept = self._kept[1:end], self._kept[end + 1 :]
                try:
                    yield parse(raw, self._key)
                except NotAFrame as error:
                    self.refused.append(str(error))
            elif len(self._kept) > MAX_FRAME_BYTES:
                self._drop(len(self._kept), "a frame without end")
            else:
                return
        self._kept = b""

    def _drop(self, count: int, why: str) -> None:
        self._kept = self._kept[count:]
        self.refused.append(why)


def accounts_that_are_none(accounts: Sequence[str]) -> list[str]:
    """Give those of the accounts that no frame can carry (3 to 16 hex digits, capitals)."""
    return [account for account in accounts if not ACCOUNT.fullmatch(account)]
