"""`/companies`: the account's companies, and the part of config.yaml that describes each."""

from hub.web.pages.companies import companies_page, end, form

PAGES = (*companies_page.PAGES, *form.PAGES, *end.PAGES)
