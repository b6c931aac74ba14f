"""The rooms of the post, for the app that serves them."""

from services.web.guard_console import (
    answers,
    by_name,
    call_back,
    crew,
    custody,
    expected,
    leaving,
    release,
    routes,
    screening,
    walk_in,
)

ROOMS = tuple(
    room.router
    for room in (
        routes,
        answers,
        by_name,
        crew,
        screening,
        custody,
        leaving,
        walk_in,
        call_back,
        expected,
        release,
    )
)
