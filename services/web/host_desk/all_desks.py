"""The pages of every desk, for the app that serves them: a name in an address comes before a link in its place."""

from services.web.host_desk import holding, inviting, mine, routes, sign_in

DESKS = (
    sign_in.router,
    mine.router,
    inviting.router,
    holding.of_host,
    holding.of_staff,
    routes.by_link,
    routes.signed_in,
)
