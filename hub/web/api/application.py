"""The API as its own application, so that its OpenAPI document describes the API's routes and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any
from urllib.parse import unquote

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException

from hub.access.narrowing import Narrow, to_account
from hub.delivery.queue_call_back import CannotCall
from hub.errors import CannotDo, NotFound, RingfenceError
from hub.numbers.directory import LiveDirectory
from hub.platform.rate_limit import Counters
from hub.runtime import Hub
from hub.texts.doubts import NotDoubtful
from hub.texts.queue import CannotText
from hub.web.api.auth import Authenticator, MayAccount
from hub.web.api.calls import add_calls
from hub.web.api.contact import add_contact
from hub.web.api.deliveries import add_deliveries
from hub.web.api.docs_page import docs_page
from hub.web.api.doubts import add_doubts
from hub.web.api.marks import add_marks
from hub.web.api.recordings import add_recordings
from hub.web.api.report_mails import add_report_mails
from hub.web.api.reports_and_logs import add_reports_and_logs
from hub.web.api.requests import add_requests
from hub.web.api.tags import add_tags
from hub.web.api.visits_and_leads import add_visits_and_leads
from hub.web.public_requests import refusal

BASE = "/api/v1"
NUL = "\x00"
FORMS = {"date": "must be a date like 2026-11-24", "datetime": "must be a time like 2026-11-24T09:00:00Z"}
"""The first word of pydantic's error types → what is expected."""


def create_api(
    hub: Hub, directory: LiveDirectory, narrow: Narrow = to_account, counters: Counters | None = None
) -> FastAPI:
    """The API of one hub; `narrow` is the account filter of its queries."""
    api = FastAPI(
        title="Ringfence", version="1", docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False
    )
    api.state.authenticator = Authenticator(hub, narrow, counters or Counters())
    for add in (
        add_calls,
        add_doubts,
        add_tags,
        add_recordings,
        add_report_mails,
        add_reports_and_logs,
        add_requests,
        add_visits_and_leads,
    ):
        add(api)
    for add_with in (add_contact, add_deliveries, add_marks):
        add_with(api, directory)

    def describe(request: Request) -> Response:
        key = "Send your key as `Authorization: Bearer KEY`; `hub users key` makes one."
        writes = "It reads and writes; send an Idempotency-Key with each request that writes."
        about = {"title": api.title, "sign_in": key, "writes": writes}
        return JSONResponse({**about, "openapi": f"{BASE}/openapi.json", "docs": f"{BASE}/docs"})

    @api.get("/openapi.json", include_in_schema=False)
    def document(authorized: MayAccount) -> Response:
        return JSONResponse({**api.openapi(), "servers": [{"url": BASE}]})

    api.add_route("/", describe)
    api.add_route("/docs", partial(docs_page, api))

    _add_errors(api)

    @api.middleware("http")
    async def private(request: Request, call_next):  # type: ignore[no-untyped-def]
        if NUL in request.url.path or NUL in unquote(request.url.query):
            return refusal(422, "The address has a NUL character.")
        response = await call_next(request)
        response.headers["Cache-Control"] = "no-store"
        return response

    return api


def _add_errors(api: FastAPI) -> None:
    """Each error as an answer: one sentence."""

    @api.exception_handler(HTTPException)
    def refused(request: Request, error: HTTPException) -> Response:
        answer = refusal(error.status_code, str(error.detail))
        answer.headers.update(error.headers or {})
        return answer

    @api.exception_handler(NotFound)
    def missing(request: Request, error: NotFound) -> Response:
        return refusal(404, str(error))

    @api.exception_handler(CannotDo)
    def impossible(request: Request, error: CannotDo) -> Response:
        return refusal(422, str(error))

    @api.exception_handler(CannotText)
    @api.exception_handler(CannotCall)
    @api.exception_handler(NotDoubtful)
    def not_contacted(request: Request, error: RingfenceError) -> Response:
        return refusal(422, str(error))

    @api.exception_handler(RequestValidationError)
    def misread(request: Request, error: RequestValidationError) -> Response:
        wrong = sorted({f"{each['loc'][1]} {_expected(each)}" for each in error.errors() if len(each["loc"]) > 1})
        return refusal(422, f"{'; '.join(wrong) or 'the body cannot be read'}. See {BASE}/openapi.json.")

    @api.exception_handler(SQLAlchemyError)
    def away(request: Request, error: SQLAlchemyError) -> Response:
        return refusal(503, "Try again")


def _expected(error: Mapping[str, Any]) -> str:
    """What a parameter must be, without what was sent."""
    kind = str(error["type"])
    if kind == "missing":
        return "is missing"
    if kind == "literal_error":
        return f"must be one of {error['ctx']['expected']}".replace("'", "").replace(" or ", ", ")
    return FORMS.get(kind.split("_")[0]) or str(error["msg"]).replace("Input should", "must")
