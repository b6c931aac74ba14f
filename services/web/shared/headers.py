"""Security headers on every response: our own files only, no inline script or style, in nobody's frame."""

from collections.abc import Iterable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

POLICY = "; ".join((
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
))
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
        keep = scope["path"].startswith("/static/") and b"v=" in scope.get("query_string", b"")

        async def dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                names = {name.lower() for name, _ in message["headers"]}
                wanted = (*self._headers, ("cache-control", _FOR_EVER if keep and message["status"] == 200 else "no-store"))  # noqa: PLR2004
                message["headers"] = [*message["headers"], *_encoded((n, v) for n, v in wanted if n.encode() not in names)]
            await send(message)

        await self._app(scope, receive, dressed)


def _encoded(headers: Iterable[tuple[str, str]]) -> list[tuple[bytes, bytes]]:
    return [(name.encode(), value.encode()) for name, value in headers]
