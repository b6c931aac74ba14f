"""The rooms of the post, for the app that serves them."""

from services.web.guard_console import answers, by_name, custody, release, routes, screening, walk_in

ROOMS = (
    routes.router,
    answers.router,
    by_name.router,
    screening.router,
    custody.router,
    walk_in.router,
    release.router,
)
