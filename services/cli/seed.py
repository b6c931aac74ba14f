"""``qaqpa seed``: enter a site from a file. Repeating it changes only what differs."""

from pathlib import Path
from typing import Annotated, NamedTuple

import typer
from sqlmodel import Session

from schemas.credential import Credential
from schemas.ids import is_slug
from schemas.setting import WrongSetting, parse
from schemas.site_policy import SitePolicy
from services.cli.console import SettingsFile, operator, out
from services.cli.opened import opened_store
from services.cli.seed_file import Card, PersonPart, SeedFile, UserPart, over
from services.store import administration, people, users
from services.store.records import site_policies

app = typer.Typer(help="Enter a site from a file.")


class _Site(NamedTuple):
    name: str
    policy: SitePolicy
    people: list[PersonPart]
    credentials: list[Credential]
    users: list[tuple[UserPart, str]]


@app.command()
def seed(settings: SettingsFile, file: Annotated[Path, typer.Argument(help="The seed file (TOML).")]) -> None:
    """Enter a site: its policy with gates, people, credentials and users. Repeating it changes only what differs."""
    site = _read(file)
    with opened_store(settings) as store:
        try:
            told = store.write_now(lambda session: _enter(session, site))
        except ValueError as error:
            message = f"{file}: {error}"
            raise WrongSetting(message) from error
    out.print(f"{site.name}: {told}")


def _read(file: Path) -> _Site:
    try:
        told = parse(file.read_text(encoding="utf-8"), SeedFile)
    except OSError as error:
        message = f"seed file {file}: {error.strerror}"
        raise WrongSetting(message) from error
    folder = file.resolve().parent
    if not is_slug(told.site):
        message = f"site {told.site}: use small Latin letters, digits and hyphens"
        raise WrongSetting(message)
    if told.credentials and told.card_key is None:
        message = "missing setting card_key: credentials are hashed with it"
        raise WrongSetting(message)
    key = Card.key(folder / told.card_key) if told.card_key else b""
    return _Site(
        told.site,
        told.policy.said(folder),
        told.people,
        [credential.said(key) for credential in told.credentials],
        [(user, user.password(folder)) for user in told.users],
    )


def _enter(session: Session, site: _Site) -> str:
    by = operator()
    policy = over(site_policies.current(session, site.name), site.policy)
    version = administration.publish_policy(session, site=site.name, policy=policy, by=by)
    for person in site.people:
        people.put(session, site=site.name, holder=person.holder, name=person.name, group_name=person.group)
    issued = sum(_issue(session, site.name, credential, by) for credential in site.credentials)
    changed = sum(_enter_user(session, site.name, user, password, by) for user, password in site.users)
    rules = f"policy version {version} published" if version else "policy as it was"
    told = f"{issued} of {len(site.credentials)} credentials and {changed} of {len(site.users)} users changed"
    return f"{rules}, {len(site.people)} people, {told}"


def _issue(session: Session, site: str, credential: Credential, by: str) -> bool:
    """Issue a credential; one that was revoked since the file was written stays revoked."""
    try:
        return administration.issue_credential(session, site=site, credential=credential, by=by) is not None
    except administration.NotAllowed as stays:
        out.print(f"{site}: {stays}, and stays so")
        return False


def _enter_user(session: Session, site: str, user: UserPart, password: str, by: str) -> bool:
    return users.put(
        session,
        site=site,
        login=user.login,
        name=user.name,
        role=user.role,
        language=user.language,
        password=password,
        by=by,
        post=user.post,
        email=user.email,
        phone=user.phone,
    )
