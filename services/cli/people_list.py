"""``qaqpa list``: a school's lists of people who must not simply be let in. No name is printed: a terminal is looked at
over shoulders, and is kept in files.
"""

import hashlib
from pathlib import Path
from typing import Annotated

import typer
from sqlmodel import Session

from services.cli.console import Refusal, SettingsFile, SiteName, operator, out
from services.cli.csv_file import content_of, lines_told
from services.cli.opened import opened_store
from services.i18n.words import Language, words_in
from services.settings import Configuration, VisitSettings
from services.store import match_decisions
from services.store.clock import now
from services.store.lists import entries
from services.store.lists.entries import Entry
from services.store.local_time import zone_of
from services.store.people import by_holders
from services.store.visits.seals import Seals
from services.web.duty_desk.listed import entry_of
from services.web.shared.csv_lines import lines_of

NEEDED = frozenset({"kind", "name", "basis", "basis_on", "until"})
COLUMNS = NEEDED | {"name_2", "name_3", "iin", "pupil"}
_ENTRY_DIGITS = 16
_MINUTE_S = 60

app = typer.Typer(name="list", no_args_is_help=True, help="Ban and custody lists.")


@app.command(name="import")
def import_file(
    settings: SettingsFile,
    site: SiteName,
    file: Annotated[
        Path,
        typer.Argument(help="CSV with the columns kind (ban, custody), name, basis, basis_on, until (YYYY-MM-DD)."),
    ],
) -> None:
    """Enter a school's list; what has been entered from the same line before stays as it is."""
    seals = _seals(settings)
    with lines_told(file):
        lines = lines_of(content_of(file), NEEDED, COLUMNS)

    def act(session: Session) -> int:
        offset = zone_of(session, site).utcoffset(None)
        offset_min = int(offset.total_seconds() // _MINUTE_S)
        told = [_entry(session, site, f"{file}:{number}", line, offset_min, seals) for number, line in lines]
        fresh = [entry for entry in told if entries.one(session, site, entry.entry) is None]
        rows = [entries.enter(session, site=site, told=entry, by=operator(), at=now()) for entry in fresh]
        match_decisions.look_again(session, site, rows, now())
        return len(rows)

    with opened_store(settings) as store:
        entered = store.write_now(act)
    out.print(f"{site}: {entered} of {len(lines)} entered")


@app.command()
def show(settings: SettingsFile, site: SiteName) -> None:
    """Tell what is on a site's lists, without names: those are on the duty administrator's page."""
    with opened_store(settings) as store:
        rows = store.read_now(lambda session: entries.all_of(session, site))
    for row in rows:
        standing = "holds" if row.holds(now()) else "over"
        out.print(f"{row.entry}  {row.kind}  {standing}  until {row.until:%Y-%m-%d}  spellings {len(row.names)}")
    out.print(f"{site}: {sum(row.holds(now()) for row in rows)} of {len(rows)} entries hold")


def _entry(
    session: Session, site: str, where: str, line: dict[str, str], offset_min: int, seals: Seals | None
) -> Entry:
    """Read a line; its entry is named by what it says, so that a file taken twice enters nobody twice."""
    if line.get("iin") and seals is None:
        message = f"{where}: an IIN is kept as a hash, which needs [visits] in the settings; leave iin empty"
        raise Refusal(message)
    same = "\n".join((site, *(line.get(name, "") for name in ("kind", "name", "pupil", "basis", "basis_on"))))
    entry = f"entry-{hashlib.sha256(same.encode()).hexdigest()[:_ENTRY_DIGITS]}"
    typed = {**line, "name_1": line["name"], "entry": entry}
    told = entry_of(typed, site=site, offset_min=offset_min, seals=seals, now=now())
    if isinstance(told, Entry) and told.pupil and not by_holders(session, site, {told.pupil}):
        told = "lists.wrong.pupil"
    if isinstance(told, str):
        message = f"{where}: {words_in(Language.EN).say(told)}"
        raise Refusal(message)
    return told


def _seals(settings: Path) -> Seals | None:
    configuration = Configuration.load(settings)
    if configuration.settings.visits is None:
        return None
    return Seals(configuration.secret("visits.key", configuration.section("visits", VisitSettings).key))
