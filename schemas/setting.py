"""What an operator says in a configuration file, read strictly: a missing or misspelt setting is named, with the
nearest true name.
"""

import difflib
import re
import tomllib
from typing import TypeVar

import msgspec

SettingsT = TypeVar("SettingsT", bound=msgspec.Struct)

_UNKNOWN = re.compile(r"unknown field `(?P<name>[^`]+)`(?: - at `\$\.?(?P<path>[^`]*)`)?")
_MISSING = re.compile(r"missing required field `(?P<name>[^`]+)`(?: - at `\$\.?(?P<path>[^`]*)`)?")
_WRONG = re.compile(r"(?P<what>.*) - at `\$\.?(?P<path>[^`]*)`")

EXIT_STATUS = 2
"""With which a process stops when its settings are wrong: starting it again without mending them is no use."""


class WrongSetting(Exception):  # noqa: N818  the operator's mistake, a value to print, not our fault
    """A configuration file cannot be used; the text names the setting and says what to do."""


def parse(text: str, shape: type[SettingsT]) -> SettingsT:
    """Read TOML into a settings struct (declared with ``forbid_unknown_fields``); raises WrongSetting."""
    try:
        return msgspec.convert(tomllib.loads(text), shape, strict=True)
    except tomllib.TOMLDecodeError as error:
        message = f"not TOML: {error}"
        raise WrongSetting(message) from error
    except msgspec.ValidationError as error:
        raise WrongSetting(_explain(str(error), shape)) from error


def _explain(error: str, shape: type[msgspec.Struct]) -> str:
    if found := _UNKNOWN.search(error):
        name = _dotted(found)
        near = difflib.get_close_matches(name, sorted(_names(shape)), n=1, cutoff=0.6)
        return f"unknown setting {name}" + (f": did you mean {near[0]}?" if near else "")
    if found := _MISSING.search(error):
        return f"missing setting {_dotted(found)}"
    if found := _WRONG.search(error):
        return f"setting {found['path']}: {found['what']}"
    return error


def _dotted(found: re.Match[str]) -> str:
    return f"{found['path']}.{found['name']}" if found["path"] else found["name"]


def _names(shape: type[msgspec.Struct], before: str = "") -> set[str]:
    names = set()
    for field in msgspec.structs.fields(shape):
        names.add(before + field.encode_name)
        for part in getattr(field.type, "__args__", (field.type,)):
            if isinstance(part, type) and issubclass(part, msgspec.Struct):
                names |= _names(part, f"{before}{field.encode_name}.")
    return names
