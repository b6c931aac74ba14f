"""The pages of the portal, for the app that serves them."""

from services.web.visitor_portal import companions, opening, passes, returning, routes, status

PAGES = (
    passes.pass_keeper,
    opening.router,
    routes.router,
    returning.router,
    status.router,
    passes.router,
    companions.router,
)
