"""The parts of a policy that the page edits: each is shown as a form, and a form that was entered becomes a policy with
its faults. Pure.
"""

from collections.abc import Callable
from datetime import UTC, date, timedelta
from typing import Any, NamedTuple, get_args

import msgspec

from schemas.credential import Category
from schemas.site_policy import (
    AntiPassback,
    CategoryRules,
    Days,
    Escort,
    Measure,
    ScreeningDue,
    SitePolicy,
    Threat,
)
from services.rules.policy_faults import Fault, FaultCode, Path, faults_in
from services.web.administration.entered import Entered, Reading, duration_entered, windows_entered

CATEGORIES: tuple[Category, ...] = get_args(Category)
LEVELS = ("yellow", "orange", "red")
ENTRIES = ("as_usual", "ask", "refuse")
DAY_KINDS = ("closed", "working")
ANTI_PASSBACK, ESCORTS, SCREENINGS = get_args(AntiPassback), get_args(Escort), get_args(ScreeningDue)
_CLOSED = CategoryRules(windows=[], anti_passback="off", admit_staleness_s=86_400.0)


class Section(NamedTuple):
    """One page of the rules: where it is, which template it has, what it is called (a text's key with its values), how
    the policy in force fills its form, and what a form makes of the policy.
    """

    path: str
    template: str
    about: str
    shown: Callable[[SitePolicy], Entered]
    changed: Callable[[Entered, SitePolicy], tuple[SitePolicy, list[Fault]]]
    is_of: Callable[[Path], bool]


def section_of(kind: str, name: str = "") -> Section | None:
    """Give a page by its address; None for one that there is not."""
    if kind == "categories" and name in CATEGORIES:
        return _category_section(name)
    if kind == "measures" and name in LEVELS:
        return _measures_section(name)
    return _WHOLE.get(kind) if not name else None


def proposed(section: Section, entered: Entered, known: SitePolicy) -> tuple[SitePolicy, list[Fault]]:
    """Give the policy that a form makes of the one in force, and what is wrong with its part of it."""
    policy, faults = section.changed(entered, known)
    return policy, [*faults, *(fault for fault in faults_in(policy) if section.is_of(fault.path))]


def _category_section(category: Category) -> Section:
    return Section(
        f"categories/{category}",
        "category",
        f"category.{category}",
        lambda policy: _category_shown(policy.categories.get(category, _CLOSED)),
        lambda entered, policy: _category_changed(category, entered, policy),
        lambda path: path[:2] == ("categories", category),
    )


def _category_shown(rules: CategoryRules) -> Entered:
    pairs = windows_entered("window", rules.windows) + windows_entered("lesson", rules.lessons)
    pairs += [("closed", "yes")] if not rules.windows else []
    pairs += [("open_on_holidays", "yes")] if rules.open_on_holidays else []
    pairs += [("walk_in", "yes")] if rules.walk_in else []
    pairs += [("anti_passback", rules.anti_passback), ("escort", rules.escort), ("screening", rules.screening)]
    pairs += duration_entered("passback_within_s", rules.passback_within_s)
    pairs += duration_entered("admit_staleness_s", rules.admit_staleness_s)
    pairs += duration_entered("refuse_staleness_s", rules.refuse_staleness_s)
    return Entered(pairs + [("entrance", gate) for gate in rules.entrances or []])


def _category_changed(category: Category, entered: Entered, policy: SitePolicy) -> tuple[SitePolicy, list[Fault]]:
    at: Path = ("categories", category)
    known, reading = policy.categories.get(category, _CLOSED), Reading(entered)
    closed = bool(entered.get("closed"))
    windows = [] if closed else reading.windows("window", (*at, "windows"))
    if not closed and not windows and not reading.faults:
        reading.faults.append(Fault(FaultCode.CATEGORY_CLOSED_UNSAID, at))
    chosen: dict[str, Any] = {
        "anti_passback": reading.one_of("anti_passback", ANTI_PASSBACK, at) or known.anti_passback,
        "escort": reading.one_of("escort", ESCORTS, at) or known.escort,
        "screening": reading.one_of("screening", SCREENINGS, at) or known.screening,
    }
    asked_after = reading.duration("admit_staleness_s", (*at, "admit_staleness_s"))
    rules = CategoryRules(
        windows=windows,
        passback_within_s=reading.duration("passback_within_s", (*at, "passback_within_s")),
        admit_staleness_s=known.admit_staleness_s if asked_after is None else asked_after,
        refuse_staleness_s=reading.duration("refuse_staleness_s", (*at, "refuse_staleness_s")),
        open_on_holidays=bool(entered.get("open_on_holidays")),
        entrances=entered.all("entrance") or None,
        walk_in=bool(entered.get("walk_in")),
        lessons=reading.windows("lesson", (*at, "lessons")),
        **chosen,
    )
    return msgspec.structs.replace(policy, categories={**policy.categories, category: rules}), reading.faults


def _calendar_shown(policy: SitePolicy) -> Entered:
    pairs: list[tuple[str, str]] = []
    for number, days in enumerate(policy.calendar):
        name = f"days{number}"
        pairs += [(f"{name}.first", f"{days.first}"), (f"{name}.last", f"{days.last}")]
        pairs += [(f"{name}.kind", days.kind), (f"{name}.name", days.name)]
    return Entered(pairs)


def _calendar_changed(entered: Entered, policy: SitePolicy) -> tuple[SitePolicy, list[Fault]]:
    reading = Reading(entered)
    calendar: list[Days] = []
    for row in entered.rows("days"):
        name, at = f"days{row}", ("calendar", row)
        first = reading.read(f"{name}.first", at, date.fromisoformat, "2026-12-28")
        last = reading.read(f"{name}.last", at, date.fromisoformat, "2027-01-07")
        called = entered.get(f"{name}.name")
        if first is not None:
            kind: Any = reading.one_of(f"{name}.kind", DAY_KINDS, at) or "closed"
            calendar.append(Days(first=first, last=last or first, kind=kind, name=called))
        elif called or last is not None:
            reading.faults.append(Fault(FaultCode.UNREADABLE, at, {"value": called, "example": "2026-12-28"}))
    calendar.sort(key=lambda days: (days.first, days.last))
    return msgspec.structs.replace(policy, calendar=calendar), reading.faults


def _threat_shown(policy: SitePolicy) -> Entered:
    threat = policy.threat
    if threat is None:
        return Entered([("level", "none")])
    offset = timedelta(minutes=policy.utc_offset_min)
    begins, ends = (
        f"{moment.astimezone(UTC) + offset:%Y-%m-%dT%H:%M}" for moment in (threat.valid_from, threat.valid_until)
    )
    return Entered([("level", threat.level), ("begins", begins), ("ends", ends), ("source", threat.source)])


def _threat_changed(entered: Entered, policy: SitePolicy) -> tuple[SitePolicy, list[Fault]]:
    at: Path = ("threat",)
    reading = Reading(entered, policy.utc_offset_min)
    level: Any = reading.one_of("level", ("none", *LEVELS), at) or "none"
    if level == "none":
        return msgspec.structs.replace(policy, threat=None), reading.faults
    begins, ends = reading.moment("begins", at), reading.moment("ends", at)
    if not entered.get("begins"):
        reading.faults.append(Fault(FaultCode.UNREADABLE, at, {"value": "", "example": "2026-11-20T08:00"}))
    if not entered.get("ends"):
        reading.faults.append(Fault(FaultCode.THREAT_WITHOUT_END, at))
    if begins is None or ends is None:
        return policy, reading.faults
    threat = Threat(level=level, valid_from=begins, valid_until=ends, source=entered.get("source"))
    return msgspec.structs.replace(policy, threat=threat), reading.faults


def _measures_section(level: str) -> Section:
    return Section(
        f"measures/{level}",
        "measures",
        f"policy.level.{level}",
        lambda policy: _measures_shown(level, policy),
        lambda entered, policy: _measures_changed(level, entered, policy),
        lambda path: path[:1] == ("measures",),
    )


def _measures_shown(level: Any, policy: SitePolicy) -> Entered:
    pairs: list[tuple[str, str]] = []
    for category in CATEGORIES:
        measure = policy.measures.get(level, {}).get(category, Measure())
        walk_in = "" if measure.walk_in is None else "yes" if measure.walk_in else "no"
        pairs += [(f"{category}.entry", measure.entry), (f"{category}.screening", measure.screening or "")]
        pairs += [(f"{category}.escort", measure.escort or ""), (f"{category}.walk_in", walk_in)]
    return Entered(pairs)


def _measures_changed(level: Any, entered: Entered, policy: SitePolicy) -> tuple[SitePolicy, list[Fault]]:
    reading, at = Reading(entered), ("measures", level)
    table: dict[Category, Measure] = {}
    for category in CATEGORIES:
        entry: Any = reading.one_of(f"{category}.entry", ENTRIES, at) or "as_usual"
        screening: Any = reading.one_of(f"{category}.screening", SCREENINGS, at)
        escort: Any = reading.one_of(f"{category}.escort", ESCORTS, at)
        walk_in = reading.one_of(f"{category}.walk_in", ("yes", "no"), at)
        measure = Measure(
            entry=entry, screening=screening, escort=escort, walk_in=None if walk_in is None else walk_in == "yes"
        )
        if measure != Measure():
            table[category] = measure
    measures = {**policy.measures, level: table}
    return msgspec.structs.replace(
        policy, measures={key: value for key, value in measures.items() if value}
    ), reading.faults


_WHOLE: dict[str, Section] = {
    "calendar": Section(
        "calendar",
        "calendar",
        "policy.field.calendar",
        _calendar_shown,
        _calendar_changed,
        lambda path: path[:1] == ("calendar",),
    ),
    "threat": Section(
        "threat", "threat", "policy.field.threat", _threat_shown, _threat_changed, lambda path: path[:1] == ("threat",)
    ),
}
