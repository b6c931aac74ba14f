"""Names of events: minted once, at the source, so that a gap shows and a repeat is known.

An id is made from values only; the counters behind it live with whoever mints (a gate's journal, a page's database).
"""

import hashlib
import re

import msgspec

_SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
_COUNT = re.compile(r"[0-9]{1,18}")
_ALARM_ID_CHARACTERS = 26


class EventId(msgspec.Struct, frozen=True, order=True):
    """The id of a record at its source, for everyone who must tell a repeat from news.

    ``source`` is a gate or a service, ``boot`` counts its starts, ``seq`` its records since it was installed.
    """

    source: str
    boot: int
    seq: int

    def __str__(self) -> str:
        """Write it as it travels: ``source:boot:seq``."""
        return f"{self.source}:{self.boot}:{self.seq}"

    @classmethod
    def parse(cls, text: str) -> "EventId":
        """Read ``source:boot:seq``; anything else is a ValueError that names the text."""
        source, _, rest = text.partition(":")
        boot, _, seq = rest.partition(":")
        if not is_slug(source) or not _COUNT.fullmatch(boot) or not _COUNT.fullmatch(seq):
            message = f"not an event id: {text[:80]!r}"
            raise ValueError(message)
        return cls(source, int(boot), int(seq))


def is_slug(text: str) -> bool:
    """Tell whether a text may name a site, a gate, a reader or a post: small Latin letters, digits, hyphens."""
    return _SLUG.fullmatch(text) is not None


def decision_id(read: str) -> str:
    """Name the one online decision of a read, so that a replay decides under the same name."""
    return f"decision/{read}"


def grant_id(read: str) -> str:
    """Name the one opening that a read may cause; drivers are idempotent by it."""
    return f"grant/{read}"


def alarm_id(rule: str, site: str, subject: str, window: str) -> str:
    """Name an alarm so that a kill, a rebalance and a replay raise it once.

    ``subject`` is what it is about (a gate, a button, a credential), ``window`` the id of the first event of the burst:
    after an alarm has been closed, the next event opens a new window and so a new alarm.
    """
    text = f"{rule}\n{site}\n{subject}\n{window}"
    return "alarm-" + hashlib.sha256(text.encode()).hexdigest()[:_ALARM_ID_CHARACTERS]


def panic_alarm_id(site: str, button: str, event: str) -> str:
    """Name the alarm that a panic press already is, for pages and police link that show it before alarming has
    spoken.
    """
    return alarm_id("panic", site, button, event)
