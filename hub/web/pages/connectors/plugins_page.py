"""`/plugins`: the installed plugins, whose they are, what they may do, and updates that wait for a decision. Read-only: plugins
are changed by commands on the machine."""

from __future__ import annotations

from starlette.responses import Response

from hub.config.readers.folders import plugin_places
from hub.plugin_host.discovery import discover
from hub.queries.connectors.plugin_list import plugin_list
from hub.web.pages.connectors import connector_labels
from hub.web.pages.guard import Page
from hub.web.pages.request import PageRequest


def plugins(page: PageRequest) -> Response:
    """The page."""
    config = page.hub.config
    return page.render(
        "plugins.html",
        title="Plugins",
        found=plugin_list(discover(plugin_places(config)), config),
        words=connector_labels,
    )


PAGES = (Page("/plugins", plugins, action="configure"),)
