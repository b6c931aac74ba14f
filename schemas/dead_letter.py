"""Dead letter: a record that could not be taken, kept with the reason, so that nothing after it is lost."""

import msgspec

from schemas.reasons import Refused


class DeadLetter(msgspec.Struct, frozen=True, kw_only=True):
    """Where it lay, why it was refused, and its first bytes (base64), for whoever mends its sender.

    ``sha256`` is of the whole value, ``size`` in bytes; ``detail`` says what was wrong, without personal data.
    """

    topic: str
    partition: int
    offset: int
    reason: Refused
    detail: str
    size: int
    sha256: str
    head: str
