"""`/webhooks-out`: the endpoints of the companies, and how each does."""

from __future__ import annotations

from starlette.responses import Response

from hub.queries.webhooks_out import endpoints_of
from hub.web.pages.guard import Page
from hub.web.pages.request import PageRequest
from hub.web.pages.webhooks_out.webhook_labels import FORMATS, HEALTH, TYPES

PATH = "/webhooks-out"


def listing(page: PageRequest) -> Response:
    """The list."""
    companies = page.shown_companies
    with page.session() as session:
        rows = endpoints_of(session, page.hub.config, companies, page.now)
    return page.render(
        "webhooks_out.html",
        title="Webhooks",
        rows=rows,
        health=HEALTH,
        types=TYPES,
        formats=FORMATS,
        may_add=page.may("configure") and page.config_file is not None,
    )


PAGES = (Page(PATH, listing, "setup"),)
