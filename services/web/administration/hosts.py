"""The hosts of the school on pages: who may be visited, and where they are asked. Found by first letters, entered one
by one or from a file, changed, and taken off the list when they leave.
"""

import asyncio
import logging
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Query, Request, Response, status
from sqlmodel import Session

from services.store.database import serialise
from services.store.visits import hosts, leaving, standing_in
from services.store.visits.hosts import HostRow, Told
from services.web.administration.host_fields import COLUMNS, LANGUAGES, NEEDED, host_of, hosts_in
from services.web.administration.keeping import (
    LINES_AT_MOST,
    LONGEST,
    FileLook,
    Keeping,
    content_of,
    file_page,
    onward,
    page,
    typed_in,
)
from services.web.shared.csv_lines import WrongLine
from services.web.shared.parts import parts_of
from services.web.shared.visitors import User, form_checked, list_checked
from services.web.visitor_portal.fields import Wrong

PAGE = "/hosts"
SHOWN_AT_MOST = 200
_SAID = {code: f"hosts.said.{code}" for code in ("entered", "changed", "left", "taken")}

logger = logging.getLogger(__name__)
router = APIRouter(prefix=PAGE)
Text = Annotated[str, Query(max_length=LONGEST)]


@router.get("")
async def hosts_page(request: Request, user: Keeping, q: Text = "", said: Text = "") -> Response:
    """List the hosts, or those whose name begins so."""
    parts = parts_of(request)
    found, names = await parts.store.read(lambda session: (hosts.search(session, user.site, q), _names(session, user)))
    values = {"q": q, "found": found[:SHOWN_AT_MOST], "count": len(found), "names": names, "now": parts.clock()}
    return page(request, user, "hosts", values, said=_SAID.get(said))


@router.get("/new")
async def new_page(request: Request, user: Keeping) -> Response:
    """Ask who may be visited from now on."""
    return _form(request, user, {"host": hosts.new_host()})


@router.post("/new", dependencies=[Depends(form_checked)])
async def enter_one(request: Request, user: Keeping) -> Response:
    """Enter a host; what is wrong is said, and what was typed stays."""
    typed = await typed_in(request)
    host = typed.get("host", "")
    typed["host"] = host = host if hosts.is_new_host(host) else hosts.new_host()
    told = host_of(typed)
    if not isinstance(told, Told):
        return _form(request, user, typed, told)
    at = parts_of(request).clock()
    entered = await parts_of(request).store.write(
        lambda session: hosts.enter(session, site=user.site, host=host, told=told, by=user.login, at=at)
    )
    if not entered:
        return _form(request, user, typed, {"name": Wrong("hosts.wrong.known")})
    logger.info("host_entered site=%s host=%s", user.site, host)
    return onward(f"{PAGE}?said=entered")


@router.get("/file")
async def how_a_file_looks(request: Request, user: Keeping) -> Response:
    """Say how a file of hosts is to look, and take one."""
    return _file_page(request, user)


@router.post("/file", dependencies=[Depends(list_checked)])
async def take_file(request: Request, user: Keeping) -> Response:
    """Enter or change the hosts of a file, all or none."""
    content, at = await content_of(request, "file"), parts_of(request).clock()
    try:
        listed = await asyncio.to_thread(hosts_in, content, LINES_AT_MOST)
    except WrongLine as wrong:
        return _file_page(request, user, wrong)
    changed = await parts_of(request).store.write(
        lambda session: hosts.take(session, site=user.site, listed=listed, by=user.login, at=at)
    )
    logger.info("hosts_taken site=%s lines=%d changed=%d", user.site, len(listed), changed)
    return onward(f"{PAGE}?said=taken")


@router.get("/known/{host}")
async def host_page(request: Request, user: Keeping, host: str) -> Response:
    """Show one host, to change or to take off the list."""
    row = await _one(request, user, host)
    return await _known(request, user, row, {"name": row.name, "email": row.email, "language": row.language})


@router.post("/known/{host}", dependencies=[Depends(form_checked)])
async def change_one(request: Request, user: Keeping, host: str) -> Response:
    """Change a host, and who is asked instead; whoever stands in from now on is told what waits."""
    row, typed = await _one(request, user, host), await typed_in(request)
    told, delegate, at = host_of({**typed, "host": host}), typed.get("delegate", "") or None, parts_of(request).clock()
    if not isinstance(told, Told):
        return await _known(request, user, row, typed, told)

    def act(session: Session) -> str | None:
        serialise(session, "hosts", user.site)
        known = hosts.one(session, user.site, host)
        if known is None:
            return None
        fields = {"name": told.name, "email": told.email, "language": told.language}
        standing = hosts.delegate_of(session, known, at)
        if (standing.host if standing else None) != delegate:
            standing_in.delegate(session, site=user.site, host=host, to=delegate, until=None, by=user.login, at=at)
        hosts.put(session, site=user.site, host=host, by=user.login, at=at, **fields)
        return "changed"

    try:
        done = await parts_of(request).store.write(act)
    except (LookupError, ValueError):
        return await _known(request, user, row, typed, {"delegate": Wrong("hosts.wrong.delegate")})
    logger.info("host_changed site=%s host=%s changed=%s", user.site, host, done is not None)
    return onward(f"{PAGE}?said={done or ''}")


@router.post("/known/{host}/leave", dependencies=[Depends(form_checked)])
async def leave(request: Request, user: Keeping, host: str) -> Response:
    """Take a host off the list, with what hangs on them."""
    at = parts_of(request).clock()
    left = await parts_of(request).store.write(
        lambda session: leaving.leave(session, site=user.site, host=host, by=user.login, at=at)
    )
    logger.info("host_left site=%s host=%s changed=%s", user.site, host, left)
    return onward(f"{PAGE}?said=left")


def _names(session: Session, user: User) -> dict[str, str]:
    return {row.host: row.name for row in hosts.all_of(session, user.site)}


async def _one(request: Request, user: User, host: str) -> HostRow:
    row = await parts_of(request).store.read(lambda session: hosts.one(session, user.site, host))
    if row is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND)
    return row


def _form(request: Request, user: User, typed: dict[str, str], wrong: dict[str, Wrong] | None = None) -> Response:
    """Show the form of somebody new."""
    values = {"typed": typed, "wrong": wrong or {}, "row": None}
    return page(request, user, "host", values, wrong=bool(wrong))


async def _known(
    request: Request, user: User, row: HostRow, typed: dict[str, str], wrong: dict[str, Wrong] | None = None
) -> Response:
    """Show the form of a host with what hangs on them."""
    at = parts_of(request).clock()

    def ask(session: Session) -> dict[str, object]:
        standing = hosts.delegate_of(session, row, at)
        others = {host: name for host, name in _names(session, user).items() if host != row.host}
        return {
            "hanging": leaving.hanging(session, user.site, row.host, at),
            "others": others,
            "typed": {"delegate": standing.host if standing else "", **typed},
        }

    asked = await parts_of(request).store.read(ask)
    return page(request, user, "host", {"wrong": wrong or {}, "row": row, **asked}, wrong=bool(wrong))


def _file_page(request: Request, user: User, wrong: WrongLine | None = None) -> Response:
    return file_page(request, user, PAGE, FileLook(COLUMNS, NEEDED, {"language": LANGUAGES}), wrong)
