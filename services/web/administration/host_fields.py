"""What is typed of a host, on the page and in a school's own file. Pure."""

from collections.abc import Mapping

from schemas.ids import is_slug
from services.i18n.words import NAMES, Language
from services.store.visits.hosts import Told
from services.store.visits.names import name_key
from services.web.shared.csv_lines import LINES_AT_MOST, Line, WrongLine, check_codes, lines_of
from services.web.visitor_portal import fields
from services.web.visitor_portal.fields import NAME, Read, Wrong

LANGUAGES: dict[str, str] = {code.value: name for code, name in NAMES.items()}
NEEDED = ("name", "email")
COLUMNS = (*NEEDED, "host", "language")
_CODES = {"language": ("", *LANGUAGES)}


def language(raw: str) -> Read:
    """Read in which language somebody is written to; Kazakh where nothing is said."""
    return fields.choice(frozenset(LANGUAGES), "hosts.wrong.language")(raw or Language.KK.value)


def host_of(typed: Mapping[str, str]) -> Told | dict[str, Wrong]:
    """Read a host; what cannot be taken is told by field."""
    email = typed.get("email", "")
    read = {
        "name": fields.needed_text("hosts.wrong.name", NAME)(typed.get("name", "")),
        "email": fields.email(email) if email.strip() else Wrong("hosts.wrong.email"),
        "language": language(typed.get("language", "")),
    }
    wrong = {name: told for name, told in read.items() if isinstance(told, Wrong)}
    if wrong:
        return wrong
    return Told(host=typed.get("host") or None, **{name: str(told) for name, told in read.items()})


def hosts_in(content: bytes, most: int = LINES_AT_MOST) -> list[Told]:
    """Read a file of hosts, in which nobody is twice. Raises WrongLine."""
    found: dict[tuple[str, str], int] = {}
    listed = []
    for line in lines_of(content, NEEDED, COLUMNS, most):
        told = _one(line)
        number, same = line[0], ("", told.host) if told.host else (name_key(told.name), told.email.casefold())
        if same in found:
            raise WrongLine(number, "file.wrong.twice", {"line": found[same]})
        found[same] = number
        listed.append(told)
    return listed


def _one(line: Line) -> Told:
    number, typed = line
    check_codes(line, _CODES)
    if typed.get("host") and not is_slug(typed["host"]):
        raise WrongLine(number, "hosts.wrong.reference")
    told = host_of(typed)
    if isinstance(told, Told):
        return told
    wrong = next(iter(told.values()))
    raise WrongLine(number, wrong.key, wrong.values)
