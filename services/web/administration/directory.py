"""The school's directory on a page: duty administrator and director enter the offices that the post may ring back."""

import logging
import secrets
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request, Response

from services.store import directory
from services.web.administration.keeping import Keeping, onward, page
from services.web.shared.parts import parts_of
from services.web.shared.visitors import User, form_checked, words

PAGE = "/directory"
_LONGEST = 200

logger = logging.getLogger(__name__)
router = APIRouter(prefix=PAGE)
Words = Annotated[str, Form(max_length=_LONGEST)]


@router.get("")
async def directory_page(request: Request, user: Keeping) -> Response:
    """List the offices, with a form for one more."""
    return await _page(request, user, {})


@router.post("", dependencies=[Depends(form_checked)])
async def save(request: Request, user: Keeping, name: Words = "", phone: Words = "", source: Words = "") -> Response:
    """Enter an office; what is missing is said, and what was typed stays."""
    typed = {"name": name, "phone": phone, "source": source}
    wrong = next((field for field, value in typed.items() if not value.strip()), None)
    if wrong is not None or not directory.is_phone(phone):
        return await _page(request, user, typed, f"directory.wrong.{wrong or 'phone'}")
    office = f"office-{secrets.token_hex(4)}"
    await parts_of(request).store.write(
        lambda session: directory.put(
            session, site=user.site, office=office, name=name, phone=phone, source=source, by=user.login
        )
    )
    logger.info("office_saved site=%s office=%s", user.site, office)
    return onward(PAGE)


@router.post("/remove", dependencies=[Depends(form_checked)])
async def remove(request: Request, user: Keeping, office: Words = "") -> Response:
    """Take an office out."""
    await parts_of(request).store.write(
        lambda session: directory.remove(session, site=user.site, office=office, by=user.login)
    )
    return onward(PAGE)


async def _page(request: Request, user: User, typed: dict[str, str], wrong: str | None = None) -> Response:
    values = {
        "back": PAGE,
        "offices": await parts_of(request).store.read(lambda session: directory.all_of(session, user.site)),
        "typed": typed,
        "wrong": words(request).say(wrong) if wrong else None,
    }
    return page(request, user, "directory", values, wrong=wrong is not None)
