"""The parts of the guard's page alone: its posts and what renders them."""

from dataclasses import dataclass

from fastapi import Request

from services.web.guard_console.posts import Posts
from services.web.guard_console.zones import Zones


@dataclass(frozen=True)
class Console:
    """All posts of the process, and the renderer of their zones."""

    posts: Posts
    zones: Zones


def console_of(request: Request) -> Console:
    """Give the console of the app that serves a request."""
    console = request.app.state.console
    if not isinstance(console, Console):
        message = "the app was made without its console"
        raise TypeError(message)
    return console
