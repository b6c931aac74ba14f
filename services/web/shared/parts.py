"""The parts that every room's routes work with, put together once in ``services/web/app.py``."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from fastapi import Request

from services.store.database import Store
from services.web.shared.pages import Templates
from services.web.shared.policies import Policies
from services.web.shared.rate_limit import Attempts
from services.web.shared.sessions import Session, Sessions


@dataclass(frozen=True, kw_only=True)
class Parts:
    """Everything a route of any room may use; there is nothing global.

    ``policies`` are the schools' rules as they were read last; ``news`` tells how the news from Kafka stand (starting,
    live, lost); ``end_streams`` closes what a session that has ended still has open.
    """

    store: Store
    templates: Templates
    sessions: Sessions
    attempts: Attempts
    clock: Callable[[], datetime]
    secure_cookies: bool
    news: Callable[[], str]
    end_streams: Callable[[Session], None]
    policies: Policies


def parts_of(request: Request) -> Parts:
    """Give the parts of the app that serves a request."""
    parts = request.app.state.parts
    if not isinstance(parts, Parts):
        message = "the app was made without its parts"
        raise TypeError(message)
    return parts
