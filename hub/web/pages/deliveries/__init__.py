"""`/deliveries`: what was to be sent to ad networks and CRMs, what became of it, and sending it again."""

from hub.web.pages.deliveries import bulk, deliveries_page, details, export

PAGES = (*deliveries_page.PAGES, *export.PAGES, *bulk.PAGES, *details.PAGES)
"""`/deliveries/bulk` comes before `/deliveries/{delivery_id}`, which would match it too."""
