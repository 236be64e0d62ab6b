"""`/numbers/website`: the snippet of a company's pages, and a look at one of them: is it there, does it run and swap?"""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from starlette.responses import Response

from hub.config.models import CompanySection
from hub.contracts.addresses import is_loopback
from hub.errors import CannotDo
from hub.model import Company
from hub.platform.rate_limit import Buckets
from hub.queries.numbers.website import PageVisits, visits_of_page
from hub.visits.page_check.fetch import fetch_page
from hub.visits.page_check.findings import Expected, Finding, findings
from hub.web.forms.companies import company_and_section, place_of_company
from hub.web.forms.config_edit import save_section
from hub.web.forms.derive import fields_of, said
from hub.web.forms.form import Form
from hub.web.pages.guard import Page
from hub.web.pages.request import PageRequest
from hub.web.privacy.opt_outs import offers_limits
from hub.web.tracking.script import Website

WORDS = {
    "website.swap": said("Numbers on the pages", "One a line, in any notation; visitors see theirs in their place", name="swap",
                         kind="phones", wrong="One of these is not a phone number; write one a line."),
    "domains": said("Domains", "One a line, like www.example.com", kind="lines", clean=str.lower),
}  # fmt: skip
FIELDS = fields_of(CompanySection, WORDS)
PROOF = timedelta(minutes=30)
"""How far back a visit counts as proof."""
CHECKS = (10, 10 / 60)
"""Checks of one account: ten at once, and ten a minute."""
_buckets = Buckets(1_000)


def website(page: PageRequest) -> Response:
    """The snippet of the chosen company."""
    return _page(page, page.value("address"))


def check(page: PageRequest) -> Response:
    """Fetch a page of the company and say what was found."""
    company = _company(page)
    if company is None:
        raise CannotDo("Choose a company first.")
    address = page.value("address") or (company.domains[0] if company.domains else "")
    if not _buckets.take(page.user.account_id, CHECKS, page.now):
        raise CannotDo("Many pages were checked just now. Try again in a minute.")
    fetched = fetch_page(address, company.sites, allow_local=is_loopback(urlsplit(page.context.public_url).hostname))
    return _page(page, fetched.url, findings(fetched, _expected(page, company)))


def settings(page: PageRequest) -> Response:
    """Write the company's domains and the numbers to swap into config.yaml."""
    company = _company(page)
    if company is None:
        raise CannotDo("Choose a company first.")
    _, section = company_and_section(page, company.name)
    return save_section(
        page,
        Form(FIELDS, page.form, country=section.country),
        section,
        place_of_company(page, company.name),
        lambda form: _page(page, form=form),
        notice="It is saved. Paste a pinned snippet again.",
        to=page.link("/numbers/website", company=company.name),
    )


def _company(page: PageRequest) -> Company | None:
    name = page.query.get("company") or page.value("company")
    return next((each for each in page.companies if each.name == name), page.company)


def _expected(page: PageRequest, company: Company) -> Expected:
    made = Website.of(company, page.directory)
    script, *earlier = made.pinned(page.context.public_url)
    lines = page.directory.lines.values()
    return Expected(
        page.context.public_url.rstrip("/"),
        company.name,
        script.file,
        script.integrity,
        made.swap,
        frozenset(
            each.number.number for each in lines if each.company.id == company.id and each.tracker.type == "session"
        ),
        {each.file: each.integrity for each in earlier},
    )


def _visits(page: PageRequest, company: Company, address: str) -> PageVisits:
    with page.session() as session:
        return visits_of_page(session, page.scope, company.id, address, page.now, PROOF)


def _page(
    page: PageRequest, address: str = "", found: list[Finding] | None = None, form: Form | None = None
) -> Response:
    company = _company(page)
    values: dict[str, Any] = {}
    if company is not None:
        section = next((each for each in page.hub.config.companies if each.name == company.name), None)
        form = form or Form.of(FIELDS, section or {})
        made, url = Website.of(company, page.directory), page.context.public_url
        pinned = page.query.get("version") != "latest"
        tags = [made.tag(url, pinned=pinned)]
        if page.query.get("forms") == "yes":
            tags.append(made.tag(url, "ringfence-forms", pinned=pinned))
        footer = [made.footer_link(url)]
        if offers_limits(page.hub.config, company.name):
            footer.append(made.footer_link(url, limit=True))
        values |= {"snippet": "\n".join(tags), "footer": "\n".join(footer), "made": made, "pinned": pinned}
    return page.render(
        "numbers_website.html",
        422 if form and form.is_refused else None,
        title="The website",
        company=company,
        address=address,
        found=found,
        visits=_visits(page, company, address) if company and found else None,
        proof_minutes=int(PROOF.total_seconds() // 60),
        form=form,
        **values,
    )


PAGES = (
    Page("/numbers/website", website, action="setup"),
    Page("/numbers/website", check, action="setup", method="POST", again=website),
    Page("/numbers/website/settings", settings, action="configure", method="POST", again=website),
)
