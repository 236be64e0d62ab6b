"""`/companies`: the account's companies, and the part of config.yaml that describes each."""

from hub.web.pages.companies import deeds, end, listing

PAGES = (*listing.PAGES, *deeds.PAGES, *end.PAGES)
