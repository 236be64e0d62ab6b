"""`/flows`: call flows as a graph and as a form, simulated calls, versions, publishing."""

from hub.web.pages.flows import deeds, editor, listing, new, publish

PAGES = (*listing.PAGES, *new.PAGES, *editor.PAGES, *deeds.PAGES, *publish.PAGES)
