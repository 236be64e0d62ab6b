"""`/companies`: the account's companies, and the part of config.yaml that describes each."""

from hub.web.pages.companies import end, form, listing

PAGES = (*listing.PAGES, *form.PAGES, *end.PAGES)
