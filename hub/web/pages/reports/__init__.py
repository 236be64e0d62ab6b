"""`/reports`: what brought the calls, who answered them, and when they came; and links to one report."""

from hub.web.pages.reports import emails, import_costs, links, page, saved
from hub.web.pages.reports.public_link import SharedReports

__all__ = ["PAGES", "SharedReports"]
PAGES = (*saved.PAGES, *page.PAGES, *links.PAGES, *emails.PAGES, *import_costs.PAGES)
