"""`/calls`: calls, texts and forms as one list, with filters, saved views, marks and a CSV file."""

from hub.web.pages.calls import deeds, export, listing

PAGES = (*listing.PAGES, *export.PAGES, *deeds.PAGES)
