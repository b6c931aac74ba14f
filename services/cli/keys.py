"""``qaqpa keys``: the keys with which processes and gates sign, and the keyring of what is believed."""

import base64
import os
import secrets
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from schemas.ids import is_slug
from schemas.topics import TOPICS, Role
from schemas.trust import SEED_BYTES, Signer
from services.cli.console import Refusal, SettingsFile, SiteName, operator, out
from services.cli.opened import opened_store
from services.settings import Configuration, VisitSettings
from services.store.clock import now
from services.store.visits import pass_keys

app = typer.Typer(name="keys", no_args_is_help=True, help="Make keys and the keyring.")

_NAME_RULE = "small Latin letters, digits and hyphens"


@app.command()
def make(
    name: Annotated[str, typer.Argument(help="Whose key: a role (administration), a gate, or card, session.")],
    to: Annotated[Path, typer.Option("--out", help="The folder for NAME.key (secret, mode 0600) and NAME.pub.")],
) -> None:
    """Make a key of 32 random bytes and print its public half. A key that is there is never overwritten."""
    if not is_slug(name):
        message = f"{name} cannot name a key: use {_NAME_RULE}"
        raise Refusal(message)
    to.mkdir(parents=True, exist_ok=True)
    seed = secrets.token_bytes(SEED_BYTES)
    path = to / f"{name}.key"
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        message = f"{path} is there already; move it away first, and think of who still uses it"
        raise Refusal(message) from error
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(base64.b64encode(seed).decode() + "\n")
    public = Signer(name, seed).public_key
    (to / f"{name}.pub").write_text(public + "\n", encoding="ascii")
    out.print(public)


@app.command()
def keyring(
    folder: Annotated[Path, typer.Argument(help="The folder with administration.pub, admission.pub, ...")],
    to: Annotated[Path, typer.Option("--out", help="The keyring file to write (JSON).")],
) -> None:
    """Write the keyring, the services' public keys by role, from a folder of NAME.pub files; more keys of one role are
    NAME.2.pub, ...
    """
    ring = {}
    for role in sorted({topic.writer for topic in TOPICS} - {Role.GATE}):
        files = sorted(folder.glob(f"{role}.pub")) + sorted(folder.glob(f"{role}.*.pub"))
        if not files:
            message = f"no {role}.pub in {folder}: run `qaqpa keys make {role} --out {folder}`"
            raise Refusal(message)
        ring[role.value] = [file.read_text(encoding="ascii").strip() for file in files]
    to.write_bytes(msgspec.json.format(msgspec.json.encode(ring)) + b"\n")
    out.print(f"keyring of {len(ring)} roles written to {to}")


@app.command()
def rotate(settings: SettingsFile, site: SiteName) -> None:
    """Change the key that a site's passes are signed with: the next one signs from now on, and another next one is
    made. Passes that are out stay good until they end.
    """
    configuration = Configuration.load(settings)
    keys = pass_keys.PassKeys(configuration.path(configuration.section("visits", VisitSettings).pass_keys))
    with opened_store(settings) as store:
        try:
            rotated = store.write_now(
                lambda session: pass_keys.rotate(session, site=site, keys=keys, by=operator(), at=now())
            )
        except LookupError as error:
            raise Refusal(str(error)) from error
    keys.forget(site, rotated.retired)
    out.print(f"{site}: passes are signed with {rotated.signing} from now on")
