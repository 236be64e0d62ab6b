"""`/flows`: call flows as an indented list and as a form, simulated calls, versions, publishing."""

from hub.web.pages.flows import deeds, editor, listing, new, publish, remove

PAGES = (*listing.PAGES, *new.PAGES, *editor.PAGES, *deeds.PAGES, *publish.PAGES, *remove.PAGES)
