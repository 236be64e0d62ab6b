"""The API as its own application, so that its OpenAPI document describes the API's routes and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from starlette.routing import BaseRoute
from starlette.types import ASGIApp

from hub.access.narrowing import Narrow, to_account
from hub.numbers.directory import LiveDirectory
from hub.platform.rate_limit import Counters
from hub.reload import ConfigFile
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
from hub.web.api.trackers.caller_lists import add_caller_lists
from hub.web.api.trackers.config_edits import Tools
from hub.web.api.trackers.greetings import add_greetings
from hub.web.api.trackers.routes import add_trackers
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
    hub: Hub,
    directory: LiveDirectory,
    narrow: Narrow = to_account,
    counters: Counters | None = None,
    config_file: ConfigFile | None = None,
) -> FastAPI:
    """The API of one hub; `narrow` is the account filter of its queries. Without `config_file` no tracker can be changed."""
    api = Api(
        title="Ringfence", version=str(CURRENT), docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False
    )
    api.state.authenticator = Authenticator(hub, narrow, counters or Counters())
    api.state.tools = Tools(directory, config_file)
    api.state.query_names = _query_names
    api.router.routes.extend(_operations())
    _add_public(api)
    for kind, answer in HANDLERS.items():
        api.add_exception_handler(kind, answer)
    return api


@cache
def openapi_document() -> dict[str, Any]:
    """The OpenAPI document, which is the same for every hub of this version."""
    return document_of(_operations())


@cache
def _query_names() -> Mapping[tuple[str, str], frozenset[str]]:
    return query_names(openapi_document())


@cache
def _operations() -> list[BaseRoute]:
    """The routes, which are the same for every hub: the application that serves a request knows its hub."""
    api = FastAPI(openapi_url=None)
    for add in (
        add_calls,
        add_contact,
        add_deliveries,
        add_doubts,
        add_marks,
        add_tags,
        add_trackers,
        add_greetings,
        add_caller_lists,
        add_recordings,
        add_report_mails,
        add_reports_and_logs,
        add_requests,
        add_visits_and_leads,
        add_webhooks,
    ):
        add(api)
    return api.routes


def _add_public(api: FastAPI) -> None:
    """The addresses that ask for no key: what the API is, its OpenAPI document, and the page of it."""

    def describe(request: Request) -> Response:
        key = "Send your key as `Authorization: Bearer KEY`; `hub users key` makes one."
        writes = "It reads and writes; send an Idempotency-Key with each request that writes."
        about = {"title": api.title, "sign_in": key, "writes": writes, "version": str(CURRENT)}
        return JSONResponse({**about, "openapi": f"{API}/openapi.json", "docs": f"{API}/docs"})

    api.add_route("/", describe)
    api.add_route("/openapi.json", lambda request: JSONResponse(openapi_document()))
    api.add_route("/docs", lambda request: docs_page(openapi_document(), request))
