"""`/connectors`: the connectors and the installed plugins, what needs somebody, and connecting another account."""

from hub.web.pages.connectors import choose, connectors_page, details, new, plugins_page, sign_in

PAGES = (*new.PAGES, *choose.PAGES, *sign_in.PAGES, *connectors_page.PAGES, *details.PAGES, *plugins_page.PAGES)
