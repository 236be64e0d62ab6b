"""Errors of every road: a page for browsers, a problem document (RFC 9457) for programs."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import structlog
from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Scope

from hub.access.brands import RINGFENCE
from hub.platform.clock import Clock
from hub.store.outage import Outage
from hub.web.pages.security import headers_with
from hub.web.pages.templates import rendered
from hub.web.request_body import ASGI

log = structlog.get_logger(__name__)
CALLRAIL = "/v3/"
"""Its clients read errors in CallRail's own format."""
REWRITTEN = ("text/plain", "application/json")
MAX_PATH_CHARACTERS = 80
NONE_OF_OURS = {status.phrase for status in HTTPStatus} | {"Try again", "Not found", ""}
"""Sentences of frameworks, which are replaced by those below."""
PROBLEM = "application/problem+json"
WORDS: Mapping[int, tuple[str, str]] = {
    400: ("This cannot be read", "The request is not in a form that the hub reads."),
    401: ("Sign in first", "This address is for users who are signed in."),
    403: ("You may not open this", "The hub refused this request."),
    404: ("There is nothing here", "It was mistyped or deleted, or it belongs to a company that you do not see."),
    405: (
        "This address is not a page",
        "A form or a program sends something to it. Go back to the page with the form.",
    ),
    409: ("This does not fit any more", "Somebody changed it meanwhile. Open the page again."),
    410: ("This is gone", "It was deleted, or its time is over."),
    413: ("This is too large", "The form or file has more bytes than this page takes. Send less at one time."),
    422: ("That did not work", "Something in the request is not as the hub reads it."),
    429: ("Too many tries", "Too many requests came from your network in a short time."),
    500: ("Something failed in the hub", "The cause is in the hub's log. Nothing of your request was changed in part."),
    503: ("Not available for a moment", "The hub cannot answer this now. Try again in a moment."),
}
CALM = {
    429: "Nobody is locked out, and calls go on being answered meanwhile.",
    500: "Calls go on being answered. If it fails again, the person who runs this hub needs the time: {now:%F %T} UTC.",
    503: "Calls and texts are taken and kept meanwhile.",
}


@dataclass(frozen=True)
class ShownError:
    """What an error page says."""

    status: int
    title: str
    text: str
    calm: str = ""
    """What goes on in spite of the error."""
    path: str | None = None
    """The address that leads nowhere."""
    retry_after: int | None = None
    """Seconds."""


ErrorPage = Callable[[Request, ShownError], Response | None]
"""The page for the user of a request; None without a session."""
ApiProblem = Callable[[Scope, int, str], Response | None]
"""The answer of `/api/v1` to a status and the application's own sentence; None for another address."""


def wants_page(headers: Mapping[str, str]) -> bool:
    """Whether a browser asks for a page. htmx and the scripts of pages ask as programs do."""
    return "text/html" in headers.get("accept", "") and headers.get("hx-request") != "true"


def accepts_page(headers: Mapping[str, str]) -> bool:
    """Whether the answer may be a page: only a program that names other types refuses one."""
    accept = headers.get("accept", "*/*")
    return "text/html" in accept or "*/*" in accept


def problem(status: int, detail: str, headers: Mapping[str, str] | None = None) -> Response:
    """A problem document. Source: RFC 9457, 3.1; the type is `about:blank`, so the title is HTTP's own phrase (4.2.1)."""
    phrase = next((each.phrase for each in HTTPStatus if each == status), "Error")
    document = {"type": "about:blank", "title": phrase, "status": status, "detail": detail}
    return JSONResponse(document, status, {"Cache-Control": "no-store", **(headers or {})}, PROBLEM)


def described(request: Request, status: int, sentence: str, retry_after: str | None, clock: Clock) -> ShownError:
    """What the page of an error says; `sentence` is the application's own, if it has one."""
    title, text = WORDS.get(status, ("That did not work", "The hub could not answer this request."))
    path = request.url.path if status == 404 and request.method in ("GET", "HEAD") else None
    return ShownError(
        status,
        title,
        text if sentence in NONE_OF_OURS else sentence,
        CALM.get(status, "").format(now=clock()),
        path if path is None or len(path) <= MAX_PATH_CHARACTERS else f"{path[:MAX_PATH_CHARACTERS]}…",
        int(retry_after) if retry_after and retry_after.isdigit() else None,
    )


def signed_out_page(error: ShownError, *, https: bool) -> Response:
    """The page of an error for a browser without a session. It asks nothing of the database."""
    nonce = secrets.token_urlsafe(16)
    values = {"nonce": nonce, "brand": RINGFENCE, "title": error.title, "error": error}
    return Response(
        rendered("error_signed_out.html", None, values), error.status, headers_with(nonce, https=https), "text/html"
    )


class ErrorAnswers:
    """ASGI application that rewrites the errors of the application behind it. A page is passed on as it is, and so is a
    document in a format of its own."""

    def __init__(
        self, app: ASGI, page: ErrorPage, api: ApiProblem, outage: Outage, clock: Clock, *, https: bool
    ) -> None:
        self._app, self._page, self._api, self._outage, self._clock = app, page, api, outage, clock
        self._https = https

    async def __call__(self, scope: Any, receive: ASGI, send: ASGI) -> None:
        """Serve one request."""
        if scope["type"] != "http" or scope["path"].startswith(CALLRAIL):
            await self._app(scope, receive, send)
            return
        start: Any = None
        body = bytearray()

        async def rewritten(message: Any) -> None:
            nonlocal start
            if message["type"] == "http.response.start" and _is_rewritten(message):
                start = message
            elif start is None:
                await send(message)
            else:
                body.extend(message.get("body", b""))
                if not message.get("more_body"):
                    await (await self._answer(Request(scope), start, bytes(body)))(scope, receive, send)

        await self._app(scope, receive, rewritten)

    async def _answer(self, request: Request, start: Any, body: bytes) -> Response:
        status, headers = start["status"], Headers(raw=start["headers"])
        sentence = _sentence(body, headers)
        if sentence is None:
            answer = Response(body, status)
            answer.raw_headers = list(start["headers"])
            return answer
        for_program = self._api(request.scope, status, sentence)
        if for_program is not None:
            _keep(headers.items(), for_program.headers)
            return for_program
        error = described(request, status, sentence, headers.get("retry-after"), self._clock)
        answer = problem(status, error.text)
        if wants_page(request.headers):
            if self._outage.since is None:
                answer = await run_in_threadpool(self._page_of, request, error)
            else:
                answer = signed_out_page(error, https=self._https)
            if status == 503 and request.method == "GET":
                answer.headers["Refresh"] = str(error.retry_after or 5)
        _keep(headers.items(), answer.headers)
        return answer

    def _page_of(self, request: Request, error: ShownError) -> Response:
        try:
            page = self._page(request, error)
        except SQLAlchemyError as failure:
            log.warning("page failed", path="error", error=type(failure).__name__)
            page = None
        return page or signed_out_page(error, https=self._https)


def _keep(sent: Iterable[tuple[str, str]], headers: MutableHeaders) -> None:
    """What the application's own answer said besides its content."""
    for name, value in sent:
        if name not in ("content-length", "content-type"):
            if name == "set-cookie":
                headers.append(name, value)
            else:
                headers[name] = value


def _is_rewritten(message: Any) -> bool:
    if message["status"] < 400:
        return False
    headers = Headers(raw=message.get("headers", []))
    kind = headers.get("content-type", "text/plain").partition(";")[0]
    return kind in REWRITTEN and "content-encoding" not in headers


def _sentence(body: bytes, headers: Headers) -> str | None:
    """The application's own sentence; None if the document has a format of its own."""
    if not headers.get("content-type", "").startswith("application/json"):
        return body.decode("utf-8", "replace").strip()
    document = json.loads(body)
    detail = document.get("detail") if isinstance(document, dict) and document.keys() <= {"detail"} else None
    return detail if isinstance(detail, str) else None
