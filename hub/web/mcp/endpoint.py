"""`/mcp`: the MCP server over HTTP, behind the API keys and the rate limit of the APIs, or behind the tokens of assistants that
users connected (hub.web.oauth). It keeps no session and no stream: each POST is one request."""

from __future__ import annotations

from contextvars import ContextVar
from typing import Any
from urllib.parse import urlsplit

from mcp.server.transport_security import TransportSecuritySettings
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request

from hub.access.assistants.grants import ACCESS_PREFIX, holder_of_access_token, note_use
from hub.access.narrowing import to_account
from hub.access.scope import scope_of
from hub.platform.rate_limit import Counters
from hub.runtime import Hub
from hub.web.api.auth import Authenticator, bearer_key
from hub.web.edge_rules import MAX_API_BODY_BYTES
from hub.web.mcp.reader import Reader
from hub.web.mcp.server import make_server
from hub.web.oauth.addresses import MCP_PATH, OAuthAddresses
from hub.web.public_requests import refusal
from hub.web.request_body import ASGI

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
        self._addresses = OAuthAddresses.of(str(hub.config.hub.public_url))

    async def __call__(self, scope: Any, receive: ASGI, send: ASGI) -> None:
        """Serve one request."""
        request = Request(scope)
        try:
            self._refuse_foreign(request)
            reader = await run_in_threadpool(self._admitted, request)
        except HTTPException as error:
            answer = refusal(error.status_code, str(error.detail))
            answer.headers.update(error.headers or {})
            if error.status_code == 401 and self._addresses.is_offered:
                answer.headers["WWW-Authenticate"] = self._addresses.challenge(
                    "invalid_token" if bearer_key(request) else ""
                )
            await answer(scope, receive, send)
            return
        self._reader.set(reader)
        app = self._server.streamable_http_app(
            streamable_http_path=MCP_PATH,
            json_response=True,
            stateless_http=True,
            max_request_body_size=MAX_API_BODY_BYTES,
            transport_security=NO_REBINDING_CHECK,
        )
        async with app.router.lifespan_context(app):
            await app(scope, receive, send)

    def _admitted(self, request: Request) -> Reader:
        """Who asks: by a token that a user allowed, or by an API key. 401 without a living one, 429 if it is used too often.
        What an owner let it see in clear is masked as soon as that user does not own the whole account any more."""
        token, hub = bearer_key(request), self._hub
        if not token.startswith(ACCESS_PREFIX):
            key, user, _ = self._authenticator.admit(request)
            return Reader(hub, user, key.personal_data)
        now = hub.clock()
        with hub.store.reading() as session:
            holder = holder_of_access_token(session, token, self._addresses.resource, now)
            is_owner = holder is not None and scope_of(session, holder[1], "users") is not None
        if holder is None or not self._addresses.is_offered:
            raise HTTPException(401, "This token opens nothing any more; connect again.")
        grant, user = holder
        self._authenticator.limited(grant.id, now)
        note_use(hub.store, grant, now)
        return Reader(hub, user, grant.personal_data and is_owner)

    def _refuse_foreign(self, request: Request) -> None:
        """403 for a page of another site, 405 for anything but a POST: the server opens no stream.

        Source: modelcontextprotocol.io/specification, transports, on Origin and on GET.
        """
        if request.headers.get("origin") not in (None, self._origin):
            raise HTTPException(403, "This page may not ask here.")
        if request.method != "POST":
            raise HTTPException(405, "Send a POST; this server opens no stream.", {"Allow": "POST"})
