"""``qaqpa screening audit``: whom the system drew for a check, against the checks done. It names no visitor."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.table import Table
from sqlmodel import Session

from services.cli.console import Refusal, SettingsFile, SiteName, moment_text, out
from services.cli.opened import opened_store
from services.settings import Configuration, VisitSettings
from services.store import local_time
from services.store.clock import now
from services.store.records import site_policies
from services.store.screenings import draw_audit
from services.store.screenings.draw_audit import DrawAudit, Tally, Why
from services.store.visits.seals import Seals

app = typer.Typer(name="screening", no_args_is_help=True, help="Checks of visitors.")

FOUND_STATUS = 1
"""The exit status when a draw does not come out as it was kept."""

_SHOWN = 40
MOST_DAYS = 366
"""How far back an audit goes: draws are kept a little longer (``services/store/visits/draws.py``)."""

_WHY: dict[Why, str] = {
    "drawn_otherwise": "the draw comes out otherwise",
    "rule_otherwise": "its policy says another rule or share",
    "no_draw": "no draw was kept",
}


@app.callback()
def group() -> None:
    """Keep the command below it a subcommand."""


@app.command()
def audit(
    settings: SettingsFile,
    site: SiteName,
    days: Annotated[int, typer.Option(min=1, max=MOST_DAYS, help="How many days back.")] = 30,
    as_json: Annotated[bool, typer.Option("--json", help="Give it as JSON.")] = False,  # noqa: FBT002  an option
) -> None:
    """Draw a site's visitors again and set the draws against the checks done. Exit status 1 when a draw does not come
    out as it was kept.
    """
    until = now()
    secret = _seal_secret(settings, site)

    def ask(session: Session) -> tuple[DrawAudit, timedelta]:
        if site_policies.current(session, site) is None:
            message = f"site {site} has no policy: nobody has been drawn there"
            raise Refusal(message)
        zone = local_time.zone_of(session, site)
        return draw_audit.audit(session, site, until - timedelta(days=days), until, secret), zone.utcoffset(None)

    with opened_store(settings) as store:
        found, offset = store.read_now(ask)
    if as_json:
        out.out(msgspec.json.format(msgspec.json.encode(found)).decode())
    else:
        _tell(found, days, int(offset.total_seconds() // 60))
    if found.otherwise:
        raise typer.Exit(FOUND_STATUS)


def _seal_secret(settings: Path, site: str) -> bytes | None:
    """Give what visits were drawn with before draws were kept, where the site has a portal."""
    configuration = Configuration.load(settings)
    if configuration.settings.visits is None:
        return None
    key = configuration.section("visits", VisitSettings).key
    return Seals(configuration.secret("visits.key", key)).drawing_secret(site)


def _tell(found: DrawAudit, days: int, offset_min: int) -> None:
    registered = sum(tally.registered for tally in found.by_category.values())
    drawn = sum(tally.drawn for tally in found.by_category.values())
    out.print(f"{found.site}: {registered} registrations of {days} days, {drawn} drawn for a check")
    out.print(_tallies("category", found.by_category))
    out.print(_tallies("registered by", found.by_guard))
    _tell_missed(found, offset_min)
    _tell_chosen(found)
    _tell_again(found, offset_min)
    if found.items:
        items = Table("item", "checks", title="Found")
        for code, count in found.items.items():
            items.add_row(code, f"{count}")
        out.print(items)
    _tell_otherwise(found, offset_min)


def _tallies(head: str, tallies: Mapping[str, Tally]) -> Table:
    table = Table(
        head, "registered", "expected", "drawn", "checked", "missed", "not drawn, checked", "refused", "found"
    )
    for name, tally in tallies.items():
        counts = (tally.drawn, tally.checked, tally.missed, tally.chosen, tally.refused, tally.found)
        table.add_row(name, f"{tally.registered}", f"{tally.expected:.1f}", *map(str, counts))
    return table


def _tell_missed(found: DrawAudit, offset_min: int) -> None:
    if not found.missed:
        return
    table = Table("when", "visit", "category", "registered by", "went in", title="Drawn and not checked")
    for missed in found.missed[:_SHOWN]:
        by = f"{missed.registered_by}{', from paper' if missed.from_paper else ''}"
        went_in = "yes" if missed.went_in else "not seen at a gate"
        table.add_row(_moment(missed.at, offset_min), missed.visit, missed.category, by, went_in)
    out.print(table)
    _tell_more(len(found.missed))


def _tell_chosen(found: DrawAudit) -> None:
    if not found.chosen:
        return
    table = Table("checked by", "category", "checks", "of these found", title="Checked and not drawn")
    for chosen in found.chosen[:_SHOWN]:
        table.add_row(chosen.by, chosen.category, f"{chosen.checks}", f"{chosen.found}")
    out.print(table)
    _tell_more(len(found.chosen))


def _tell_again(found: DrawAudit, offset_min: int) -> None:
    if not found.again:
        return
    table = Table("when", "visit", "drawn as", "registered by", title="Drawn, then registered again and not drawn")
    for again in found.again[:_SHOWN]:
        table.add_row(_moment(again.at, offset_min), again.visit, again.before, again.registered_by)
    out.print(table)
    _tell_more(len(found.again))


def _tell_otherwise(found: DrawAudit, offset_min: int) -> None:
    out.print(f"drawn again      {found.agreeing} as they were kept, {len(found.otherwise)} otherwise", markup=False)
    if found.cannot:
        out.print(f"cannot be drawn  {found.cannot}, registered before draws were kept", markup=False)
    for otherwise in found.otherwise[:_SHOWN]:
        at = _moment(otherwise.at, offset_min)
        out.print(f"  {at}  {otherwise.visit}, {otherwise.registered_by}: {_WHY[otherwise.why]}", markup=False)
    _tell_more(len(found.otherwise))


def _tell_more(count: int) -> None:
    if count > _SHOWN:
        out.print(f"and {count - _SHOWN} more: --json gives all of them")


def _moment(at: datetime, offset_min: int) -> str:
    return moment_text(at, offset_min)
