"""``qaqpa policy``: a site's rules as a file: checked, compared with what is in force, published, and gone back to."""

import time
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from sqlmodel import Session

from schemas.setting import WrongSetting, parse
from schemas.site_policy import SitePolicy
from schemas.topics import SITE_POLICIES
from services.cli.console import Refusal, SettingsFile, SiteName, operator, out
from services.cli.opened import opened_store
from services.cli.policy_reading import read_alone, read_over
from services.cli.policy_text import written
from services.cli.rehearse import rehearse
from services.cli.seed_file import PolicyFile, over
from services.i18n.policy_words import about_text, change_text
from services.i18n.words import Language, words_in
from services.rules.policy_changes import ABSENT, Change, changes
from services.store import administration, audit, outbox
from services.store.database import Store
from services.store.records import site_policies

app = typer.Typer(name="policy", no_args_is_help=True, help="The rules of a site.")
app.command()(rehearse)

File = Annotated[Path, typer.Argument(help="The policy file (YAML); `qaqpa policy show` writes one.")]
Said = Annotated[Language, typer.Option("--language", help="In which language changes are told.")]
_LOOK_S = 0.05


@app.command()
def show(settings: SettingsFile, site: SiteName) -> None:
    """Print the policy in force as a file, to change and publish."""
    with opened_store(settings) as store:
        out.print(written(site, _in_force(store, site)), end="", markup=False)


@app.command()
def check(
    file: File,
    settings: Annotated[
        Path | None, typer.Option("--settings", "-s", envvar="QAQPA_SETTINGS", help="Compare gates with the store's.")
    ] = None,
) -> None:
    """Check a policy file: every mistake with its line, or what the file says."""
    known: SitePolicy | None = None
    if settings is not None:
        with opened_store(settings) as store:
            known = store.read_now(lambda session: site_policies.current(session, read_alone(file).site))
    told = read_alone(file, known)
    policy = told.over(known)
    windows = sum(len(rules.windows) for rules in policy.categories.values())
    closed = [category for category, rules in policy.categories.items() if not rules.windows]
    out.print(
        f"{file}: good. {told.site}, {policy.name}: {len(policy.categories)} categories with {windows} windows, "
        f"{len(policy.calendar)} lines of calendar, {len(policy.gates)} gates"
        + (f"; nobody of {', '.join(closed)} may enter" if closed else ""),
        markup=False,
    )


@app.command()
def diff(
    settings: SettingsFile,
    file: File,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="For a program.")] = False,
    language: Said = Language.EN,
) -> None:
    """Tell what a policy file would change against what is in force."""
    with opened_store(settings) as store:
        told, known = read_over(store, file)
    found = changes(known, told.over(known))
    if as_json:
        out.print(msgspec.json.encode([_plain(change) for change in found]).decode(), markup=False)
        return
    out.print(f"{told.site}: {file} against version {known.version if known else 0}: {_count(found)}", markup=False)
    _tell(found, told.over(known), language)


@app.command()
def publish(
    settings: SettingsFile,
    file: Annotated[Path, typer.Argument(help="A policy file (YAML), or a seed file (TOML).")],
    *,
    wait: Annotated[
        float | None, typer.Option("--wait", min=1, help="Wait so many seconds until the recorder has sent it.")
    ] = None,
) -> None:
    """Publish a site's policy as its next version, when it differs from the one that holds."""
    with opened_store(settings) as store:
        if file.suffix == ".toml":
            site, known, policy = _of_seed(store, file)
        else:
            told, known = read_over(store, file)
            site, policy = told.site, told.over(known)
        version = store.write_now(
            lambda session: administration.publish_policy(
                session, site=site, policy=policy, by=operator(), seen_version=known.version if known else 0
            )
        )
        out.print(f"{site}: policy version {version} published" if version else f"{site}: the policy already holds")
        if version and wait:
            _await_sent(store, site, wait)


@app.command()
def history(settings: SettingsFile, site: SiteName) -> None:
    """List the versions: when, by whom, and how much each changed."""
    with opened_store(settings) as store:
        rows = store.read_now(lambda session: site_policies.versions(session, site))
        deeds = store.read_now(lambda session: audit.of_act(session, site, "site_policy_published"))
    by = {deed.subject.removeprefix("policy/"): deed.by for deed in deeds}
    for row, before in zip(rows, [*rows[1:], None], strict=True):
        found = changes(before.policy() if before else None, row.policy())
        told = f"version {row.version}  {row.at:%Y-%m-%d %H:%M} UTC  {by.get(f'{row.version}', 'by another store')}"
        out.print(f"{told}  {_count(found) if before else 'the first'}", markup=False)
    if not rows:
        out.print(f"{site}: no policy has been published")


@app.command()
def rollback(
    settings: SettingsFile,
    site: SiteName,
    version: Annotated[int, typer.Argument(min=1, help="The version whose rules are to hold again.")],
) -> None:
    """Publish an earlier version's rules again, as a new version; gates, pass keys and threat level stay."""

    def act(session: Session) -> int | None:
        return administration.restore_policy(session, site=site, version=version, by=operator())

    with opened_store(settings) as store:
        try:
            published = store.write_now(act)
        except (LookupError, ValueError) as error:
            raise Refusal(str(error)) from error
    out.print(
        f"{site}: policy version {published} published, with the rules of version {version}"
        if published
        else f"{site}: the rules of version {version} already hold"
    )


def _of_seed(store: Store, file: Path) -> tuple[str, SitePolicy | None, SitePolicy]:
    try:
        told = parse(file.read_text(encoding="utf-8"), PolicyFile)
    except OSError as error:
        message = f"{file}: {error.strerror}"
        raise WrongSetting(message) from error
    known = store.read_now(lambda session: site_policies.current(session, told.site))
    return told.site, known, over(known, told.policy.said(file.resolve().parent))


def _in_force(store: Store, site: str) -> SitePolicy:
    known = store.read_now(lambda session: site_policies.current(session, site))
    if known is None:
        message = f"site {site} has no policy: publish one first"
        raise Refusal(message)
    return known


def _count(found: list[Change]) -> str:
    return "nothing changes" if not found else f"{len(found)} change{'s' if len(found) > 1 else ''}"


def _tell(found: list[Change], policy: SitePolicy, language: Language) -> None:
    words = words_in(language)
    for about in dict.fromkeys(change.about for change in found):
        out.print(f"\n{about_text(words, about)}", markup=False)
        for change in found:
            if change.about == about:
                out.print(f"  {change_text(words, change, policy.utc_offset_min)}", markup=False)


def _plain(change: Change) -> dict[str, object]:
    before, after = (None if value is ABSENT else msgspec.to_builtins(value) for value in (change.before, change.after))
    return {"about": change.about, "field": change.field, "before": before, "after": after}


def _await_sent(store: Store, site: str, within_s: float) -> None:
    begun = time.monotonic()
    while True:
        row = store.read_now(lambda session: outbox.newest(session, site, SITE_POLICIES))
        if row is not None and row.refused:
            message = f"no broker takes it: {row.refused}"
            raise Refusal(message)
        if row is not None and row.sent_at is not None:
            out.print(f"{site}: sent after {(row.sent_at - row.created_at).total_seconds():.2f} s")
            return
        if time.monotonic() - begun > within_s:
            message = f"not sent within {within_s:g} s; it will be when the recorder runs: `qaqpa recorder`"
            raise Refusal(message)
        time.sleep(_LOOK_S)
