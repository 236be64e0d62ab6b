"""`/companies`: the companies of the account."""

from __future__ import annotations

from collections import Counter

from starlette.responses import Response

from hub.queries.flows.current import opening_of
from hub.web.pages.companies.form import TRACKING
from hub.web.pages.guard import Page
from hub.web.pages.request import PageRequest


def listing(page: PageRequest) -> Response:
    """All companies that the user may see."""
    sections = page.hub.config.companies_by_name
    numbers = Counter(line.company.name for line in page.directory.lines.values())
    return page.render(
        "companies.html",
        title="Companies",
        rows=[(each, sections.get(each.name), numbers[each.name]) for each in page.companies],
        tracking=TRACKING,
        opening=lambda each: opening_of(page.hub.config, each.name, each.time_zone, page.now),
        may_add=page.may("configure") and page.config_file is not None,
    )


PAGES = (Page("/companies", listing, "setup"),)
