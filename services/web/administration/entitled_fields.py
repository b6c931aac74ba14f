"""What is typed of somebody who may take a pupil, on the page and in a school's own file, and how a whole file is
entered.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import cast

from sqlmodel import Session

from services.store.people import by_holders
from services.store.releases import entitled
from services.store.releases.entitled import RELATIONS, Entitled, Relation
from services.store.visitors_journal.walk_ins import DOCUMENT_KINDS
from services.web.administration.host_fields import LANGUAGES, language
from services.web.shared.csv_lines import LINES_AT_MOST, Line, WrongLine, check_codes, lines_of
from services.web.visitor_portal import fields
from services.web.visitor_portal.fields import Read, Wrong

DOCUMENTS: tuple[str, ...] = tuple(kind for kind in DOCUMENT_KINDS if kind != "none")
FIELDS = ("name", "relation", "document_kind", "document_tail", "phone", "email", "language", "tell")
NEEDED = ("pupil", "name", "relation")
COLUMNS = (*NEEDED, "document_kind", "document_tail", "phone", "email", "language", "tell")
_ABROAD = re.compile(r"\+(?!7[67])[1-9][0-9]{7,14}")
_CODES = {
    "relation": RELATIONS,
    "document_kind": ("", *DOCUMENT_KINDS),
    "language": ("", *LANGUAGES),
    "tell": ("", "no", "yes"),
}


def entitled_of(typed: Mapping[str, str], pupil: str) -> Entitled | dict[str, Wrong]:
    """Read somebody; what cannot be taken is told by field."""
    name, kind, phone, email = (typed.get(field, "").strip() for field in ("name", "document_kind", "phone", "email"))
    kind = "" if kind == "none" else kind
    read: dict[str, Read] = {
        "name": fields.person_name(name) if name else Wrong("entitled.wrong.name"),
        "relation": fields.choice(frozenset(RELATIONS), "entitled.wrong.relation")(typed.get("relation", "")),
        "document_kind": fields.choice(frozenset(("", *DOCUMENTS)), "entitled.wrong.document")(kind),
        "document_tail": fields.document_tail(typed.get("document_tail", "")),
        "phone": _phone(phone) if phone else "",
        "email": fields.email(email) if email else "",
        "language": language(typed.get("language", "")),
    }
    if bool(read["document_kind"]) != bool(read["document_tail"]):
        read["document_tail"] = Wrong("entitled.wrong.document")
    tell = typed.get("tell") == "yes"
    if tell and not (phone or email):
        read["phone"] = Wrong("entitled.wrong.reach")
    wrong = {field: told for field, told in read.items() if isinstance(told, Wrong)}
    if wrong:
        return wrong
    known = {field: str(value) for field, value in read.items()}
    return Entitled(
        pupil=pupil,
        name=known["name"],
        relation=cast("Relation", known["relation"]),
        document_kind=known["document_kind"] or None,
        document_tail=known["document_tail"] or None,
        phone=known["phone"] or None,
        email=known["email"] or None,
        language=known["language"],
        tell=tell,
    )


def people_in(content: bytes, most: int = LINES_AT_MOST) -> list[tuple[int, Entitled]]:
    """Read a file of people who may take pupils, each with its line. Raises WrongLine."""
    return [(line[0], _one(line)) for line in lines_of(content, NEEDED, COLUMNS, most)]


def take_people(session: Session, *, site: str, listed: Sequence[tuple[int, Entitled]], by: str, at: datetime) -> None:
    """Enter or change the people of a file; a line about somebody whom the school does not know is a WrongLine."""
    pupils = by_holders(session, site, {told.pupil for _, told in listed})
    unknown = next((number for number, told in listed if told.pupil not in pupils), None)
    if unknown is not None:
        raise WrongLine(unknown, "entitled.wrong.pupil")
    for _, told in listed:
        entitled.enter(session, site=site, told=told, by=by, at=at)


def _phone(raw: str) -> Read:
    """Read a number that the school calls: one of this country as people write it, one of another country with its
    code.
    """
    digits = "".join(letter for letter in raw if letter not in " ()-")
    return digits if _ABROAD.fullmatch(digits) else fields.telephone(raw)


def _one(line: Line) -> Entitled:
    number, typed = line
    check_codes(line, _CODES)
    told = entitled_of(typed, typed["pupil"])
    if isinstance(told, Entitled):
        return told
    wrong = next(iter(told.values()))
    raise WrongLine(number, wrong.key, wrong.values)
