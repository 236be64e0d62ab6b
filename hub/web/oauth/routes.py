"""The routes of the authorization server that programs ask: its documents, registration, tokens, revocation. The page on which
a user allows something is hub.web.pages.assistants.consent."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any

from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from hub.access.assistants.clients import register
from hub.errors import CannotDo
from hub.platform.rate_limit import Counters, NetworkLimit, NetworkLimiter, networks_of
from hub.runtime import Hub
from hub.web.client_ip import Proxies
from hub.web.oauth import server as oauth
from hub.web.oauth.addresses import MCP_PATH, REGISTER, RESOURCE_METADATA, REVOKE, SERVER_METADATA, TOKEN
from hub.web.pages.guard import fields_of
from hub.web.request_body import read_body

MAX_BODY_BYTES = 10_000
REGISTRATIONS = NetworkLimit(of_address=(10.0, 1 / 60), of_all=(100.0, 1 / 60))
"""Programs that register: each is a row."""
TOKENS = NetworkLimit(of_address=(120.0, 2.0), of_all=(5_000.0, 50.0))
PUBLIC = {"Cache-Control": "public, max-age=3600", "Access-Control-Allow-Origin": "*"}
"""The documents are the same for everybody."""
Serve = Callable[[bytes], Response]


class OAuthRoutes:
    """The routes of one hub."""

    def __init__(self, hub: Hub, counters: Counters) -> None:
        self._hub, self._server = hub, oauth.Server(hub)
        self._proxies = Proxies(hub.config.hub.trusted_proxies)
        self._registrations = counters.of("oauth registrations", partial(NetworkLimiter, REGISTRATIONS))
        self._tokens = counters.of("oauth tokens", partial(NetworkLimiter, TOKENS))

    def routes(self) -> list[Route]:
        """All of them; none if assistants elsewhere are off, or if the hub's address has no TLS."""
        addresses = self._server.addresses
        if not self._hub.config.hub.mcp or not addresses.is_offered:
            return []
        resource = self._document(addresses.resource_document())
        return [
            Route(RESOURCE_METADATA, resource),
            Route(RESOURCE_METADATA + MCP_PATH, resource),
            Route(SERVER_METADATA, self._document(addresses.server_document())),
            Route(REGISTER, self._limited(self._registrations, self._register), methods=["POST"]),
            Route(TOKEN, self._limited(self._tokens, self._token), methods=["POST"]),
            Route(REVOKE, self._limited(self._tokens, self._revoke), methods=["POST"]),
        ]

    @staticmethod
    def _document(document: Mapping[str, object]) -> Callable[[Request], Awaitable[Response]]:
        async def shown(request: Request) -> Response:
            return JSONResponse(document, headers=PUBLIC)

        return shown

    def _limited(self, limiter: NetworkLimiter, serve: Serve) -> Callable[[Request], Awaitable[Response]]:
        """The endpoint of one route: a limited body, and so many requests of one network."""

        async def endpoint(request: Request) -> Response:
            networks = networks_of(self._proxies.client_of(request))
            if not limiter.may("", networks, self._hub.clock()):
                return refused("temporarily_unavailable", "Too many requests; wait a minute.", 429)
            body = await read_body(request, MAX_BODY_BYTES)
            if body is None:
                return refused("invalid_request", "The body is too large.", 413)
            try:
                return await run_in_threadpool(serve, body)
            except SQLAlchemyError:
                return refused("temporarily_unavailable", "The database does not answer; try again.", 503)

        return endpoint

    def _register(self, body: bytes) -> Response:
        """Register a program (RFC 7591). It gets no secret, whatever it asks for."""
        try:
            metadata = json.loads(body)
        except (ValueError, RecursionError):
            metadata = None
        if not isinstance(metadata, dict):
            return refused("invalid_client_metadata", "Send a JSON object.")
        try:
            with self._hub.store.writing() as session:
                client = register(session, metadata, self._hub.clock())
        except CannotDo as error:
            return refused("invalid_redirect_uri" if "redirect" in str(error).lower() else "access_denied", str(error))
        answer = {
            "client_id": client.id,
            "client_id_issued_at": int(client.made_at.timestamp()),
            "client_name": client.name,
            "redirect_uris": client.redirect_uris,
            "token_endpoint_auth_method": "none",
            "grant_types": ["authorization_code", "refresh_token"],
            "response_types": ["code"],
        }
        return JSONResponse(answer, 201, oauth.NO_STORE)

    def _token(self, body: bytes) -> Response:
        return self._answered(body, self._server.create_token_response)

    def _revoke(self, body: bytes) -> Response:
        return self._answered(body, partial(self._server.create_endpoint_response, "revocation"))

    @staticmethod
    def _answered(body: bytes, answer: Callable[[oauth.Request], Any]) -> Response:
        fields = fields_of(body)
        if any(len(values) > 1 for name, values in fields.items() if name != "resource"):
            return refused("invalid_request", "A parameter is sent twice.")
        try:
            found: oauth.Answer = answer(oauth.Request("POST", fields))
        except ValueError:  # Authlib cannot put what was sent into an error
            return refused("invalid_request", "A parameter has characters that it may not have.")
        return found.response()


def refused(error: str, sentence: str, status: int = 400) -> Response:
    """An error in the form of RFC 6749, 5.2."""
    return JSONResponse({"error": error, "error_description": sentence}, status, oauth.NO_STORE)
