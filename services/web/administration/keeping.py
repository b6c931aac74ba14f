"""What the pages share on which a school keeps its own books: who may, how a form is read, and the frame."""

from collections.abc import Mapping, Sequence
from typing import Annotated, NamedTuple

from fastapi import Depends, HTTPException, Request, Response, status
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.datastructures import UploadFile

from services.store.users import UserRole
from services.web.shared.csv_lines import WrongLine
from services.web.shared.parts import parts_of
from services.web.shared.visitors import SignedIn, User, words

LONGEST = 300
LINES_AT_MOST = 2_000
"""How long a file may be that is taken while others wait to write; a longer one is the operator's to import."""

_MAY = frozenset({UserRole.DUTY_ADMIN.value, UserRole.DIRECTOR.value, UserRole.ADMINISTRATOR.value})


async def keeping(user: SignedIn) -> User:
    """Give who is signed in, if they may keep the school's books: duty administrator and director."""
    if user.role not in _MAY:
        raise HTTPException(status.HTTP_403_FORBIDDEN)
    return user


Keeping = Annotated[User, Depends(keeping)]


async def typed_in(request: Request) -> dict[str, str]:
    """Give what was typed into a form, cut to a length that any true answer has."""
    return {name: value[:LONGEST] for name, value in (await request.form()).items() if isinstance(value, str)}


async def content_of(request: Request, name: str) -> bytes:
    """Give a file that was sent with a form; nothing for none."""
    async with request.form() as form:
        sent = form.get(name)
        return await sent.read() if isinstance(sent, UploadFile) else b""


def page(
    request: Request,
    user: User,
    template: str,
    values: Mapping[str, object],
    *,
    wrong: bool = False,
    said: str | None = None,
) -> Response:
    """Render a page; ``wrong`` says that its form was refused, ``said`` is the key of what was done."""
    parts, text = parts_of(request), words(request)
    filled: Mapping[str, object] = {
        "user": user,
        "csrf": parts.sessions.form_token(user.session),
        "back": request.url.path,
        "done": text.say(said) if said else None,
        **values,
    }
    code = status.HTTP_422_UNPROCESSABLE_CONTENT if wrong else status.HTTP_200_OK
    return HTMLResponse(parts.templates.fill(f"administration/{template}.html", text, filled), code)


class FileLook(NamedTuple):
    """How a file is to look: its columns, those that have to be there, and which words some of them have, with their
    meaning in the reader's language.
    """

    columns: Sequence[str]
    needed: Sequence[str]
    codes: Mapping[str, Mapping[str, str]]


def file_page(request: Request, user: User, path: str, look: FileLook, wrong: WrongLine | None) -> Response:
    """Show how a file is to look, and what is wrong with one that was sent."""
    values = {"of": path.removeprefix("/"), "path": path, "look": look, "wrong": wrong, "most": LINES_AT_MOST}
    return page(request, user, "file", values, wrong=wrong is not None)


def onward(path: str) -> Response:
    """Lead on after a form."""
    return RedirectResponse(path, status.HTTP_303_SEE_OTHER)
