"""The web process: puts the parts together, serves the pages, follows the news."""

import asyncio
import logging
import signal
import socket
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager, suppress
from datetime import datetime
from typing import Any

import uvicorn
from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles
from starlette.types import ASGIApp
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from schemas.setting import WrongSetting
from services.settings import Configuration, WebSettings
from services.store.database import Store
from services.store.schema_version import require_head
from services.web.administration import directory, entitled, hosts
from services.web.administration import routes as administration
from services.web.duty_desk import lists, matches
from services.web.guard_console.all_rooms import ROOMS as ROOMS_OF_THE_POST
from services.web.guard_console.console import Console
from services.web.guard_console.names import StoreNames
from services.web.guard_console.posts import Posts
from services.web.guard_console.unanswered import DutyWatch
from services.web.guard_console.zones import Zones
from services.web.host_desk.all_desks import DESKS
from services.web.invited import evening, invitation
from services.web.live import LiveNews, utc_now
from services.web.messages.carriers import Carriers
from services.web.messages.sender import Sender
from services.web.shared import health, sign_in
from services.web.shared.assets import FOLDER, missing_assets
from services.web.shared.errors import add_error_pages
from services.web.shared.headers import SecurityHeaders
from services.web.shared.outside import Visits
from services.web.shared.pages import Templates
from services.web.shared.parts import Parts
from services.web.shared.policies import Policies
from services.web.shared.rate_limit import Attempts
from services.web.shared.rounds import make_rounds, round_of
from services.web.shared.sessions import Sessions
from services.web.visitor_portal.all_pages import PAGES as PORTAL
from services.web.visitors_journal.all_pages import ROOMS as ROOMS_OF_THE_JOURNAL

ROUTERS = (
    *PORTAL,
    *DESKS,
    invitation.router,
    evening.router,
    sign_in.router,
    administration.router,
    directory.router,
    hosts.router,
    entitled.router,
    lists.router,
    matches.router,
    *ROOMS_OF_THE_POST,
    *ROOMS_OF_THE_JOURNAL,
    health.router,
)
"""Every page, room by room. Addresses are looked for in this order: strangers come in crowds, so theirs are first."""

_BACKLOG = 256
_GRACE_S = 3
_RULES_FRESH_S = 0.25
"""How old a school's rules may be on a page: a new version shows within a second, as everywhere."""

logger = logging.getLogger(__name__)


class _Pages(FastAPI):
    """Dresses every response, that of our own fault too, which no middleware that is added comes to see."""

    def __init__(
        self,
        secure: bool,  # noqa: FBT001  make_app's own
        trusted_proxies: Sequence[str],
        lifespan: Callable[[FastAPI], AbstractAsyncContextManager[None]],
    ) -> None:
        super().__init__(openapi_url=None, docs_url=None, redoc_url=None, lifespan=lifespan)
        self._secure = secure
        add_error_pages(self)
        self.add_middleware(ProxyHeadersMiddleware, trusted_hosts=list(trusted_proxies))

    def build_middleware_stack(self) -> ASGIApp:
        return SecurityHeaders(super().build_middleware_stack(), secure=self._secure)


def make_app(
    store: Store,
    session_key: bytes,
    *,
    secure_cookies: bool,
    clock: Callable[[], datetime] = utc_now,
    visits: Visits | None = None,
    trusted_proxies: Sequence[str] = (),
    policies: Policies | None = None,
) -> FastAPI:
    """Put the app together: the one place where its parts meet; tests bring another clock. Without ``visits`` there is
    no visitor portal and no host desk. ``trusted_proxies`` may tell whose request they pass on; ``policies`` keep the
    schools' rules between requests.

    While it runs it pushes what changes in ``app.state.console.posts``; where the changes come from is not its matter.
    """
    templates = Templates()
    zones = Zones(templates)
    names = StoreNames(store, clock)
    posts = Posts(zones, names, clock)

    app = _Pages(secure_cookies, trusted_proxies, lambda _app: _pushing(posts))
    app.state.console = Console(posts, zones, names)
    app.state.parts = Parts(
        store=store,
        templates=templates,
        sessions=Sessions(session_key, clock),
        attempts=Attempts(),
        clock=clock,
        secure_cookies=secure_cookies,
        news=lambda: posts.news.state,
        end_streams=lambda session: posts.end_session(session.site, session.name),
        policies=policies or Policies(),
    )
    app.state.visits = visits
    app.state.host_sessions = Sessions(session_key, clock, "host")
    for router in ROUTERS:
        app.include_router(router)
    app.mount("/static", StaticFiles(directory=FOLDER))
    return app


@asynccontextmanager
async def _pushing(posts: Posts) -> AsyncIterator[None]:
    """Push what changes to the open pages while the app runs."""
    task = asyncio.create_task(posts.run())
    yield
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


def run(configuration: Configuration) -> None:
    """Serve until SIGTERM. Raises WrongSetting for what the operator has to mend, the port included, and
    TopicsNotReady for a cluster whose topics are wrong.
    """
    settings = configuration.section("web", WebSettings)
    if missing := missing_assets():
        message = f"the pages' files {', '.join(missing)} are not there: run `make prepare`"
        raise WrongSetting(message)
    key = configuration.secret("web.session_key", settings.session_key)
    visits = Visits.of(configuration)
    carriers = Carriers.of(configuration)
    store = Store.of(configuration)
    listener = _listen(settings)
    try:
        require_head(store)
        app = make_app(
            store,
            key,
            secure_cookies=settings.secure_cookies,
            visits=visits,
            trusted_proxies=settings.proxies(),
            policies=Policies(_RULES_FRESH_S),
        )
        sender = Sender(store, visits, carriers, utc_now) if carriers.any else None
        with asyncio.Runner() as runner:
            runner.run(_serve(configuration, app, listener, sender))
    finally:
        listener.close()
        store.close()


class _Server(uvicorn.Server):
    """Ends the pages' streams before it waits for its connections, which they would hold open for ever."""

    def __init__(self, config: uvicorn.Config, posts: Posts, listening: Callable[[], None]) -> None:
        super().__init__(config)
        self._posts = posts
        self._listening = listening

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to us: uvicorn would raise them again when it has stopped, and so end the process before it
        has tidied up.
        """
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._listening()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._posts.close_all()
        await super().shutdown(sockets)


async def _serve(configuration: Configuration, app: FastAPI, listener: socket.socket, sender: Sender | None) -> None:
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,  # make_app knows which are trusted
        timeout_graceful_shutdown=_GRACE_S,
        ws="none",
    )
    posts = app.state.console.posts
    host, port = listener.getsockname()[:2]
    server = _Server(config, posts, lambda: logger.info("ready process=web url=http://%s:%d", host, port))
    news = asyncio.create_task(LiveNews(configuration, configuration.trust(), posts, utc_now).run())

    def stop(_task: object) -> None:
        server.should_exit = True

    news.add_done_callback(stop)
    beside = [asyncio.create_task(work) for work in _beside(configuration, app.state.parts.store, posts, sender)]
    for task in beside:
        task.add_done_callback(stop)
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop, None)
    await server.serve([listener])
    for task in (news, *beside):
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def _beside(
    configuration: Configuration, store: Store, posts: Posts, sender: Sender | None
) -> list[Coroutine[Any, Any, None]]:
    """Give what runs beside the pages: the rounds, and the messages where they can be sent."""
    rounds = make_rounds(store, utc_now, round_of(configuration))
    return [rounds, sender.run(), DutyWatch(posts, store, utc_now).run()] if sender else [rounds]


def _listen(settings: WebSettings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.port))
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        where = f"{settings.host}:{settings.port}"
        message = f"setting web.port: cannot listen on {where}: {error.strerror}. Stop what uses it, or choose another."
        raise WrongSetting(message) from error
    listener.setblocking(False)  # noqa: FBT003  socket's own signature
    return listener
