"""The users of an account, their access, and their API keys."""

from hub.web.pages.users import deeds, listing, one_user

PAGES = (*listing.PAGES, *one_user.PAGES, *deeds.PAGES)
