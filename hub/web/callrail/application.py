"""The ASGI application of the API, on Starlette's router: signs the user in, and turns errors into CallRail's."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from itertools import pairwise
from typing import Any
from urllib.parse import parse_qsl, unquote

from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, Router
from starlette.types import ASGIApp, Receive, Scope, Send

from hub.access.narrowing import Narrow, to_account
from hub.callrail.ids import ACCOUNT, is_named
from hub.errors import CannotDo, ConfigError, NotFound, RetryLater, RingfenceError
from hub.numbers.directory import LiveDirectory
from hub.platform.rate_limit import Counters
from hub.reload import ConfigFile
from hub.runtime import Hub
from hub.store.outage import DatabaseAway
from hub.web.api.auth import Authenticator
from hub.web.api.once import REPLAYED, Once, checked_key, request_bytes
from hub.web.api.trackers.config_edits import Tools
from hub.web.callrail import accounts, call_parts, call_reports, forms, leads, not_taken, texts
from hub.web.callrail.calls import CALLS
from hub.web.callrail.companies import COMPANIES
from hub.web.callrail.not_taken import refuse
from hub.web.callrail.paging import Counts
from hub.web.callrail.request import CallRailRequest, Parameters
from hub.web.callrail.resource import ANY_ROLE, LISTED_ACCOUNTS, Answer, Endpoint, Resource
from hub.web.callrail.trackers import TRACKERS
from hub.web.callrail.users import USERS
from hub.web.callrail.writing import ENDPOINTS as WRITES

BASE = "/v3/a"
NO_ROUTE = "Not found"
UNREADABLE_FILE = "config.yaml has a problem that its operator has to repair first; hub check shows it."
WITHOUT_BODY = ("GET", "DELETE")
SENT, ACCOUNT_NAMED = "sent", "account"
"""Parts of a path besides its ids: the path below `BASE` as it was sent, and the account."""


def create_callrail_api(
    hub: Hub,
    narrow: Narrow = to_account,
    counters: Counters | None = None,
    directory: LiveDirectory | None = None,
    config_file: ConfigFile | None = None,
) -> ASGIApp:
    """The API of one hub; `narrow` is the account filter of its queries. Without `config_file` nothing that stands in
    config.yaml can be changed. Paths are taken with and without `.json`, and with a `/` at the end."""
    tools = Tools(directory or LiveDirectory(hub.store), config_file)
    authenticator = Authenticator(hub, narrow, counters or Counters(), token_key, "Token")
    paths: dict[str, list[Endpoint]] = {}
    for each in sorted(every_endpoint(Counts()), key=lambda each: each.path.count("{")):
        paths.setdefault(each.path, []).append(each)
    router = Router(
        [Route(_route(path), Address(authenticator, tools, endpoints)) for path, endpoints in paths.items()],
        redirect_slashes=False,
        default=Address(authenticator, tools, ()),
    )

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        sent = scope["path"].removeprefix(BASE).strip("/")
        plain = sent.removesuffix(".json").strip("/")
        await router({**scope, "root_path": "", "path": f"/{plain}", "path_params": {SENT: sent}}, receive, send)

    return serve


def _route(path: str) -> str:
    return "/" if path == LISTED_ACCOUNTS else f"/{{{ACCOUNT_NAMED}}}/{path}".rstrip("/")


def token_key(request: Request) -> str:
    """The key of `Authorization: Token token=KEY` or `Token token="KEY"`; a bearer key is taken, too."""
    scheme, _, rest = request.headers.get("authorization", "").partition(" ")
    if scheme.casefold() == "bearer":
        return rest.strip()
    found = re.match(r'\s*token\s*=\s*"?([^",\s]+)"?', rest) if scheme.casefold() == "token" else None
    return found[1] if found else ""


class Address:
    """The ASGI application of one path: signs the user in, calls the endpoint of the method, and turns errors into
    CallRail's. Without endpoints nothing is found, but after the sign-in, so that an unknown client learns nothing."""

    def __init__(self, authenticator: Authenticator, tools: Tools, endpoints: Sequence[Endpoint]) -> None:
        self._authenticator, self._tools = authenticator, tools
        self._endpoints: dict[str, Endpoint] = {each.method: each for each in endpoints}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        request = Request(scope, receive)
        try:
            body = b"" if request.method in WITHOUT_BODY else await request.body()
            answer = await run_in_threadpool(self._answer, request, body)
        except HTTPException as error:
            answer = _refused(error)
        answer.headers["Cache-Control"] = "no-store"
        await answer(scope, receive, send)

    def _answer(self, request: Request, body: bytes) -> Response:
        limits: dict[str, str] = {}
        try:
            endpoint = self._endpoint(request)
            authorized = self._authenticator.authorize(request, *endpoint.actions)
            limits = dict(authorized.limits)
            ids = dict(request.path_params)
            path, account = ids.pop(SENT).partition("/")[2], ids.pop(ACCOUNT_NAMED, None)
            if account is not None and not is_named(ACCOUNT, account, authorized.user.account_id):
                raise NotFound("Account not found")
            if "\0" in unquote(request.url.query):
                raise CannotDo("The address has a NUL character.")
            key = checked_key(request.headers.get("idempotency-key"))
            once = Once(key, request_bytes(request, body), partial(limits.update, {REPLAYED: "true"}))
            parameters = Parameters(request.query_params)
            members = members_of(request.headers.get("content-type", ""), body)
            query = CallRailRequest(authorized, parameters, path, ids, members, once, self._tools)
            refuse(endpoint, query)
            answer = _response(endpoint.answer(query))
        except (HTTPException, RingfenceError, DatabaseAway, SQLAlchemyError) as error:
            answer = _refused(error)
        for name, value in limits.items():
            answer.headers.setdefault(name, value)
        return answer

    def _endpoint(self, request: Request) -> Endpoint:
        endpoint = self._endpoints.get(request.method)
        if endpoint is None:
            self._authenticator.authorize(request, *ANY_ROLE)
            if self._endpoints:
                raise HTTPException(405, f"This address takes {', '.join(sorted(self._endpoints))}.")
            raise NotFound(NO_ROUTE)
        return endpoint


def _response(answer: Answer) -> Response:
    if answer is None:
        return Response(status_code=204)
    return answer if isinstance(answer, Response) else JSONResponse(dict(answer))


def _refused(error: Exception) -> Response:
    """The answer to an error, as CallRail's clients read it."""
    if isinstance(error, HTTPException):
        return _refusal(error.status_code, str(error.detail), error.headers)
    if isinstance(error, RetryLater):
        return _refusal(503, str(error), {"Retry-After": str(math.ceil(error.after or 5))})
    if isinstance(error, ConfigError):
        return _refusal(503, UNREADABLE_FILE, {"Retry-After": "60"})
    if isinstance(error, RingfenceError):
        return _refusal(404 if isinstance(error, NotFound) else 400, " ".join(str(error).split()))
    return _refusal(503, "The database does not answer; try again.", {"Retry-After": "5"})


def _refusal(status: int, text: str, headers: Mapping[str, str] | None = None) -> Response:
    return JSONResponse({"error": text}, status, dict(headers or {}))


FORM = "application/x-www-form-urlencoded"
MAX_DEPTH = 5
UNREADABLE = "The body cannot be read; send a JSON object."


def members_of(content_type: str, body: bytes) -> dict[str, object]:
    """The members of a body; those that are null are left out, because null means "not given"."""
    if not body.strip():
        return {}
    try:
        text = body.decode()
        if content_type.partition(";")[0].strip().casefold() == FORM:
            return nested(parse_qsl(text, keep_blank_values=True))
        found = json.loads(text)
    except (ValueError, RecursionError):
        raise CannotDo(UNREADABLE) from None
    if not isinstance(found, dict):
        raise CannotDo("The body must be a JSON object.")
    return {name: value for name, value in found.items() if value is not None}


def nested(fields: Iterable[tuple[str, str]]) -> dict[str, object]:
    """The fields of a form, in which `call_flow[type]=basic` is a member of an object and `tags[]=a` an entry of a list."""
    tree: dict[str, Any] = {}
    for name, value in fields:
        first, *inner = name.split("[", MAX_DEPTH)
        keys = [first, *(each.removesuffix("]") for each in inner)]
        node: Any = tree
        for key, following in pairwise(keys):
            node = node.setdefault(key, {} if following else []) if isinstance(node, dict) else None
        if isinstance(node, list) and not keys[-1]:
            node.append(value)
        elif isinstance(node, dict):
            node[keys[-1]] = value
        else:
            raise CannotDo(UNREADABLE)
    return tree


RESOURCES: tuple[Resource, ...] = (
    CALLS,
    COMPANIES,
    TRACKERS,
    USERS,
    forms.FORMS,
    texts.TEXT_MESSAGES,
    texts.SMS_THREADS,
    leads.LEADS,
)
ENDPOINTS: tuple[Endpoint, ...] = (
    *accounts.ENDPOINTS,
    *call_parts.ENDPOINTS,
    *call_reports.ENDPOINTS,
    *forms.ENDPOINTS,
    *leads.ENDPOINTS,
    *not_taken.ENDPOINTS,
    *WRITES,
)


def every_endpoint(counts: Counts) -> tuple[Endpoint, ...]:
    """The lists and records of all resources, and all other endpoints."""
    return (*ENDPOINTS, *(each for resource in RESOURCES for each in resource.endpoints(counts)))
