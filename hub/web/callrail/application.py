"""The ASGI application of the API: finds the endpoint of a path, signs the user in, and turns errors into CallRail's."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any
from urllib.parse import parse_qsl, unquote

from fastapi import HTTPException
from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException as StarletteHTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from hub.access.narrowing import Narrow, to_account
from hub.callrail.ids import ACCOUNT, is_named
from hub.errors import CannotDo, NotFound, RetryLater, RingfenceError
from hub.numbers.directory import LiveDirectory
from hub.rate_limit import Counters
from hub.reload import ConfigFile
from hub.runtime import Hub
from hub.store.outage import DatabaseAway
from hub.web.api.auth import Authenticator
from hub.web.api.once import REPLAYED, Once, checked_key, request_bytes
from hub.web.callrail.paging import Counts
from hub.web.callrail.request import Asked, Parameters, Tools
from hub.web.callrail.resource import Answer, Endpoint
from hub.web.callrail.routes import every_endpoint
from hub.web.request_body import ASGI

BASE = "/v3/a"
NO_ROUTE = "Not found"
WITHOUT_BODY = ("GET", "DELETE")


def create_callrail_api(
    hub: Hub,
    narrow: Narrow = to_account,
    counters: Counters | None = None,
    directory: LiveDirectory | None = None,
    config_file: ConfigFile | None = None,
) -> CallRailApi:
    """The API of one hub; `narrow` is the account filter of its queries. Without `config_file` nothing that stands in
    config.yaml can be changed."""
    tools = Tools(directory or LiveDirectory(hub.store), config_file)
    return CallRailApi(hub, narrow, counters or Counters(), every_endpoint(Counts()), tools)


def token_key(request: Request) -> str:
    """The key of `Authorization: Token token=KEY` or `Token token="KEY"`; a bearer key is taken, too."""
    scheme, _, rest = request.headers.get("authorization", "").partition(" ")
    if scheme.casefold() == "bearer":
        return rest.strip()
    found = re.match(r'\s*token\s*=\s*"?([^",\s]+)"?', rest) if scheme.casefold() == "token" else None
    return found[1] if found else ""


class CallRailApi:
    """An ASGI application below `/v3`. Paths are taken with and without `.json`, and with a `/` at the end."""

    def __init__(
        self, hub: Hub, narrow: Narrow, counters: Counters, endpoints: Sequence[Endpoint], tools: Tools
    ) -> None:
        self._tools = tools
        self._authenticator = Authenticator(hub, narrow, counters, token_key, "Token")
        ordered = sorted(endpoints, key=lambda each: each.path.count("{"))
        self.endpoints = [(_pattern(each.path), each) for each in ordered]

    async def __call__(self, scope: Any, receive: ASGI, send: ASGI) -> None:
        """Serve one request."""
        request = Request(scope, receive)
        try:
            body = b"" if request.method in WITHOUT_BODY else await request.body()
            answer = await run_in_threadpool(self._answer, request, body)
        except StarletteHTTPException as error:
            answer = refusal(error.status_code, str(error.detail), error.headers)
        answer.headers["Cache-Control"] = "no-store"
        await answer(scope, receive, send)

    def _answer(self, request: Request, body: bytes) -> Response:
        limits: dict[str, str] = {}
        try:
            endpoint, account, path, ids = self._found(request)
            authorized = self._authenticator.authorize(request, *endpoint.actions)
            limits = dict(authorized.limits)
            if account is not None and not is_named(ACCOUNT, account, authorized.user.account_id):
                raise NotFound("Account not found")
            if "\0" in unquote(request.url.query):
                raise CannotDo("The address has a NUL character.")
            parameters = Parameters(request.query_params)
            key = checked_key(request.headers.get("idempotency-key"))
            once = Once(key, request_bytes(request, body), partial(limits.update, {REPLAYED: "true"}))
            asked = Asked(authorized, parameters, path, ids, _members(request, body), once, self._tools)
            answer = _response(endpoint.answer(asked))
        except HTTPException as error:
            answer = refusal(error.status_code, str(error.detail), error.headers)
        except NotFound as error:
            answer = refusal(404, str(error))
        except DatabaseAway:
            answer = refusal(503, "The database does not answer; try again.", {"Retry-After": "5"})
        except RetryLater as error:
            answer = refusal(503, str(error), {"Retry-After": str(math.ceil(error.after or 5))})
        except RingfenceError as error:
            answer = refusal(400, " ".join(str(error).split()))
        except SQLAlchemyError:
            answer = refusal(503, "The database does not answer; try again.", {"Retry-After": "5"})
        for name, value in limits.items():
            answer.headers.setdefault(name, value)
        return answer

    def _found(self, request: Request) -> tuple[Endpoint, str | None, str, dict[str, str]]:
        """The endpoint, the account that the path names, the path below it, and the ids in it. A path that does not exist
        is refused after the sign-in, so that strangers learn nothing."""
        sent = request.url.path.removeprefix(BASE).strip("/")
        plain = sent.removesuffix(".json").strip("/")
        account, _, path = plain.partition("/")
        if sent in ("", ".json"):
            account, path = "", ""
        methods = set()
        for pattern, endpoint in self.endpoints:
            if bool(account) != (endpoint.path != LISTED_ACCOUNTS):
                continue
            found = pattern.fullmatch(path)
            if found is not None:
                methods.add(endpoint.method)
                if endpoint.method == request.method:
                    return endpoint, account or None, sent.partition("/")[2], found.groupdict()
        self._authenticator.authorize(request, "account", "calls", "audit")
        if methods:
            raise HTTPException(405, f"This address takes {', '.join(sorted(methods))}.")
        raise NotFound(NO_ROUTE)


LISTED_ACCOUNTS = "*"
"""The path of the endpoint above all accounts."""


def _pattern(path: str) -> re.Pattern[str]:
    if path == LISTED_ACCOUNTS:
        return re.compile("")
    return re.compile(re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(path)))


def _members(request: Request, body: bytes) -> dict[str, Any]:
    """The members of a JSON object, or the fields of a form; those that are null are left out."""
    if not body.strip():
        return {}
    kind = request.headers.get("content-type", "").partition(";")[0].strip().casefold()
    try:
        text = body.decode()
        if kind == "application/x-www-form-urlencoded":
            return dict(parse_qsl(text, keep_blank_values=True))
        found = json.loads(text)
    except ValueError:
        raise CannotDo("The body cannot be read; send a JSON object.") from None
    if not isinstance(found, dict):
        raise CannotDo("The body must be a JSON object.")
    return {name: value for name, value in found.items() if value is not None}


def _response(answer: Answer) -> Response:
    if answer is None:
        return Response(status_code=204)
    return answer if isinstance(answer, Response) else JSONResponse(dict(answer))


def refusal(status: int, text: str, headers: Mapping[str, str] | None = None) -> Response:
    """An error as CallRail's clients read it."""
    return JSONResponse({"error": text}, status, dict(headers or {}))
