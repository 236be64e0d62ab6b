"""`/alerts`: a user's own alerts, and what they want to hear of by which channel."""

from hub.web.pages.alerts import channels, choices, listing

PAGES = (*listing.PAGES, *choices.PAGES, *channels.PAGES)
