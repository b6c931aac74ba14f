"""Words a record for the guard: a verdict's one word, the one reason, the one thing to do; ages and local times."""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone

import msgspec

from schemas.gate_act import GateAct
from schemas.reasons import Reason, Verdict
from services.i18n.words import Words
from services.rules.decide import ALSO, INSIDE_SINCE
from services.rules.passes import UNSURE

_MOMENT = re.compile(r"(?P<year>\d{4})-(?P<month>\d\d)-(?P<day>\d\d) (?P<clock>\d\d:\d\d)")
_MINUTE_S = 60
_HOUR_S = 3600


class Verdicted(msgspec.Struct, frozen=True):
    """A verdict as the guard reads it: ``band`` (go, ask or stop) chooses shape and colour; ``more`` are the sentences
    of what else its values say.
    """

    band: str
    word: str
    why: str
    do: str
    more: tuple[str, ...]


WORDED = ("level", "escort", "basis", "fault", "mode", "who")
"""Values that are codes, in the order in which they are said; each has words of its own for every code."""

TOLD = ("refusals", INSIDE_SINCE, UNSURE)
"""Values that have a sentence of their own."""

_BARE = {
    Reason.OUTSIDE_WINDOW: ("windows", "reason.outside_window.why.today"),
    Reason.NOT_YET_VALID: ("from", "value.bare.not_yet_valid"),
    Reason.EXPIRED: ("until", "value.bare.expired"),
    Reason.WRONG_ENTRANCE: ("entrances", "value.bare.wrong_entrance"),
}
"""Of reasons whose value may be missing: which it is, and what is said without it."""

BANDS: dict[Verdict, str] = {Verdict.ADMIT: "go", Verdict.ASK: "ask", Verdict.REFUSE: "stop"}


def verdict_words(words: Words, act: GateAct, today: str) -> Verdicted:
    """Word an act; ``today`` is the site's date (YYYY-MM-DD), so that a time of today needs no date."""
    values = {name: _plain(value, today) for name, value in act.values.items()}
    reason = f"reason.{act.reason}"
    value, bare = _BARE.get(act.reason, ("", ""))
    do = [f"{reason}.do"]
    if act.verdict == Verdict.ASK and act.category == "pupil" and act.reason != Reason.POLICY_STALE:
        do = [f"{reason}.do.ask", "reason.pupil.do"]
    return Verdicted(
        band=BANDS[act.verdict],
        word=words.first(*_verdict_keys("verdict", act)),
        why=words.say(bare if bare and not act.values.get(value) else f"{reason}.why", **values),
        do=words.first(*do, **values),
        more=_more(words, values),
    )


def _more(words: Words, values: Mapping[str, str]) -> tuple[str, ...]:
    """Say the values that are codes, those that have a sentence, and the further reasons that one answer answers."""
    said = [words.say(f"value.{name}.{values[name]}") for name in WORDED if name in values]
    said += [words.say(f"value.{name}", **values) for name in TOLD if name in values]
    if ALSO in values:
        reasons = ", ".join(words.say(f"value.also.{code}") for code in values[ALSO].split(","))
        said.append(words.say("value.also", reasons=reasons))
    return tuple(said)


def lane_word(words: Words, act: GateAct) -> str:
    """Give the short word for a list: as the verdict's, in small letters."""
    return words.first(*_verdict_keys("lane", act))


def _verdict_keys(kind: str, act: GateAct) -> tuple[str, ...]:
    return (f"{kind}.{act.verdict}.{act.direction}", f"{kind}.{act.verdict}")


def _plain(value: str, today: str) -> str:
    """Write a record's moments as people do: ``14:05`` today, else ``02.09.2026 14:05``; ranges with a dash of
    their own.
    """

    def moment(found: re.Match[str]) -> str:
        if found[0].startswith(today):
            return found["clock"]
        return f"{found['day']}.{found['month']}.{found['year']} {found['clock']}"

    return _MOMENT.sub(moment, value).replace("-", "–")


def clock(at: datetime | None, zone: timezone, now: datetime) -> str:
    """Give a time of day with seconds, and the date when it is not today's; a dash when there is none."""
    if at is None:
        return "—"
    local = at.astimezone(zone)
    return local.strftime("%H:%M:%S" if local.date() == now.astimezone(zone).date() else "%d.%m.%Y %H:%M")


def age(since: datetime, now: datetime) -> str:
    """Give how long ago something was, as a stopwatch shows it: ``0:21``, ``12:05``, ``3:00:10``."""
    seconds = max(0, int((now - since).total_seconds()))
    hours, rest = divmod(seconds, _HOUR_S)
    minutes, second = divmod(rest, _MINUTE_S)
    return f"{hours}:{minutes:02d}:{second:02d}" if hours else f"{minutes}:{second:02d}"


def minutes(seconds: float) -> int:
    """Give whole minutes, for an age in a sentence."""
    return int(timedelta(seconds=seconds).total_seconds() // _MINUTE_S)
