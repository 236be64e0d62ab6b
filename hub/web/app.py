"""The ASGI application: the web interface of one hub."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from functools import partial
from pathlib import Path, PurePath
from typing import Any

from sqlalchemy.exc import SQLAlchemyError
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware.errors import ServerErrorMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import Mount, Route, Router

from hub.alerts.hub_trouble import note_trouble
from hub.answering import assistants, step_log
from hub.answering.answer import Answerer
from hub.answering.call_lines import CallLines
from hub.errors import RingfenceError
from hub.flow.receive import Receiver
from hub.model import TextMedia, TextMessage
from hub.numbers.directory import LiveDirectory
from hub.numbers.directory_copy import copy_of, with_ids
from hub.numbers.greetings import GreetingCache
from hub.numbers.hold_music import OWN, music_part, own_music, part_of
from hub.platform.imports import past_import_deadlocks
from hub.platform.rate_limit import Counters
from hub.recordings.conversations import drain_conversations
from hub.reload import ConfigFile
from hub.runtime import Hub
from hub.store.spool import Drainer
from hub.store.writers import inbox_writer
from hub.store.writers.health import write_errors, write_health
from hub.store.writers.inbox_writer import InboxWriter
from hub.texts.bodies import open_file
from hub.texts.picture_links import PREFIX, may_fetch
from hub.visits import form_writer, without_database
from hub.visits.batch_writer import VisitBatchWriter
from hub.visits.form_writer import FormWriter
from hub.web.compression import Compression
from hub.web.conversations import ConversationEndpoint
from hub.web.database_away import DatabaseAwayPages
from hub.web.edge_rules import API_PREFIXES, EdgeRules
from hub.web.error_answers import ErrorAnswers, ShownError
from hub.web.health import public_routes
from hub.web.oauth.addresses import MCP_PATH
from hub.web.privacy.pages import PrivacyPages
from hub.web.problems import outer_problem
from hub.web.public_requests import Origins, refusal
from hub.web.recordings import PRIVATE, heard_by_phone, recording_routes
from hub.web.request_body import ASGI
from hub.web.request_ids import RequestIds
from hub.web.tracking.country_file import CountryFile
from hub.web.tracking.forms import FormEndpoint
from hub.web.tracking.script import script_routes
from hub.web.tracking.visits import VisitEndpoint, is_visit
from hub.web.webhooks import WebhookEndpoint, is_webhook


def picture_route(hub: Hub) -> Route:
    """The only route to pictures. It needs a signature, and it never serves pictures that people sent in."""

    def picture(request: Request) -> Response:
        media_id = request.path_params["media_id"]
        if not may_fetch(media_id, request.query_params, hub.keyring, hub.clock()):
            return refusal(404, "Not found")
        try:
            return _given(hub, media_id)
        except (SQLAlchemyError, RingfenceError):
            return refusal(503, "Try again")

    return Route(PREFIX + "{media_id}", picture, methods=["GET"])


def _given(hub: Hub, media_id: str) -> Response:
    with hub.store.reading() as session:
        media = session.get(TextMedia, media_id)
        text = session.get(TextMessage, media.text_id) if media is not None else None
        if media is None or text is None or text.direction != "out":
            return refusal(404, "Not found")
        data = open_file(hub.vault, session, media)
    if data is None:
        return refusal(410, "This picture is gone.")
    return Response(data, headers=PRIVATE, media_type=media.content_type)


AUDIO_HEADERS = {"cache-control": "public, max-age=300"}
AUDIO_TYPES = {".wav": "audio/wav", ".mp3": "audio/mpeg"}


def audio_route(directory: LiveDirectory, greetings: GreetingCache, hub: Hub | None = None) -> Route:
    """The route of the files and uploaded greetings that the present flows play, and of messages that are heard by phone."""

    def audio(request: Request) -> Response:
        key = PurePath(request.path_params["file"]).stem
        if hub is not None and "signature" in request.query_params:
            return heard_by_phone(hub, key, request)
        if (piece := music_part(key)) is not None:
            return _music(directory, greetings, *piece)
        file = directory.latest.audio_files.get(key)
        kind = AUDIO_TYPES.get(PurePath(file).suffix.lower()) if file else None
        if file is not None and kind is not None and (sound := greetings.get(file)) is not None:
            return Response(sound, media_type=kind, headers=AUDIO_HEADERS)
        if file is None or kind is None or not PurePath(file).is_absolute():
            return PlainTextResponse("Not found", 404)
        try:
            return FileResponse(file, media_type=kind, headers=AUDIO_HEADERS)
        except OSError:
            return PlainTextResponse("Not found", 404)

    return Route("/audio/{file}", audio)


def _music(directory: LiveDirectory, greetings: GreetingCache, key: str, part: int) -> Response:
    """A piece of a queue's music."""
    file = directory.latest.audio_files.get(key)
    if file is None and key != OWN:
        return PlainTextResponse("Not found", 404)
    sound = None
    if file is not None:
        sound = greetings.get(file) or (PurePath(file).is_absolute() and _read(file)) or None
    piece = part_of(sound, part) if sound else None
    return Response(piece or own_music(), media_type="audio/wav", headers=AUDIO_HEADERS)


def _read(file: str) -> bytes:
    try:
        return Path(file).read_bytes()
    except OSError:
        return b""


class DeferredApp:
    """Calls `make` once, in a thread, when the first request comes."""

    def __init__(self, make: Callable[[], ASGI]) -> None:
        self._make = make
        self._app: ASGI | None = None
        self._lock = threading.Lock()

    async def __call__(self, scope: object, receive: ASGI, send: ASGI) -> None:
        """Serve one request."""
        if self._app is None:
            await run_in_threadpool(self._load)
        assert self._app is not None
        await self._app(scope, receive, send)

    def _load(self) -> None:
        with self._lock:
            if self._app is None:
                self._app = past_import_deadlocks(self._make)


DISK_FULL = PlainTextResponse("Try again", 503, {"Retry-After": "60", "Cache-Control": "no-store"})


def is_report(scope: Any) -> bool:
    """Whether a request reports a visit, its end, a form or a choice on the tracking paths."""
    return bool(scope["type"] == "http" and scope["method"] == "POST" and scope["path"].startswith("/track/"))


REFRESH_SECONDS = 5.0
REPORT_SECONDS = 30.0
"""Seconds between two checks of the directory of numbers."""


WORTH_AN_ALERT_SECONDS = 30.0


class WebProcess:
    """What the web edge of a process keeps while its configuration changes: the writers of webhooks and visits with what
    waits in them, the counts of the rate limits, the lines of calls under way, and the file. `wake` is set after each
    commit, for a worker in the same process."""

    def __init__(self, hub: Hub, wake: threading.Event | None = None, config_file: ConfigFile | None = None) -> None:
        self.outage = hub.store.outage
        self.inbox_writer = InboxWriter(hub.store, wake.set if wake else lambda: None, hub.spool)
        self.drainer = Drainer(
            hub.store,
            hub.spool,
            {inbox_writer.SPOOLED_AS: self.inbox_writer.drain},
        )
        self.drainer.drained = partial(_note_outage, hub)
        self.batch_writer = VisitBatchWriter(hub)
        self.form_writer = FormWriter(hub)
        self.counters = Counters()
        self.lines = CallLines()
        self.config_file = config_file

    def drain_with(self, hub: Hub, directory: LiveDirectory) -> None:
        """Write what pages reported while the database was away as the present configuration says."""
        self.drainer.liveness = hub.liveness
        self.drainer.drains |= {
            without_database.SPOOLED_AS: partial(self.batch_writer.drain, directory),
            step_log.SPOOLED_AS: lambda rows: step_log.drain_steps(hub.store, [*with_ids(directory.current(), rows)]),
            assistants.SPOOLED_AS: partial(drain_conversations, hub),
            form_writer.SPOOLED_AS: lambda rows: self.form_writer.drain(
                hub.vault, [*with_ids(directory.current(), rows)]
            ),
        }

    def start(self) -> None:
        """Notice from now on that the database is away, and that it is back."""
        self.outage.start()
        self.drainer.start()

    def close(self) -> None:
        """Write what waits."""
        self.drainer.close()
        self.batch_writer.close()
        self.form_writer.close()
        self.inbox_writer.close()


class WebEdge:
    """The web interface of one hub, with its own answers to calls. An ASGI application."""

    def __init__(self, hub: Hub, directory: LiveDirectory, process: WebProcess) -> None:
        self._hub, self._process = hub, process
        self._directory, self._copy = directory, copy_of(hub.config.hub, hub.config.file)
        self._greetings = GreetingCache(hub.store)
        self._answerer = Answerer(hub, directory, process.lines)
        process.drain_with(hub, directory)
        self._countries = CountryFile(hub.config.hub.country_file)
        self._stopping = threading.Event()
        self._retired = threading.Event()
        public_url = str(hub.config.hub.public_url)
        receiver, proxies = Receiver(hub, process.inbox_writer), hub.config.hub.trusted_proxies
        self._webhooks = WebhookEndpoint(receiver, self._answerer, public_url, hub.clock, proxies)
        self._conversations = ConversationEndpoint(hub, self._answerer)
        origins = Origins(hub, self._countries)
        visits = VisitEndpoint(hub, directory, process.batch_writer, origins)
        forms = FormEndpoint(hub, directory, process.form_writer, origins, process.counters)
        self._visits = ServerErrorMiddleware(visits)
        self._application = self._assembled(hub, directory, [*visits.routes(), *forms.routes()])
        self._rules = EdgeRules(self._serve, public_url)
        https = public_url.startswith("https:")
        self._errors = ErrorAnswers(
            self._route, self._error_page, outer_problem, hub.store.outage, hub.clock, https=https
        )
        self._compressed = RequestIds(Compression(self._errors), API_PREFIXES)

    async def __call__(self, scope: Any, receive: ASGI, send: ASGI) -> None:
        """Serve one request. What a provider posts is answered in the provider's own format, errors too."""
        app: ASGI = self._compressed
        if scope["type"] == "websocket":
            app = self._conversations
        elif is_webhook(scope) and scope.get("method") == "POST":
            app = self._webhooks
        elif is_visit(scope):
            app = self._errors
        await app(scope, receive, send)

    def start(self) -> None:
        """Keep the answers fresh from now on."""
        self._process.start()
        threading.Thread(target=self._keep_answers_fresh, name="answers", daemon=True).start()

    def retire(self) -> None:
        """A newer edge serves all new requests: end the streams, so that browsers open them there."""
        self._retired.set()

    def close(self) -> None:
        """Answer the waiting calls, then stop."""
        self.retire()
        self._stopping.set()
        self._conversations.close()
        self._answerer.close()
        self._countries.close()

    async def _route(self, scope: Any, receive: ASGI, send: ASGI) -> None:
        app: ASGI = self._webhooks if is_webhook(scope) else self._rules
        if is_visit(scope) and not self._hub.disk.full:
            app = self._visits
        await app(scope, receive, send)

    def _error_page(self, request: Request, error: ShownError) -> Response | None:
        from hub.web.pages.routes import page_context, signed_in_of

        process = self._process
        context = page_context(self._hub, self._directory, process.config_file, process.counters, self._retired)
        return signed_in_of(context).error_page(request, error)

    async def _serve(self, scope: Any, receive: ASGI, send: ASGI) -> None:
        if self._hub.disk.full and is_report(scope):
            await DISK_FULL(scope, receive, send)
            return
        await self._application(scope, receive, send)

    def _assembled(self, hub: Hub, directory: LiveDirectory, reports: list[Route]) -> DatabaseAwayPages:
        counters, public_url = self._process.counters, str(hub.config.hub.public_url)
        app = Starlette(lifespan=self._lifespan)
        app.router.redirect_slashes = False
        app.router.routes += [
            *public_routes(hub),
            *recording_routes(hub),
            *PrivacyPages(hub, directory, counters).routes(),
            audio_route(directory, self._greetings, hub),
            picture_route(hub),
            *script_routes(directory, public_url),
        ]
        if hub.config.hub.mcp:
            app.router.routes.append(Route(MCP_PATH, DeferredApp(partial(_mcp, hub, counters))))
        app.router.routes += [
            *reports,
            Mount("/api/v1", DeferredApp(partial(_api, hub, directory, self._process))),
            Mount("/v3", DeferredApp(partial(_callrail_api, hub, directory, self._process))),
            Mount("", DeferredApp(partial(_pages, hub, directory, self._process, self._retired))),
        ]
        return DatabaseAwayPages(app, hub)

    def _keep_answers_fresh(self) -> None:
        hub, reported_at = self._hub, -math.inf
        while not self._stopping.is_set():
            is_there = hub.store.outage.since is None
            with hub.liveness.trying("answers", REFRESH_SECONDS):
                self._answerer.prepare()
                if is_there:
                    self._greetings.keep(self._directory.latest.audio_files.values())
                if is_there:
                    self._copy.keep(self._directory.latest, hub.store)
            if is_there:
                with hub.liveness.trying("web report", REFRESH_SECONDS):
                    write_errors(hub.store, hub.clock())
                    # A process without a worker has no housekeeping that would report what fails.
                    if not hub.liveness.thread_ages() and time.monotonic() - reported_at >= REPORT_SECONDS:
                        reported_at = time.monotonic()
                        write_health(hub.store, hub.liveness, hub.clock())
            self._stopping.wait(REFRESH_SECONDS)

    @asynccontextmanager
    async def _lifespan(self, app: Starlette) -> AsyncIterator[None]:
        """Of an edge that a server runs directly, so that it is the only one of its process."""
        self.start()
        yield
        self.close()
        self._process.close()


def _api(hub: Hub, directory: LiveDirectory, process: WebProcess) -> ASGI:
    from hub.web.api import create_api

    return create_api(hub, directory, counters=process.counters, config_file=process.config_file)


def _callrail_api(hub: Hub, directory: LiveDirectory, process: WebProcess) -> ASGI:
    from hub.web.callrail import create_callrail_api

    return create_callrail_api(hub, counters=process.counters, directory=directory, config_file=process.config_file)


def _mcp(hub: Hub, counters: Counters) -> ASGI:
    from hub.web.mcp.endpoint import McpEndpoint

    return McpEndpoint(hub, counters)


def _pages(hub: Hub, directory: LiveDirectory, process: WebProcess, retired: threading.Event) -> ASGI:
    from hub.web.pages.routes import page_context, routes_of

    context = page_context(hub, directory, process.config_file, process.counters, retired)
    return Router(routes_of(context), redirect_slashes=False)


def _note_outage(hub: Hub, since: datetime, seconds: float) -> None:
    """Write the alert, now that it can be written; processes that noticed the same outage write it one time."""
    if seconds >= WORTH_AN_ALERT_SECONDS:
        note_trouble(hub, "database_away", since.replace(minute=since.minute // 10 * 10, second=0, microsecond=0))


def create_app(
    hub: Hub, directory: LiveDirectory, wake: threading.Event | None = None, config_file: ConfigFile | None = None
) -> WebEdge:
    """The web interface of a process whose configuration does not change; a server starts and closes it."""
    return WebEdge(hub, directory, WebProcess(hub, wake, config_file))
