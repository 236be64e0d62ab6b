"""`/webhooks-out/{company}/{name}`: one endpoint and its events."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from starlette.responses import Response

from hub.errors import existing
from hub.model import Company
from hub.platform.formats import zone_name
from hub.queries.webhooks_out import events_of, shown_endpoint
from hub.web.pages.guard import Page
from hub.web.pages.request import PageRequest
from hub.web.pages.webhooks_out.webhook_labels import (
    AGAIN,
    FORMATS,
    HEALTH,
    NOTICES,
    STATES,
    TABS,
    THIRD_PARTY,
    TYPES,
    WITHHELD,
)
from hub.web.pages.webhooks_out.webhooks_page import PATH

DAY = timedelta(days=1)
CONTACTS = ("text_received", "text_sent", "outbound_post_call")
"""Types whose subject has no page of its own below /calls."""


def details(page: PageRequest, **more: Any) -> Response:
    """The endpoint, with its newest events, and with `secret` or `error` after a deed."""
    company, chosen = company_of(page), page.query.get("state")
    with page.session() as session:
        endpoint = existing(shown_endpoint(session, page.hub.config, company, page.path("webhook"), page.now))
        found = events_of(session, endpoint.id, state=chosen, after=page.query.get("after"))
    here = path_of(company, endpoint.name)
    return page.render(
        "webhook_out.html",
        **{
            "title": endpoint.name,
            "endpoint": endpoint,
            "path": here,
            "rows": found.items,
            "older": page.link(here, state=chosen, after=found.next) if found.next else None,
            "newest": page.link(here, state=chosen) if page.query.get("after") else None,
            "tabs": [(state, word, page.link(here, state=state)) for state, word in TABS],
            "chosen": chosen,
            "health": HEALTH,
            "states": STATES,
            "again": AGAIN,
            "first": (endpoint.failing_since or page.now - DAY).astimezone(page.zone),
            "last": page.now.astimezone(page.zone),
            "types": {**TYPES, **NOTICES},
            "notices": NOTICES,
            "formats": FORMATS,
            "withheld": WITHHELD,
            "third_party": THIRD_PARTY,
            "zone": zone_name(page.zone),
            "no_page": (*CONTACTS, *NOTICES),
            "secret": None,
            **more,
        },
    )


def company_of(page: PageRequest) -> Company:
    """The company of the path."""
    return page.company_named(page.path("company"))


def path_of(company: Company, name: str) -> str:
    """The page of an endpoint."""
    return f"{PATH}/{company.name}/{name}"


PAGES = (Page(f"{PATH}/{{company}}/{{webhook}}", details, "setup"),)
