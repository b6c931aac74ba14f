"""``qaqpa policy rehearse``: replay a site's reads under a proposed policy, and list who would have been treated
differently.
"""

import csv
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.progress import track
from rich.table import Table
from sqlmodel import Session

from schemas.site_policy import SitePolicy
from services.cli.console import SettingsFile, SiteName, moment_text, operator, out
from services.cli.opened import opened_store
from services.cli.policy_reading import read_over
from services.rules.decide import Decided, decide
from services.store import audit, past, people
from services.store.clock import now
from services.store.past import PastRead

_SHOWN = 40


class Treated(msgspec.Struct, frozen=True):
    """One read that the proposed policy would have judged differently."""

    past: PastRead
    before: Decided
    after: Decided


def treated_differently(reads: Iterable[PastRead], proposed: SitePolicy) -> Iterator[Treated]:
    """Judge reads by the policy of their time and by the proposed one, with the same facts; an exit is free in both."""
    for shown in reads:
        if shown.read.direction == "exit":
            continue
        before = decide(shown.read, shown.facts, shown.at)
        after = decide(shown.read, msgspec.structs.replace(shown.facts, policy=proposed), shown.at)
        if (before.verdict, before.reason) != (after.verdict, after.reason):
            yield Treated(shown, before, after)


def rehearse(
    *,
    settings: SettingsFile,
    site: SiteName,
    file: Annotated[Path, typer.Argument(help="The proposed policy (YAML).")],
    days: Annotated[int, typer.Option(min=1, max=366, help="How many days back.")] = 30,
    names: Annotated[bool, typer.Option("--names", help="Show names; that they were shown is written down.")] = False,
    csv_file: Annotated[Path | None, typer.Option("--csv", help="Write every one of them into this file.")] = None,
) -> None:
    """Replay the site's reads under a proposed policy, and list who would have been treated differently."""
    until = now()
    since = until - timedelta(days=days)
    with opened_store(settings) as store:
        told, known = read_over(store, file, site)
        proposed = told.over(known)
        begun = time.monotonic()
        count, found = store.read_now(lambda session: _replay(session, site, (since, until), proposed))
        took_s = time.monotonic() - begun
        holders = {treated.after.holder for treated in found if treated.after.holder}
        known_names = store.read_now(lambda session: people.by_holders(session, site, holders)) if names else {}
        if names:
            store.write_now(lambda session: _note(session, site, len(known_names)))
    said = {holder: person.name for holder, person in known_names.items()}
    rate = count / took_s if took_s else 0.0
    out.print(f"{site}: {count} reads of {days} days in {took_s:.1f} s ({rate:.0f} reads/s), {len(found)} differ")
    _tell(found, said, proposed.utc_offset_min)
    if csv_file is not None:
        _write(csv_file, found, said, with_names=names)
        out.print(f"all {len(found)} in {csv_file}", markup=False)


def _replay(
    session: Session, site: str, between: tuple[datetime, datetime], proposed: SitePolicy
) -> tuple[int, list[Treated]]:
    count = past.count_between(session, site, *between)
    reads = track(
        past.reads_between(session, site, *between), "replaying", count, console=Console(stderr=True), transient=True
    )
    return count, list(treated_differently(reads, proposed))


def _note(session: Session, site: str, count: int) -> None:
    audit.note(
        session, site=site, by=operator(), act="rehearsal_names_shown", subject=site, detail={"people": f"{count}"}
    )


def _tell(found: list[Treated], names: dict[str, str], offset_min: int) -> None:
    if not found:
        return
    summary = Table("category", "was", "would be", "reads", "people", title="Who would have been treated differently")
    groups = Counter(_group(treated) for treated in found)
    for group, count in groups.most_common():
        holders = {treated.after.holder for treated in found if _group(treated) == group}
        summary.add_row(*group, f"{count}", f"{len(holders)}")
    out.print(summary)
    listed = Table("when", "gate", "who", "was", "would be")
    for treated in found[:_SHOWN]:
        holder = treated.after.holder or "unknown"
        listed.add_row(
            moment_text(treated.past.at, offset_min),
            treated.past.read.gate,
            names.get(holder, holder),
            _words(treated.before),
            _words(treated.after),
        )
    out.print(listed)
    if len(found) > _SHOWN:
        out.print(f"and {len(found) - _SHOWN} more: --csv FILE writes all of them")


def _group(treated: Treated) -> tuple[str, str, str]:
    return treated.after.category or "unknown", _words(treated.before), _words(treated.after)


def _words(decided: Decided) -> str:
    return f"{decided.verdict} {decided.reason}"


def _write(file: Path, found: list[Treated], names: dict[str, str], *, with_names: bool) -> None:
    with file.open("w", encoding="utf-8", newline="") as text:
        rows = csv.writer(text)
        named = ["name"] if with_names else []
        head = ["at", "read", "gate", "category", "holder", *named]
        rows.writerow([*head, "verdict", "reason", "proposed_verdict", "proposed_reason"])
        for treated in found:
            holder = treated.after.holder or ""
            rows.writerow(
                [
                    treated.past.at.isoformat(),
                    treated.past.id,
                    treated.past.read.gate,
                    treated.after.category or "",
                    holder,
                    *([_plain(names.get(holder, ""))] if with_names else []),
                    *(treated.before.verdict, treated.before.reason, treated.after.verdict, treated.after.reason),
                ]
            )


def _plain(name: str) -> str:
    """Keep a name from being read as a formula by a spreadsheet."""
    return f"'{name}" if name[:1] in {"=", "+", "-", "@", "\t", "\r"} else name
