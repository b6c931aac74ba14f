"""The parts of the guard's pages alone: their posts, what renders them, where names come from."""

from dataclasses import dataclass

from fastapi import Request

from services.web.guard_console.posts import Names, Posts
from services.web.guard_console.zones import Zones


@dataclass(frozen=True)
class Console:
    """All posts of the process, the renderer of their zones, and the names of holders and users."""

    posts: Posts
    zones: Zones
    names: Names


def console_of(request: Request) -> Console:
    """Give the console of the app that serves a request."""
    console = request.app.state.console
    if not isinstance(console, Console):
        message = "the app was made without its console"
        raise TypeError(message)
    return console
