"""`/`: the day so far against the same day a week ago."""

from __future__ import annotations

from starlette.responses import Response

from hub.web.pages.guard import Page
from hub.web.pages.request import PageRequest


def overview(page: PageRequest) -> Response:
    """The overview of the chosen period."""
    return page.render("overview.html", title="Overview", period=page.period("today"))


PAGES = (Page("/", overview),)
