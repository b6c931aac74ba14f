"""The parts that routes work with, put together once in ``services/web/app.py``."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from fastapi import Request

from services.store.database import Store
from services.web.guard_console.posts import Posts
from services.web.guard_console.zones import Zones
from services.web.shared.pages import Templates
from services.web.shared.rate_limit import Attempts
from services.web.shared.sessions import Sessions


@dataclass(frozen=True, kw_only=True)
class Parts:
    """Everything a route may use; there is nothing global."""

    store: Store
    posts: Posts
    templates: Templates
    zones: Zones
    sessions: Sessions
    attempts: Attempts
    clock: Callable[[], datetime]
    secure_cookies: bool


def parts_of(request: Request) -> Parts:
    """Give the parts of the app that serves a request."""
    parts = request.app.state.parts
    if not isinstance(parts, Parts):
        message = "the app was made without its parts"
        raise TypeError(message)
    return parts
