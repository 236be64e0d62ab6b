"""`/style`: each component in each state, for developers of pages."""

from __future__ import annotations

from starlette.responses import Response

from hub.web.pages.guard import Page
from hub.web.pages.request import PageRequest


def style(page: PageRequest) -> Response:
    """The components, with sample words."""
    return page.render("style.html", title="Style")


PAGES = (Page("/style", style, action=None),)
