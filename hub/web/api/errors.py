"""Each error of the API as a problem document, and the headers of each answer."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import SQLAlchemyError
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.routing import Match
from starlette.types import ASGIApp, ExceptionHandler, Receive, Scope, Send

from hub.errors import CannotDo, NotFound, RetryLater, RingfenceError, place_of
from hub.store.outage import DatabaseAway
from hub.web.api.versions import CURRENT, HEADER
from hub.web.problems import Code, api_problem

log = structlog.get_logger(__name__)
FORMS = {"date": "must be a date like 2026-11-24", "datetime": "must be a time like 2026-11-24T09:00:00Z"}
"""The first word of pydantic's error types → what is expected."""
RETRY = {"Retry-After": "5"}


class AnswerHeaders:
    """ASGI application that says in each answer of the application behind it which version answered, and that nobody keeps
    the answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""

        async def completed(message: Any) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["Cache-Control"] = "no-store"
                headers.setdefault(HEADER, str(CURRENT))
            await send(message)

        await self._app(scope, receive, completed)


def http_error(request: Request, error: Exception) -> Response:
    """What the key check, the rate limiter, a route or the framework refuses. A 405 names all methods of the address, also
    those of other routes."""
    assert isinstance(error, HTTPException)
    headers = dict(error.headers or {})
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        headers["Allow"] = ", ".join(sorted(_methods_at(request)))
    code, param = getattr(error, "code", None), getattr(error, "param", None)
    return api_problem(request.scope, error.status_code, str(error.detail), headers, code, param)


def own_error(request: Request, error: Exception) -> Response:
    """What the hub itself refuses: nothing is there, a value is not possible, or the present state does not permit it."""
    assert isinstance(error, RingfenceError)
    if isinstance(error, NotFound):
        return api_problem(request.scope, 404, str(error))
    if isinstance(error, RetryLater):
        return api_problem(request.scope, 503, str(error), RETRY)
    field = (error.param or error.field) if isinstance(error, CannotDo) else ""
    if not field:
        return api_problem(request.scope, 409, str(error))
    code: Code | None = "invalid_cursor" if field == "after" else None
    return api_problem(request.scope, 422, str(error), code=code, param=field)


def misread(request: Request, error: Exception) -> Response:
    """What FastAPI's validation refuses; `param` names the first value, the detail all of them."""
    assert isinstance(error, RequestValidationError)
    found = {_name_of(each): f"{_name_of(each)} {_expected(each)}" for each in error.errors()}
    in_body = any(each["loc"][0] == "body" for each in error.errors())
    names = sorted(name for name in found if name)
    detail = "; ".join(found[name] for name in names) or "The body cannot be read; send a JSON object"
    param = names[0] if names else None
    return api_problem(request.scope, 422, f"{detail}.", code="invalid_body" if in_body else None, param=param)


def away(request: Request, error: Exception) -> Response:
    """The database does not answer."""
    return api_problem(request.scope, 503, headers=RETRY)


def failed(request: Request, error: Exception) -> Response:
    """A defect of the hub."""
    log.error("api request failed", error=type(error).__name__, place=place_of(error))
    return api_problem(request.scope, 500)


HANDLERS: Mapping[type[Exception], ExceptionHandler] = {
    HTTPException: http_error,
    RingfenceError: own_error,
    RequestValidationError: misread,
    SQLAlchemyError: away,
    DatabaseAway: away,
    Exception: failed,
}


def _methods_at(request: Request) -> set[str]:
    routes = request.app.router.routes
    found = (each for each in routes if each.matches(request.scope)[0] is not Match.NONE)
    return {method for each in found for method in getattr(each, "methods", None) or ()}


def _name_of(error: Mapping[str, Any]) -> str:
    """The parameter or field at fault; empty for the body as a whole."""
    return ".".join(str(each) for each in error["loc"][1:] if isinstance(each, str | int))


def _expected(error: Mapping[str, Any]) -> str:
    """What a parameter must be, without what was sent."""
    kind = str(error["type"])
    if kind == "missing":
        return "is missing"
    if kind == "extra_forbidden":
        return "is no field of this body"
    if kind == "literal_error":
        return f"must be one of {error['ctx']['expected']}".replace("'", "").replace(" or ", ", ")
    if kind == "string_pattern_mismatch":
        return "is blank, or has characters that it cannot have"
    return FORMS.get(kind.split("_")[0]) or str(error["msg"]).replace("Input should", "must")
