"""The table of all pages. Tests walk it: each role, each method, each parameter."""

from __future__ import annotations

import threading

from starlette.routing import Route

from hub.access.sign_in.sessions import SessionLifetime
from hub.numbers.directory import LiveDirectory
from hub.platform.rate_limit import Counters
from hub.reload import ConfigFile
from hub.runtime import Hub
from hub.web.oauth.routes import OAuthRoutes
from hub.web.pages import (
    alerts,
    assistants,
    audit,
    branding,
    call,
    calls,
    companies,
    config,
    connectors,
    conversions,
    deliveries,
    do_not_contact,
    flows,
    live,
    numbers,
    overview,
    people,
    privacy,
    reports,
    search,
    spam,
    status,
    style,
    texts,
    users,
    webhooks_out,
)
from hub.web.pages.app.install import app_routes
from hub.web.pages.app.unsubscribe import Unsubscribe
from hub.web.pages.guard import Page, SignedIn
from hub.web.pages.request import PageContext
from hub.web.pages.static_files import static_routes
from hub.web.sign_in import me, my_passkeys, my_password
from hub.web.sign_in.routes import door_routes

PACKAGES = (
    connectors, deliveries, do_not_contact, flows, overview, people, privacy, search, calls, texts, reports, config,
    status, style, me, my_passkeys, my_password, call, numbers, conversions, users, audit, alerts, branding, companies,
    spam, webhooks_out, assistants,
)  # fmt: skip
PAGES: tuple[Page, ...] = tuple(page for each in PACKAGES for page in each.PAGES)


def page_context(
    hub: Hub,
    directory: LiveDirectory,
    config_file: ConfigFile | None,
    counters: Counters,
    retired: threading.Event,
) -> PageContext:
    """What all pages of a hub share."""
    public_url = str(hub.config.hub.public_url)
    https = public_url.startswith("https:")
    return PageContext(hub, https, public_url, directory, config_file, counters, retired)


def page_routes(hub: Hub, directory: LiveDirectory | None = None, config_file: ConfigFile | None = None) -> list[Route]:
    """Every route of the web interface; it reads the directory itself if none is given."""
    return routes_of(
        page_context(hub, directory or LiveDirectory(hub.store), config_file, Counters(), threading.Event())
    )


def signed_in_of(context: PageContext) -> SignedIn:
    """What turns page functions into endpoints, with the hub's own lifetime of sessions."""
    lasting = context.hub.config.hub.sign_in
    return SignedIn(context, SessionLifetime(lasting.idle, lasting.absolute))


def routes_of(context: PageContext) -> list[Route]:
    """Every route of the web interface."""
    hub, signed_in = context.hub, signed_in_of(context)
    return [
        *static_routes(),
        *branding.brand_routes(hub),
        Route("/live/events", live.LiveEvents(context, signed_in).endpoint, methods=["GET"]),
        *door_routes(context, signed_in),
        *reports.SharedReports(context).routes(),
        *app_routes(hub),
        *Unsubscribe(context).routes(),
        *OAuthRoutes(hub, context.counters).routes(),
        *(Route(page.path, signed_in.endpoint(page), methods=[page.method]) for page in PAGES),
    ]
