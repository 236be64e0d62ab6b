"""The pages of assistants that connect by OAuth: what is allowed, and what is connected."""

from hub.web.pages.assistants import connections, consent

PAGES = (*connections.PAGES, *consent.PAGES)
