"""`/alerts`: a user's own alerts, and what they want to hear of by which channel."""

from hub.web.pages.alerts import alerts_page, channels, choices

PAGES = (*alerts_page.PAGES, *choices.PAGES, *channels.PAGES)
