"""The parts of a policy file: windows, gates, calendar, threat level, measures, pass keys; each is read whatever the
parts before it were.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path as FilePath
from typing import Any, TypeVar, get_args

import yaml

from schemas.credential import Category
from schemas.ids import is_slug
from schemas.site_policy import Days, GateTrust, Measure, PassKey, Threat, Window
from services.cli.policy_marks import Marks, one_of, truth
from services.i18n.policy_words import fault_text
from services.i18n.words import Language, words_in
from services.rules.policy_faults import Fault, FaultCode, Path
from services.rules.policy_times import days_of, minute_of, seconds_of, span_of, weekdays_of

CATEGORIES: tuple[Category, ...] = get_args(Category)
T = TypeVar("T")
LEVELS = ("yellow", "orange", "red")
ESCORT, SCREENING = one_of("none", "host", "staff"), one_of("none", "drawn", "always")


def tell_fault(marks: Marks, fault: Fault, node: yaml.Node) -> None:
    """Keep a fault of the rules as a mistake of the file."""
    marks.tell(node, fault_text(words_in(Language.EN), fault))


def items(marks: Marks, node: yaml.Node | None) -> list[yaml.Node]:
    """Give the items of a list that may be left out."""
    return [] if node is None else marks.each(node)


def listed(marks: Marks, at: Path, node: yaml.Node | None, read: Callable[[Marks, yaml.Node], T | None]) -> list[T]:
    """Read the items of a list, each under its place; what cannot be read is told and left out."""
    found: list[T] = []
    for item in items(marks, node):
        part = read(marks, item)
        if part is not None:
            marks.place((*at, len(found)), item)
            found.append(part)
    return found


def window(marks: Marks, node: yaml.Node) -> Window | None:
    """Read one window, ``mon-fri 07:30-20:00`` or its days, time, shift and late_from by name."""
    if isinstance(node, yaml.ScalarNode):
        return marks.value(node, _short_window, None)
    found = marks.mapping(node, ("days", "time", "shift", "late_from"), ("days", "time"))
    weekdays: list[int] = marks.value(found.get("days"), weekdays_of, [])
    span = marks.value(found.get("time"), span_of, None)
    late, shift = found.get("late_from"), found.get("shift")
    if not weekdays or span is None:
        return None
    return Window(
        weekdays=weekdays,
        opens_min=span[0],
        closes_min=span[1],
        shift=marks.text(shift) if shift else None,
        late_from_min=None if late is None else marks.value(late, minute_of, span[0]),
    )


def gates(marks: Marks, folder: FilePath, node: yaml.Node | None) -> dict[str, GateTrust]:
    """Read the gates with their public keys, as texts or as files relative to ``folder``."""
    found_gates: dict[str, GateTrust] = {}
    if node is None:
        return found_gates
    for gate, part in marks.named(node).items():
        marks.place(("gates", gate), part)
        found = marks.mapping(part, ("name", "public_keys", "public_key_files"), ("name",))
        keys = [marks.text(item) for item in items(marks, found.get("public_keys"))]
        keys += [_key_file(marks, folder, item) for item in items(marks, found.get("public_key_files"))]
        if not is_slug(gate):
            marks.tell(part, f"gate {gate}: a gate's name has small Latin letters, digits and hyphens")
        if not keys:
            marks.tell(part, f"gate {gate} needs public_keys or public_key_files: without a key it could say nothing")
        found_gates[gate] = GateTrust(
            name=marks.value(found.get("name"), str, gate), public_keys=[key for key in keys if key]
        )
    return found_gates


def _key_file(marks: Marks, folder: FilePath, node: yaml.Node) -> str:
    name = marks.text(node)
    try:
        return (folder / name).read_text(encoding="ascii").strip()
    except (OSError, ValueError) as error:
        told = error.strerror if isinstance(error, OSError) else "is no key"
        marks.tell(node, f"{name}: {told}")
        return ""


def days(marks: Marks, node: yaml.Node) -> Days | None:
    """Read closed or working days of the calendar."""
    found = marks.mapping(node, ("days", "closed", "working"), ("days",))
    kind = next((kind for kind in ("closed", "working") if kind in found), None)
    if kind is None or len(found.keys() & {"closed", "working"}) > 1:
        marks.tell(node, "say either `closed: name of the holiday` or `working: why the school works`")
        return None
    span = marks.value(found.get("days"), days_of, None)
    if span is None:
        return None
    return Days(
        first=span[0],
        last=span[1],
        kind="closed" if kind == "closed" else "working",
        name=marks.text(found[kind]),
    )


def threat(marks: Marks, node: yaml.Node | None) -> Threat | None:
    """Read the threat level that was declared; ``none`` ends it."""
    if node is None or (isinstance(node, yaml.ScalarNode) and node.value == "none"):
        return None
    found = marks.mapping(node, ("level", "from", "until", "source"), ("level", "from", "source"))
    level: Any = marks.value(found.get("level"), one_of(*LEVELS), "yellow")
    if "until" not in found:
        tell_fault(marks, Fault(FaultCode.THREAT_WITHOUT_END, ("threat",)), node)
    begins = marks.value(found.get("from"), moment_of, None)
    ends = marks.value(found.get("until"), moment_of, None)
    if begins is None or ends is None:
        return None
    return Threat(level=level, valid_from=begins, valid_until=ends, source=marks.value(found.get("source"), str, "-"))


def measures(marks: Marks, node: yaml.Node | None) -> dict[Any, dict[Category, Measure]]:
    """Read the table of what each level changes for each category."""
    if node is None:
        return {}
    return {
        level: {
            category: _measure(marks, found)  # type: ignore[misc]
            for category, found in marks.mapping(part, CATEGORIES).items()
        }
        for level, part in marks.mapping(node, LEVELS, path=("measures",)).items()
    }


def _measure(marks: Marks, node: yaml.Node) -> Measure:
    found = marks.mapping(node, ("entry", "screening", "escort", "walk_in"))
    entry: Any = marks.value(found.get("entry"), one_of("as_usual", "ask", "refuse"), "as_usual")
    screening: Any = marks.value(found.get("screening"), SCREENING, None)
    escort: Any = marks.value(found.get("escort"), ESCORT, None)
    walk_in = marks.value(found.get("walk_in"), truth, None)
    return Measure(entry=entry, screening=screening, escort=escort, walk_in=walk_in)


def pass_key(marks: Marks, node: yaml.Node) -> PassKey | None:
    """Read a key that passes are signed with."""
    names = ("kid", "public_key", "from", "until")
    found: Mapping[str, yaml.Node] = marks.mapping(node, names, names)
    begins = marks.value(found.get("from"), moment_of, None)
    ends = marks.value(found.get("until"), moment_of, None)
    if begins is None or ends is None or not {"kid", "public_key"} <= found.keys():
        return None
    kid, public_key = (marks.text(found[name]) for name in ("kid", "public_key"))
    return PassKey(kid=kid, public_key=public_key, valid_from=begins, valid_until=ends)


def moment_of(text: str) -> datetime:
    """Read a moment with its offset."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        message = f"{text!r} is not a moment; write it like 2026-11-20T08:00+05:00"
        raise ValueError(message) from error
    if moment.tzinfo is None:
        message = f"{text!r} has no offset; write it like 2026-11-20T08:00+05:00"
        raise ValueError(message)
    return moment


def or_never(text: str) -> float | None:
    """Read a length of time, or never."""
    return None if text == "never" else seconds_of(text)


def _short_window(text: str) -> Window:
    days, space, time = text.strip().partition(" ")
    if not space:
        message = f"{text!r} is not a window; write it like mon-fri 07:30-20:00"
        raise ValueError(message)
    opens, closes = span_of(time)
    return Window(weekdays=weekdays_of(days), opens_min=opens, closes_min=closes)
