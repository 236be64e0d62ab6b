"""`/status`: how the hub itself is, and test calls."""

from hub.web.pages.status import calling, page

PAGES = (*page.PAGES, *calling.PAGES)
