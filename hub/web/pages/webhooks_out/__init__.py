"""`/webhooks-out`: the endpoints that get what happens, their events, and the deeds of both."""

from hub.web.pages.webhooks_out import details, form, webhook_actions, webhooks_page

PAGES = (*webhooks_page.PAGES, *form.PAGES, *details.PAGES, *webhook_actions.PAGES)
