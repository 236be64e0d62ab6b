"""The page about spam: policies of companies, blocked and allowed callers."""

from hub.web.pages.spam import page

PAGES = page.PAGES
