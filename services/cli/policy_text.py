"""A policy written as the file that ``qaqpa policy`` reads: reading it back gives the same policy, in which a category
that it has no rules for is said to be closed.
"""

from typing import Any

import yaml

from schemas.site_policy import CategoryRules, Days, Measure, SitePolicy, Threat, Window
from services.cli.policy_parts import CATEGORIES
from services.rules.policy_times import clock_of, duration_of, offset_text, weekdays_text

_MS_A_S = 1000
_WIDTH = 110


def written(site: str, policy: SitePolicy) -> str:
    """Write a policy as YAML for a site."""
    told: dict[str, Any] = {
        "site": site,
        "name": policy.name,
        "utc_offset": offset_text(policy.utc_offset_min),
        "gates_wait": f"{policy.answer_within_ms} ms",
        "question_after": _length(policy.question_after_s),
        "pass_reserved_for": _length(policy.reserve_s),
    }
    if policy.visitor_capacity is not None:
        told["visitor_capacity"] = policy.visitor_capacity
    told["screening_share"] = f"{round(100 * policy.screening_share, 4):g} %"
    told["categories"] = {
        category: _category(policy.categories[category]) if category in policy.categories else {"closed": True}
        for category in CATEGORIES
    }
    if policy.calendar:
        told["calendar"] = [_days(days) for days in policy.calendar]
    told["threat"] = _threat(policy.threat) if policy.threat else "none"
    if policy.measures:
        told["measures"] = {
            level: {category: _measure(measure) for category, measure in table.items()}
            for level, table in policy.measures.items()
        }
    told["gates"] = {
        gate: {"name": trust.name, "public_keys": list(trust.public_keys)} for gate, trust in policy.gates.items()
    }
    told["pass_keys"] = [
        {
            "kid": key.kid,
            "public_key": key.public_key,
            "from": key.valid_from.isoformat(),
            "until": key.valid_until.isoformat(),
        }
        for key in policy.pass_keys
    ]
    return yaml.safe_dump(told, sort_keys=False, allow_unicode=True, width=_WIDTH)


def _category(rules: CategoryRules) -> dict[str, Any]:
    told: dict[str, Any] = {"windows": [_window(window) for window in rules.windows]} if rules.windows else {}
    if not rules.windows:
        told["closed"] = True
    told["on_holidays"] = "open" if rules.open_on_holidays else "closed"
    told["anti_passback"] = rules.anti_passback
    if rules.passback_within_s is not None:
        told["anti_passback_for"] = _length(rules.passback_within_s)
    told["ask_when_stale_for"] = _length(rules.admit_staleness_s)
    told["refuse_when_stale_for"] = "never" if rules.refuse_staleness_s is None else _length(rules.refuse_staleness_s)
    told["entrances"] = "all" if rules.entrances is None else list(rules.entrances)
    told |= {"escort": rules.escort, "screening": rules.screening, "walk_in": rules.walk_in}
    if rules.lessons:
        told["lessons"] = [_window(window) for window in rules.lessons]
    return told


def _window(window: Window) -> str | dict[str, str]:
    days, time = weekdays_text(window.weekdays), f"{clock_of(window.opens_min)}-{clock_of(window.closes_min)}"
    if window.shift is None and window.late_from_min is None:
        return f"{days} {time}"
    told = {"days": days, "time": time}
    if window.shift is not None:
        told["shift"] = window.shift
    if window.late_from_min is not None:
        told["late_from"] = clock_of(window.late_from_min)
    return told


def _days(days: Days) -> dict[str, str]:
    span = f"{days.first}" if days.first == days.last else f"{days.first}..{days.last}"
    return {"days": span, days.kind: days.name}


def _threat(threat: Threat) -> dict[str, str]:
    return {
        "level": threat.level,
        "from": threat.valid_from.isoformat(),
        "until": threat.valid_until.isoformat(),
        "source": threat.source,
    }


def _measure(measure: Measure) -> dict[str, str | bool]:
    told: dict[str, str | bool] = {"entry": measure.entry}
    for name in ("screening", "escort", "walk_in"):
        if getattr(measure, name) is not None:
            told[name] = getattr(measure, name)
    return told


def _length(seconds: float) -> str:
    if seconds * _MS_A_S % _MS_A_S:
        return f"{seconds * _MS_A_S:g} ms"
    number, unit = duration_of(seconds)
    return f"{number} {unit}s" if unit == "day" and number != "1" else f"{number} {unit}"
