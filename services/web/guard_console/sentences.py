"""Words a record for the guard: a verdict's one word, the one reason, the one thing to do; ages and local times."""

import re
from datetime import datetime, timedelta, timezone

import msgspec

from schemas.gate_act import GateAct
from schemas.reasons import Reason, Verdict
from services.i18n.words import Words

_MOMENT = re.compile(r"(?P<year>\d{4})-(?P<month>\d\d)-(?P<day>\d\d) (?P<clock>\d\d:\d\d)")
_MINUTE_S = 60
_HOUR_S = 3600


class Verdicted(msgspec.Struct, frozen=True):
    """A verdict as the guard reads it: ``band`` (go, ask or stop) chooses shape and colour."""

    band: str
    word: str
    why: str
    do: str


BANDS: dict[Verdict, str] = {Verdict.ADMIT: "go", Verdict.ASK: "ask", Verdict.REFUSE: "stop"}


def verdict_words(words: Words, act: GateAct, today: str) -> Verdicted:
    """Word an act; ``today`` is the site's date (YYYY-MM-DD), so that a time of today needs no date."""
    values = {name: _plain(value, today) for name, value in act.values.items()}
    reason = f"reason.{act.reason}"
    why = [f"{reason}.why"]
    if act.reason == Reason.OUTSIDE_WINDOW and not act.values.get("windows"):
        why = [f"{reason}.why.today"]
    do = [f"{reason}.do"]
    if act.verdict == Verdict.ASK and act.category == "pupil" and act.reason != Reason.POLICY_STALE:
        do = [f"{reason}.do.ask", "reason.pupil.do"]
    return Verdicted(
        band=BANDS[act.verdict],
        word=words.first(*_verdict_keys("verdict", act)),
        why=words.say(*why, **values),
        do=words.first(*do, **values),
    )


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
