"""`/calls`: calls, texts and forms as one list, with filters, saved views, marks and a CSV file."""

from hub.web.pages.calls import bulk_actions, calls_page, export, phone_page, queues_page

PAGES = (*calls_page.PAGES, *export.PAGES, *bulk_actions.PAGES, *queues_page.PAGES, *phone_page.PAGES)
