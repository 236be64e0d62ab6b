"""`/r/{token}`: one report for anyone who holds its link. No session, no other page, no parameters but the part of rows."""

from __future__ import annotations

import secrets
from functools import partial
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hub.access.brands import brand_of
from hub.access.report_links import open_report_link
from hub.access.scope import AccessScope
from hub.errors import NotFound
from hub.model import Company, ReportLink
from hub.platform.formats import day_of
from hub.platform.rate_limit import NetworkLimit, NetworkLimiter, networks_of
from hub.web.client_ip import Proxies
from hub.web.pages.guard import NONCE_BYTES, plain
from hub.web.pages.periods import period_of
from hub.web.pages.reports.content import Reading, table_for
from hub.web.pages.reports.kinds import choice_of
from hub.web.pages.reports.model_table import credits_by_model
from hub.web.pages.reports.page import template_values
from hub.web.pages.reports.trend import lines_of, read_weeks
from hub.web.pages.request import PageContext
from hub.web.pages.security import headers_with
from hub.web.pages.templates import rendered

log = structlog.get_logger(__name__)
LIMIT = NetworkLimit(of_address=(30.0, 0.5), of_all=(2_000.0, 20.0))
"""Requests: so many at once, then so many per second."""
NOINDEX = {"X-Robots-Tag": "noindex, nofollow"}


class SharedReports:
    """The public route of links to reports."""

    def __init__(self, context: PageContext) -> None:
        self._context = context
        self._proxies = Proxies(context.hub.config.hub.trusted_proxies)
        self._limiter = context.counters.of("shared reports", partial(NetworkLimiter, LIMIT))

    def routes(self) -> list[Route]:
        """The only route."""
        return [Route("/r/{token}", self._endpoint, methods=["GET"])]

    async def _endpoint(self, request: Request) -> Response:
        response = await run_in_threadpool(self._serve, request)
        response.headers.update(NOINDEX)
        return response

    def _serve(self, request: Request) -> Response:
        networks = networks_of(self._proxies.client_of(request))
        if not self._limiter.may("", networks, self._context.hub.clock()):
            limited = plain(429, "Too many requests. Try again in a minute.")
            limited.headers["Retry-After"] = "60"
            return limited
        try:
            return self._show(request)
        except SQLAlchemyError as error:
            log.warning("shared report failed", error=type(error).__name__)
            return plain(503, "The database does not answer. Try again in a moment.")

    def _show(self, request: Request) -> Response:
        with self._context.hub.store.reading() as session:
            found = open_report_link(session, str(request.path_params["token"]), self._context.hub.clock())
        if found is None:
            return self._gone()
        try:
            return self._report(request, *found)
        except NotFound:  # a report of an earlier release
            return self._gone()

    def _report(self, request: Request, link: ReportLink, scope: AccessScope) -> Response:
        hub = self._context.hub
        with hub.store.reading_as(link.account_id, (link.company_id,)) as session:
            company: Company = scope.one(session, Company, link.company_id)
            brand = brand_of(session, link.account_id)
            query = dict(parse_qsl(link.query))
            if after := request.query_params.get("after"):
                query["after"] = after
            zone = ZoneInfo(company.time_zone)
            choice = choice_of(link.report, query, period_of(query, zone, hub.clock()))
            reading = Reading(session, scope, [company], choice, lambda filters: None, hub.clock())
            weeks = read_weeks(session, [company], choice) if choice.kind.name == "trend" else None
            table = table_for(reading, weeks)
            models = credits_by_model(reading) if choice.all_models else None
            trend = lines_of(weeks, [company], choice) if weeks else None
        values = template_values(choice, table, [company], models, trend)
        return self._page(
            "shared_report.html", 200, title=f"{choice.kind.title}, {company.title}", company=company,
            brand=brand, ends=day_of(link.ends_at, zone), path=request.url.path, **values,
        )  # fmt: skip

    def _gone(self) -> Response:
        return self._page("shared_report_gone.html", 404, title="Not found")

    def _page(self, template: str, status: int, **values: object) -> Response:
        headers = headers_with(secrets.token_urlsafe(NONCE_BYTES), https=self._context.https)
        headers["Referrer-Policy"] = "no-referrer"  # the address is the key
        return Response(rendered(template, None, values), status, headers, media_type="text/html")
