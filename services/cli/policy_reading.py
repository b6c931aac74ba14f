"""A policy file, for the commands that take one: read over what is in force, its mistakes told as a refusal."""

from pathlib import Path

from schemas.setting import WrongSetting
from schemas.site_policy import SitePolicy
from services.cli.console import Refusal
from services.cli.policy_file import PolicyFile, PolicyMistakes, read_policy
from services.store.database import Store
from services.store.records import site_policies


def read_alone(file: Path, known: SitePolicy | None = None) -> PolicyFile:
    """Read a policy file; raises WrongSetting for a file that is not there, and Refusal with every mistake."""
    try:
        return read_policy(file.read_text(encoding="utf-8"), file.resolve().parent, known)
    except OSError as error:
        message = f"{file}: {error.strerror}"
        raise WrongSetting(message) from error
    except UnicodeDecodeError as error:
        message = f"{file}: not a text in UTF-8"
        raise WrongSetting(message) from error
    except PolicyMistakes as error:
        count = f"{len(error.told)} mistakes" if len(error.told) > 1 else "a mistake"
        message = "\n  ".join([f"{file}: {count}", *map(str, error.told)])
        raise Refusal(message) from error


def read_over(store: Store, file: Path, site: str | None = None) -> tuple[PolicyFile, SitePolicy | None]:
    """Read a policy file with what holds at its site; a file of another site than ``site`` is a Refusal."""
    named = read_alone(file).site
    if site is not None and named != site:
        message = f"{file} is of site {named}, not of {site}"
        raise Refusal(message)
    known = store.read_now(lambda session: site_policies.current(session, named))
    return read_alone(file, known), known
