"""`/mcp`: the MCP server over HTTP, behind the API keys and the rate limit of the APIs. It keeps no session and no stream:
each POST is one request of one key."""

from __future__ import annotations

from contextvars import ContextVar
from typing import Any
from urllib.parse import urlsplit

from mcp.server.transport_security import TransportSecuritySettings
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request

from hub.access.narrowing import to_account
from hub.platform.rate_limit import Counters
from hub.runtime import Hub
from hub.web.api.auth import Authenticator
from hub.web.edge_rules import MAX_API_BODY_BYTES
from hub.web.mcp.reader import Reader
from hub.web.mcp.server import make_server
from hub.web.public_requests import refusal
from hub.web.request_body import ASGI

PATH = "/mcp"
NO_REBINDING_CHECK = TransportSecuritySettings(enable_dns_rebinding_protection=False)
"""The package compares Host with a list; here a key is needed, and Origin is compared with the public address."""


class McpEndpoint:
    """The ASGI application of one hub."""

    def __init__(self, hub: Hub, counters: Counters) -> None:
        self._hub = hub
        self._authenticator = Authenticator(hub, to_account, counters)
        self._reader: ContextVar[Reader] = ContextVar("reader")
        self._server = make_server(self._reader.get)
        public = urlsplit(str(hub.config.hub.public_url))
        self._origin = f"{public.scheme}://{public.netloc}"

    async def __call__(self, scope: Any, receive: ASGI, send: ASGI) -> None:
        """Serve one request."""
        request = Request(scope)
        try:
            self._refuse_foreign(request)
            key, user, _ = await run_in_threadpool(self._authenticator.admit, request)
        except HTTPException as error:
            answer = refusal(error.status_code, str(error.detail))
            answer.headers.update(error.headers or {})
            await answer(scope, receive, send)
            return
        self._reader.set(Reader(self._hub, user, key.personal_data))
        app = self._server.streamable_http_app(
            streamable_http_path=PATH,
            json_response=True,
            stateless_http=True,
            max_request_body_size=MAX_API_BODY_BYTES,
            transport_security=NO_REBINDING_CHECK,
        )
        async with app.router.lifespan_context(app):
            await app(scope, receive, send)

    def _refuse_foreign(self, request: Request) -> None:
        """403 for a page of another site, 405 for anything but a POST: the server opens no stream.

        Source: modelcontextprotocol.io/specification, transports, on Origin and on GET.
        """
        if request.headers.get("origin") not in (None, self._origin):
            raise HTTPException(403, "This page may not ask here.")
        if request.method != "POST":
            raise HTTPException(405, "Send a POST; this server opens no stream.", {"Allow": "POST"})
