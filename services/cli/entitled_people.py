"""``qaqpa entitled``: who may take a pupil out of the school, from the school's own file."""

from pathlib import Path
from typing import Annotated, cast

import typer
from sqlmodel import Session

from services.cli.console import Refusal, SettingsFile, SiteName, operator, out
from services.cli.csv_file import lines_of
from services.cli.opened import opened_store
from services.cli.seed_file import LANGUAGES
from services.rules.contacts import is_email
from services.store.clock import now
from services.store.people import by_holders
from services.store.releases import entitled
from services.store.releases.entitled import RELATIONS, Entitled, Relation
from services.store.visitors_journal.walk_ins import DOCUMENT_KINDS
from services.store.visits.names import plain

NEEDED = frozenset({"pupil", "name", "relation"})
COLUMNS = NEEDED | {"document_kind", "document_tail", "phone", "email", "language", "tell"}
_TRUTHS = {"": False, "no": False, "yes": True}

app = typer.Typer(name="entitled", no_args_is_help=True, help="Who may take a pupil.")


@app.callback()
def top() -> None:
    """Who may take a pupil."""


@app.command(name="import")
def import_file(
    settings: SettingsFile,
    site: SiteName,
    file: Annotated[Path, typer.Argument(help="CSV with the columns pupil, name, relation, and what else is known.")],
) -> None:
    """Enter who may take pupils; whoever is known by the same name for the same pupil is changed."""
    lines = list(lines_of(file, NEEDED, COLUMNS))

    def act(session: Session) -> None:
        pupils = by_holders(session, site, {line["pupil"] for _, line in lines})
        for number, line in lines:
            if line["pupil"] not in pupils:
                message = f"{file}:{number}: pupil {line['pupil']} is not known at {site}"
                raise Refusal(message)
            told = _entitled(f"{file}:{number}", line)
            entitled.enter(session, site=site, told=told, by=operator(), at=now())

    with opened_store(settings) as store:
        store.write_now(act)
    out.print(f"{site}: {len(lines)} people entered or changed")


def _entitled(where: str, line: dict[str, str]) -> Entitled:
    allowed = {
        "relation": RELATIONS,
        "document_kind": ("", *DOCUMENT_KINDS),
        "language": ("", *LANGUAGES),
        "tell": tuple(_TRUTHS),
    }
    for column, values in allowed.items():
        if line.get(column, "") not in values:
            message = f"{where}: {column} is one of {', '.join(value for value in values if value)}"
            raise Refusal(message)
    phone, email = line.get("phone", "").replace(" ", ""), line.get("email", "")
    is_phone = phone.startswith("+") and phone[1:].isascii() and phone[1:].isdigit()
    if not plain(line["name"]) or (phone and not is_phone) or (email and not is_email(email)):
        message = f"{where}: needs a name; a telephone is written as +77011234567, an e-mail address with @"
        raise Refusal(message)
    return Entitled(
        pupil=line["pupil"],
        name=plain(line["name"]),
        relation=cast("Relation", line["relation"]),
        document_kind=line.get("document_kind") or None,
        document_tail=line.get("document_tail") or None,
        phone=phone or None,
        email=email or None,
        language=line.get("language") or LANGUAGES[0],
        tell=_TRUTHS[line.get("tell", "")],
    )
