"""The audit log with filters, the proof of its chain, and its export."""

from hub.web.pages.audit.audit_page import PAGES as PAGES
