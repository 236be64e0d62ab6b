"""`/webhooks-out`: the endpoints that get what happens, their events, and the deeds of both."""

from hub.web.pages.webhooks_out import deeds, details, form, listing

PAGES = (*listing.PAGES, *form.PAGES, *details.PAGES, *deeds.PAGES)
