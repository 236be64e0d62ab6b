"""The audit log with filters, the proof of its chain, and its export."""

from hub.web.pages.audit import audit_page, export

PAGES = (*audit_page.PAGES, *export.PAGES)
