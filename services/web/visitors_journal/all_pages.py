"""The journal's pages, for the app that serves them."""

from services.web.visitors_journal import column_choice, exports, paper_sheets, routes

ROOMS = (column_choice.router, exports.router, paper_sheets.router, routes.router)
