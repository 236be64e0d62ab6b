"""`/unsubscribe/{token}`: ends one kind of email without a sign-in. A GET only asks, so that no mail scanner ends it."""

from __future__ import annotations

import secrets

import structlog
from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hub.alerts.unsubscribe import end_mails, read_token
from hub.platform.rate_limit import NetworkLimit, NetworkLimiter, networks_of
from hub.web.client_ip import Proxies
from hub.web.pages.guard import NONCE_BYTES, plain
from hub.web.pages.request import PageContext
from hub.web.pages.security import headers_with
from hub.web.pages.templates import rendered

log = structlog.get_logger(__name__)
LIMIT = NetworkLimit(of_address=(30.0, 0.5), of_all=(2_000.0, 20.0))
"""Requests: so many at once, then so many per second."""


class Unsubscribe:
    """The public route of links in emails. Mail programs send the POST themselves (RFC 8058), without any cookie; the
    signed token is the only key, and it can do nothing but end these emails."""

    def __init__(self, context: PageContext) -> None:
        self._context = context
        self._proxies = Proxies(context.hub.config.hub.trusted_proxies)
        self._limiter = NetworkLimiter(LIMIT)

    def routes(self) -> list[Route]:
        """The only route."""
        return [Route("/unsubscribe/{token}", self._endpoint, methods=["GET", "POST"])]

    async def _endpoint(self, request: Request) -> Response:
        return await run_in_threadpool(self._serve, request)

    def _serve(self, request: Request) -> Response:
        hub = self._context.hub
        if not self._limiter.may("", networks_of(self._proxies.client_of(request)), hub.clock()):
            return plain(429, "Too many requests. Try again in a minute.")
        token = str(request.path_params["token"])
        try:
            with hub.store.reading() as session:
                found = read_token(session, hub, token)
            if found is not None and request.method == "POST":
                with hub.store.writing() as session:
                    end_mails(session, hub, found)
        except SQLAlchemyError as error:
            log.warning("unsubscription failed", error=type(error).__name__)
            return plain(503, "The database does not answer. Try again in a moment.")
        headers = headers_with(secrets.token_urlsafe(NONCE_BYTES), https=self._context.https)
        headers["Referrer-Policy"], headers["X-Robots-Tag"] = "no-referrer", "noindex, nofollow"
        values = {"title": "Emails", "wanted": found, "done": request.method == "POST"}
        page = rendered("unsubscribe.html", None, values)
        return Response(page, 200 if found else 404, headers, media_type="text/html")
