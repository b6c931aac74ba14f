"""Security headers on every response: our own files only, no inline script or style, in nobody's frame."""

from collections.abc import Iterable

from starlette.status import HTTP_200_OK
from starlette.types import ASGIApp, Message, Receive, Scope, Send

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS: tuple[tuple[str, str], ...] = (
    ("content-security-policy", POLICY),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "same-origin"),
    ("permissions-policy", "camera=(), microphone=(), geolocation=(), payment=(), usb=()"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
)
_FOR_EVER = "public, max-age=31536000, immutable"
_HSTS = ("strict-transport-security", "max-age=31536000")


class SecurityHeaders:
    """ASGI middleware that adds the headers; streams pass through it untouched."""

    def __init__(self, app: ASGIApp, *, secure: bool) -> None:
        """Wrap an app; ``secure`` says that people reach it by HTTPS."""
        self._app = app
        self._headers = HEADERS + ((_HSTS,) if secure else ())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on and dress its response."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        named_by_content = scope["path"].startswith("/static/") and b"v=" in scope.get("query_string", b"")

        async def dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                names = {name.lower() for name, _ in message["headers"]}
                kept = _FOR_EVER if named_by_content and message["status"] == HTTP_200_OK else "no-store"
                wanted = (*self._headers, ("cache-control", kept))
                more = _encoded((name, value) for name, value in wanted if name.encode() not in names)
                message["headers"] = [*message["headers"], *more]
            await send(message)

        await self._app(scope, receive, dressed)


def _encoded(headers: Iterable[tuple[str, str]]) -> list[tuple[bytes, bytes]]:
    return [(name.encode(), value.encode()) for name, value in headers]
