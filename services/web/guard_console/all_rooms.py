"""The rooms of the post, for the app that serves them."""

from services.web.guard_console import answers, by_name, routes, screening

ROOMS = (routes.router, answers.router, by_name.router, screening.router)
