"""The API as its own application, so that its OpenAPI document describes the API's routes and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from starlette.types import ASGIApp

from hub.access.narrowing import Narrow, to_account
from hub.numbers.directory import Directory, LiveDirectory
from hub.platform.rate_limit import Counters
from hub.runtime import Hub
from hub.web.api.auth import Authenticator
from hub.web.api.calls import add_calls
from hub.web.api.contact import add_contact
from hub.web.api.deliveries import add_deliveries
from hub.web.api.document.openapi import document_of, query_names
from hub.web.api.document.page import docs_page
from hub.web.api.doubts import add_doubts
from hub.web.api.errors import HANDLERS, AnswerHeaders
from hub.web.api.marks import add_marks
from hub.web.api.recordings import add_recordings
from hub.web.api.report_mails import add_report_mails
from hub.web.api.reports_and_logs import add_reports_and_logs
from hub.web.api.requests import add_requests
from hub.web.api.tags import add_tags
from hub.web.api.versions import CURRENT
from hub.web.api.visits_and_leads import add_visits_and_leads
from hub.web.api.webhooks.routes import add_webhooks
from hub.web.problems import API
from hub.web.request_ids import RequestIds


class Api(FastAPI):
    """An application whose answers all have a request's id and a version, also those about a defect."""

    def build_middleware_stack(self) -> ASGIApp:
        """What serves the requests."""
        return RequestIds(AnswerHeaders(super().build_middleware_stack()))


def create_api(
    hub: Hub, directory: LiveDirectory, narrow: Narrow = to_account, counters: Counters | None = None
) -> FastAPI:
    """The API of one hub; `narrow` is the account filter of its queries."""
    api = Api(
        title="Ringfence", version=str(CURRENT), docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False
    )
    api.state.authenticator = Authenticator(hub, narrow, counters or Counters())
    _add_operations(api, directory.current)
    _add_public(api)
    for kind, answer in HANDLERS.items():
        api.add_exception_handler(kind, answer)
    return api


def openapi_document() -> dict[str, Any]:
    """The OpenAPI document, which is the same for every hub of this version."""

    def nothing() -> Directory:
        raise AssertionError("nobody asks these routes")

    api = FastAPI()
    _add_operations(api, nothing)
    return document_of(api.routes)


def _add_operations(api: FastAPI, directory: Callable[[], Directory]) -> None:
    for add in (
        add_calls,
        add_doubts,
        add_tags,
        add_recordings,
        add_report_mails,
        add_reports_and_logs,
        add_requests,
        add_visits_and_leads,
        add_webhooks,
    ):
        add(api)
    for add_with in (add_contact, add_deliveries, add_marks):
        add_with(api, directory)


def _add_public(api: FastAPI) -> None:
    """The addresses that ask for no key: what the API is, its OpenAPI document, and the page of it."""
    document = cache(openapi_document)

    def describe(request: Request) -> Response:
        key = "Send your key as `Authorization: Bearer KEY`; `hub users key` makes one."
        writes = "It reads and writes; send an Idempotency-Key with each request that writes."
        about = {"title": api.title, "sign_in": key, "writes": writes, "version": str(CURRENT)}
        return JSONResponse({**about, "openapi": f"{API}/openapi.json", "docs": f"{API}/docs"})

    api.add_route("/", describe)
    api.add_route("/openapi.json", lambda request: JSONResponse(document()))
    api.add_route("/docs", lambda request: docs_page(document(), request))
    api.state.query_names = cache(lambda: query_names(document()))
