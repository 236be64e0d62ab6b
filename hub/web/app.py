"""The ASGI application: the web interface of one hub."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from hub.answering.answer import Answerer
from hub.flow.receive import Receiver
from hub.liveness import report_failure
from hub.numbers.directory import LiveDirectory
from hub.reload import ConfigFile
from hub.runtime import Hub
from hub.store.health import write_errors
from hub.store.writers.inbox_writer import InboxWriter
from hub.visits.batch_writer import VisitBatchWriter
from hub.web.api import create_api
from hub.web.audio import audio_route
from hub.web.health import operation_routes
from hub.web.pages.routes import page_routes
from hub.web.pictures import picture_route
from hub.web.privacy.pages import PrivacyPages
from hub.web.public_requests import Origins
from hub.web.recordings import recording_routes
from hub.web.tracking.country_file import CountryFile
from hub.web.tracking.forms import forms_router
from hub.web.tracking.script import script_routes
from hub.web.tracking.visits import tracking_router
from hub.web.webhooks import WebhookEndpoint

REFRESH_SECONDS = 5.0
"""Seconds between two checks of the directory of numbers."""


def create_app(
    hub: Hub, directory: LiveDirectory, wake: threading.Event | None = None, config_file: ConfigFile | None = None
) -> WebhookEndpoint:
    """The hub's web interface; `wake` is set after each commit, for a worker in the same process."""
    writer = InboxWriter(hub.store, after_commit=wake.set if wake else lambda: None)
    answerer = Answerer(hub, directory)
    batch_writer, countries = VisitBatchWriter(hub), CountryFile(hub.config.hub.country_file)
    origins = Origins(hub, countries)
    stopping = threading.Event()

    def keep_answers_fresh() -> None:
        while not stopping.wait(REFRESH_SECONDS):
            try:
                answerer.prepare()
                write_errors(hub.store, hub.clock())  # a process without a worker has no housekeeping
            except BaseException as error:  # noqa: BLE001 - the answers that are in memory stay, and it is tried again
                report_failure("answers", error)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        threading.Thread(target=keep_answers_fresh, name="answers", daemon=True).start()
        yield
        stopping.set()
        answerer.close()
        batch_writer.close()
        countries.close()
        writer.close()

    app = FastAPI(title="Ringfence", lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)
    app.router.routes += [
        *operation_routes(hub),
        *recording_routes(hub),
        *PrivacyPages(hub, directory).routes(),
        audio_route(directory),
        picture_route(hub),
        *page_routes(hub, directory, config_file),
        *script_routes(directory, str(hub.config.hub.public_url)),
    ]
    app.include_router(tracking_router(hub, directory, batch_writer, origins))
    app.include_router(forms_router(hub, directory, origins))
    app.mount("/api/v1", create_api(hub))
    return WebhookEndpoint(app, Receiver(hub, writer), answerer, str(hub.config.hub.public_url), hub.clock)
