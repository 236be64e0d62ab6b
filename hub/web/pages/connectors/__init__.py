"""`/connectors`: the connectors and the installed plugins, what needs somebody, and connecting another account."""

from hub.web.pages.connectors import details, listing

PAGES = (*listing.PAGES, *details.PAGES)
