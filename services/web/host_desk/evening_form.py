"""A parents' evening, read from its form. Pure."""

from typing import cast

from starlette.datastructures import FormData

from services.store.visits.evenings import LINES_AT_MOST, SEATS, Evening, OpenTo
from services.store.visits.names import plain
from services.web.host_desk.answering import texts, ticked
from services.web.host_desk.desk import Desk
from services.web.host_desk.spans import day_of
from services.web.host_desk.terms import ENTRIES, entrances_of
from services.web.visitor_portal import fields
from services.web.visitor_portal.fields import Wrong

OPEN_TO: dict[str, str] = {
    "parents": "evening.open_to.parents",
    "pupils": "evening.open_to.pupils",
    "everyone": "evening.open_to.everyone",
}
SHOWN = ("title", "date", "from", "until", "open_to", "names", "seats", "entries")
_TITLE = fields.needed_text("evening.wrong.title", fields.NAME)


def evening_of(form: FormData, desk: Desk) -> Evening | dict[str, Wrong]:
    """Read an evening, or give what is wrong by field."""
    typed = texts(form)
    title, open_to, entries = _TITLE(typed.get("title", "")), typed.get("open_to", ""), typed.get("entries", "")
    span = day_of(typed, desk.here.policy.utc_offset_min, desk.now)
    entrances = entrances_of(ticked(form, "entrance"), desk.here.policy)
    names = names_of(typed.get("names", "")) if open_to in SEATS else []
    seats = seats_of(typed.get("seats", "")) if open_to == "everyone" else 0
    read = {"title": title, "names": names, "seats": seats, "entrance": entrances}
    wrong = {name: value for name, value in read.items() if isinstance(value, Wrong)}
    wrong |= span if isinstance(span, dict) else {}
    wrong |= {"open_to": Wrong("host.wrong.choice")} if open_to not in OPEN_TO else {}
    wrong |= {"entries": Wrong("host.wrong.choice")} if entries not in ENTRIES else {}
    if wrong or isinstance(span, dict):
        return wrong
    return Evening(
        evening=typed.get("evening", ""),
        title=str(title),
        host_text=desk.host.name if desk.host else desk.here.policy.name,
        host=desk.host.host if desk.host else None,
        open_to=cast("OpenTo", open_to),
        names=cast("list[str]", names),
        seats=cast("int", seats),
        begins_at=span.begins,
        ends_at=span.ends,
        entries="multiple" if entries == "multiple" else "single",
        entrances=cast("list[str] | None", entrances),
    )


def names_of(raw: str) -> list[str] | Wrong:
    """Read a list of names, one a line; numbers and marks with which lists begin their lines go. A name that is no name
    is told with its line.
    """
    lines = [(number, _bare(line)) for number, line in enumerate(raw.splitlines(), 1) if plain(line)]
    if not lines:
        return Wrong("evening.wrong.names")
    if len(lines) > LINES_AT_MOST:
        return Wrong("evening.wrong.many", {"most": LINES_AT_MOST, "count": len(lines)})
    read = [(number, fields.person_name(line)) for number, line in lines]
    bad = next((number for number, name in read if isinstance(name, Wrong)), None)
    return Wrong("evening.wrong.line", {"line": bad}) if bad is not None else [str(name) for _, name in read]


def seats_of(raw: str) -> int | Wrong:
    """Read how many may register where there is no list."""
    text = plain(raw)
    right = text.isdecimal() and len(text) <= len(str(LINES_AT_MOST)) and 1 <= int(text) <= LINES_AT_MOST
    return int(text) if right else Wrong("evening.wrong.seats", {"most": LINES_AT_MOST})


def _bare(line: str) -> str:
    return plain(line).lstrip("0123456789.)-–•*# ").rstrip(",;. ")
