"""The web process: puts the parts together, serves the pages, follows the news."""

import asyncio
import logging
import signal
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager, asynccontextmanager, nullcontext, suppress
from datetime import datetime

import uvicorn
import uvloop
from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles

from schemas.setting import WrongSetting
from services.settings import Configuration, WebSettings
from services.store.database import Store
from services.web.guard_console import routes as guard_console
from services.web.guard_console.names import StoreNames
from services.web.guard_console.posts import Posts
from services.web.guard_console.zones import Zones
from services.web.live import LiveNews, utc_now
from services.web.shared import health, sign_in
from services.web.shared.assets import FOLDER, missing_assets
from services.web.shared.errors import add_error_pages
from services.web.shared.headers import SecurityHeaders
from services.web.shared.pages import Templates
from services.web.shared.parts import Parts
from services.web.shared.rate_limit import Attempts
from services.web.shared.sessions import Sessions

_BACKLOG = 256
_GRACE_S = 3

logger = logging.getLogger(__name__)


def make_parts(store: Store, session_key: bytes, *, secure_cookies: bool, clock: Callable[[], datetime] = utc_now) -> Parts:
    """Put together what the routes need; tests bring another clock."""
    templates = Templates()
    zones = Zones(templates)
    return Parts(
        store=store,
        posts=Posts(zones, StoreNames(store, clock), clock),
        templates=templates,
        zones=zones,
        sessions=Sessions(session_key, clock),
        attempts=Attempts(),
        clock=clock,
        secure_cookies=secure_cookies,
    )


def make_app(parts: Parts) -> FastAPI:
    """Make the app from its parts. While it runs it pushes what changes; where the changes come from is not its matter."""

    @asynccontextmanager
    async def pushing(_app: FastAPI) -> AsyncIterator[None]:
        task = asyncio.create_task(parts.posts.run())
        yield
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task

    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, lifespan=pushing)
    app.state.parts = parts
    app.include_router(sign_in.router)
    app.include_router(guard_console.router)
    app.include_router(health.router)
    app.mount("/static", StaticFiles(directory=FOLDER))
    add_error_pages(app)
    app.add_middleware(SecurityHeaders, secure=parts.secure_cookies)
    return app


def run(configuration: Configuration) -> None:
    """Serve until SIGTERM. Raises WrongSetting for what the operator has to mend, the port included, and TopicsNotReady for a cluster whose topics are wrong."""
    settings = configuration.section("web", WebSettings)
    if missing := missing_assets():
        message = f"the pages' files {', '.join(missing)} are not there: run `make prepare`"
        raise WrongSetting(message)
    key = configuration.secret("web.session_key", settings.session_key)
    store = Store.of(configuration)
    listener = _listen(settings)
    try:
        parts = make_parts(store, key, secure_cookies=settings.secure_cookies)
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_serve(configuration, settings, parts, listener))
    finally:
        listener.close()
        store.close()


class _Server(uvicorn.Server):
    """Ends the pages' streams before it waits for its connections, which they would hold open for ever."""

    def __init__(self, config: uvicorn.Config, parts: Parts, listening: Callable[[], None]) -> None:
        super().__init__(config)
        self._parts = parts
        self._listening = listening

    def capture_signals(self) -> AbstractContextManager[None]:
        """Leave signals to us: uvicorn would raise them again when it has stopped, and so end the process before it has tidied up."""
        return nullcontext()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._listening()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._parts.posts.close_all()
        await super().shutdown(sockets)


async def _serve(configuration: Configuration, settings: WebSettings, parts: Parts, listener: socket.socket) -> None:
    config = uvicorn.Config(
        make_app(parts), log_config=None, access_log=False, server_header=False, timeout_graceful_shutdown=_GRACE_S, ws="none"
    )
    host, port = listener.getsockname()[:2]
    server = _Server(config, parts, lambda: logger.info("ready process=web url=http://%s:%d", host, port))
    news = asyncio.create_task(LiveNews(configuration, configuration.trust(), parts.posts, parts.clock).run())

    def stop(_task: object) -> None:
        server.should_exit = True

    news.add_done_callback(stop)
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop, None)
    await server.serve([listener])
    news.cancel()
    with suppress(asyncio.CancelledError):
        await news


def _listen(settings: WebSettings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.port))
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        message = f"setting web.port: cannot listen on {settings.host}:{settings.port}: {error.strerror}. Stop what uses it, or choose another port."
        raise WrongSetting(message) from error
    listener.setblocking(False)
    return listener

