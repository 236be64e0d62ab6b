"""The audit log with filters, the proof of its chain, and its export."""

from hub.web.pages.audit import export, listing

PAGES = (*listing.PAGES, *export.PAGES)
