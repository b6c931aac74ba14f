"""Tells whoever watches the process how it stands: ``/healthz``."""

from fastapi import APIRouter, Request, Response, status
from fastapi.responses import JSONResponse
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from services.web.shared.parts import parts_of

router = APIRouter()


@router.get("/healthz")
async def healthz(request: Request) -> Response:
    """Answer 200 while pages can be served, 503 when the store does not answer. Without the broker pages are
    served, with what is known.
    """
    parts = parts_of(request)
    try:
        await parts.store.read(lambda session: session.execute(text("SELECT 1")).scalar())
    except SQLAlchemyError:
        return JSONResponse({"store": "gone", "news": parts.news()}, status.HTTP_503_SERVICE_UNAVAILABLE)
    return JSONResponse({"store": "ok", "news": parts.news()})
