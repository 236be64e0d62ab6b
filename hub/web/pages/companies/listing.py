"""`/companies` and `/companies/{company}`: what the account's companies are, and the form of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from zoneinfo import available_timezones

from starlette.responses import Response

from hub.config.models import CompanySection
from hub.errors import NotFound
from hub.reload import Proposal
from hub.web.pages.companies.fields import FIELDS, NUMBER_FIELD, TRACKING, shown
from hub.web.pages.guard import Page
from hub.web.pages.request import PageRequest


def listing(page: PageRequest) -> Response:
    """All companies that the user may see."""
    sections = {each.name: each for each in page.hub.config.companies}
    numbers = Counter(line.company.name for line in page.directory.lines.values())
    return page.render(
        "companies.html",
        title="Companies",
        rows=[(each, sections.get(each.name), numbers[each.name]) for each in page.companies],
        tracking=TRACKING,
        may_add=page.may("configure") and page.config_file is not None,
    )


def company(page: PageRequest) -> Response:
    """The form of one company."""
    section = section_of(page)
    return show_form(page, section, shown(section))


def new(page: PageRequest) -> Response:
    """The form of a new company."""
    first = page.companies[0] if page.companies else None
    usual = {"country": first.country if first else "US", "time_zone": first.time_zone if first else "America/New_York"}
    return show_form(page, None, {field.name: usual.get(field.name, "") for field in (*FIELDS, NUMBER_FIELD)})


def section_of(page: PageRequest) -> CompanySection:
    """The company of the path; NotFound if it is not the user's, or no longer in config.yaml."""
    name = page.path("company")
    found = next((each for each in page.hub.config.companies if each.name == name), None)
    if found is None or name not in {each.name for each in page.companies}:
        raise NotFound("Not found")
    return found


def show_form(
    page: PageRequest,
    section: CompanySection | None,
    values: Mapping[str, str],
    status: int = 200,
    *,
    name: str = "",
    errors: Mapping[str, str] | None = None,
    problem: str | None = None,
    proposal: Proposal | None = None,
) -> Response:
    """The form with what is wrong beside each field; `proposal` is an edit that this process cannot write."""
    file = page.config_file
    return page.render(
        "company.html",
        status,
        title=section.title if section else "New company",
        section=section,
        fields=FIELDS if section else (*FIELDS[:4], NUMBER_FIELD, *FIELDS[4:]),
        values=values,
        name=name,
        errors=errors or {},
        problem=problem,
        proposal=proposal,
        tracking=TRACKING,
        zones=sorted(available_timezones()),
        may_save=page.may("configure") and file is not None,
        writable=file is not None and file.writable,
    )


PAGES = (
    Page("/companies", listing, "setup"),
    Page("/companies/new", new, "configure"),
    Page("/companies/{company}", company, "setup"),
)
