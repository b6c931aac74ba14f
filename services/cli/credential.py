"""``qaqpa credential``: issue and revoke cards."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from sqlmodel import Session

from schemas.credential import Category, Credential
from schemas.keyed_hash import credential_hash
from services.cli.console import Refusal, SettingsFile, SiteName, operator, out
from services.cli.opened import opened_store
from services.cli.seed_file import Card
from services.store import administration
from services.store.clock import now
from services.store.records import credentials

app = typer.Typer(name="credential", no_args_is_help=True, help="Issue and revoke cards.")

CardKey = Annotated[Path, typer.Option("--card-key", help="File with the site's card key.")]
Bits = Annotated[int, typer.Option(help="Number of bits on the card.")]
Data = Annotated[str, typer.Option(help="The card's raw bits as the reader gives them, in hex.")]


@app.command()
def issue(  # noqa: PLR0913  an option each
    *,
    settings: SettingsFile,
    site: SiteName,
    holder: Annotated[str, typer.Option(help="Reference of the person, never the name.")],
    category: Annotated[Category, typer.Option(help="What kind of person.")],
    valid_until: Annotated[str, typer.Option(help="Moment with its offset, as 2027-06-01T00:00:00+05:00.")],
    card_key: CardKey,
    bits: Bits,
    data: Data,
    valid_from: Annotated[str | None, typer.Option(help="From when; now when it is left out.")] = None,
    again: Annotated[bool, typer.Option("--again", help="Give back a credential that was revoked.")] = False,
) -> None:
    """Issue a card to a person, or change what it is valid for."""
    name = credential_hash(Card.key(card_key), bits, Card(bits=bits, data=data).raw())
    credential = Credential(
        credential=name,
        version=0,
        holder=holder,
        category=category,
        valid_from=_moment("--valid-from", valid_from) if valid_from else now(),
        valid_until=_moment("--valid-until", valid_until),
        revoked_at=None,
    )
    with opened_store(settings) as store:
        version = store.write_now(
            lambda session: administration.issue_credential(
                session, site=site, credential=credential, by=operator(), again=again
            )
        )
    out.print(
        f"{site}: credential {name} version {version} issued"
        if version
        else f"{site}: credential {name} is issued already"
    )


@app.command()
def revoke(
    settings: SettingsFile,
    site: SiteName,
    credential: Annotated[str | None, typer.Option(help="The credential's hash (32 hex digits).")] = None,
    holder: Annotated[str | None, typer.Option(help="Revoke everything this person holds.")] = None,
) -> None:
    """Revoke a credential, or all of a person's, from this moment."""
    if (credential is None) == (holder is None):
        message = "name either --credential or --holder"
        raise Refusal(message)

    def revoke_all(session: Session) -> list[str]:
        names = (
            [credential]
            if credential
            else [row.credential for row in credentials.of_holder(session, site, holder or "")]
        )
        if not names:
            message = f"site {site}: {holder} holds no credential"
            raise LookupError(message)
        return [
            name
            for name in names
            if administration.revoke_credential(session, site=site, credential=name, by=operator())
        ]

    with opened_store(settings) as store:
        try:
            revoked = store.write_now(revoke_all)
        except LookupError as error:
            raise Refusal(str(error)) from error
    out.print("\n".join(f"{site}: credential {name} revoked" for name in revoked) or f"{site}: revoked already")


def _moment(option: str, text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        message = f"{option}: not a moment: {text}"
        raise Refusal(message) from error
    if moment.tzinfo is None:
        message = f"{option}: {text} has no offset, write for example {text}+05:00"
        raise Refusal(message)
    return moment
