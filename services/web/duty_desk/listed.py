"""What is typed of somebody who goes on a list, read from the form. Pure."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta, timezone
from typing import get_args

from services.rules.iin import is_iin
from services.store.lists.entries import NAMES_AT_MOST, Entry, EntryKind, is_entry, new_entry
from services.store.visits.names import plain
from services.store.visits.seals import Seals

KINDS: tuple[EntryKind, ...] = get_args(EntryKind)
LONGEST = 200
LASTS_AT_MOST = timedelta(days=18 * 366)
"""The longest that an entry may hold: until a child is of age."""


def entry_of(
    typed: Mapping[str, str], *, site: str, offset_min: int, seals: Seals | None, now: datetime
) -> Entry | str:
    """Read an entry; what cannot be taken is the key of the sentence that says so."""
    zone = timezone(timedelta(minutes=offset_min))
    kind, names, name = typed.get("kind", ""), names_of(typed), typed.get("entry", "")
    iin = "".join(digit for digit in typed.get("iin", "") if not digit.isspace())
    basis, basis_on = plain(typed.get("basis", ""))[:LONGEST], day(typed.get("basis_on", ""))
    until, today = day(typed.get("until", "")), now.astimezone(zone).date()
    if kind not in KINDS:
        return "lists.wrong.kind"
    wrong = {
        "lists.wrong.name": not names,
        "lists.wrong.iin": bool(iin) and not is_iin(iin),
        "lists.wrong.pupil": kind == "custody" and not typed.get("pupil"),
        "lists.wrong.basis": not basis or basis_on is None or basis_on > today,
        "lists.wrong.until": until is None or not today <= until <= today + LASTS_AT_MOST,
    }
    if any(wrong.values()) or basis_on is None or until is None:
        return next(key for key, is_so in wrong.items() if is_so)
    return Entry(
        entry=name if is_entry(name) else new_entry(),
        kind=kind,
        names=names,
        iin_hash=seals.hashed("iin", site, iin) if iin and seals is not None else None,
        pupil=typed["pupil"] if kind == "custody" else None,
        basis=basis,
        basis_on=basis_on,
        until=datetime.combine(until + timedelta(days=1), time(), zone),
    )


def names_of(typed: Mapping[str, str]) -> list[str]:
    """Give the spellings of a name that were typed, each once."""
    told = (plain(typed.get(f"name_{number}", ""))[:LONGEST] for number in range(1, NAMES_AT_MOST + 1))
    return list(dict.fromkeys(name for name in told if any(letter.isalpha() for letter in name)))


def day(text: str) -> date | None:
    """Read a day as a form and a file write it; None for what is none."""
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        return None
