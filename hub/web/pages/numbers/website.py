"""`/numbers/website`: the snippet of a company's pages, and a look at one of them: is it there, does it run and swap?"""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from starlette.responses import Response

from hub.config.edit import REMOVED, Change
from hub.contracts.addresses import is_loopback
from hub.errors import CannotDo, ConfigError
from hub.formats import phone
from hub.model import Company
from hub.queries.numbers.website import PageVisits, visits_of_page
from hub.rate_limit import Buckets
from hub.reload.config_file import Proposal
from hub.visits.page_check.fetch import CannotFetch, fetch_page
from hub.visits.page_check.findings import Expected, Finding, findings
from hub.web.pages.guard import Page
from hub.web.pages.numbers.tracker import APPLIED, account_name, apply_edits
from hub.web.pages.numbers.tracker_form import by_field, numbers_typed
from hub.web.pages.request import PageRequest
from hub.web.privacy.opt_outs import offers_limits
from hub.web.tracking.script import Website

PROOF = timedelta(minutes=30)
"""How far back a visit counts as proof."""
CHECKS = (10, 10 / 60)
"""Checks of one account: ten at once, and ten a minute."""
_buckets = Buckets(1_000)


def website(page: PageRequest) -> Response:
    """The snippet of the chosen company."""
    return _page(page, "", None, None)


def check(page: PageRequest) -> Response:
    """Fetch a page of the company and say what was found."""
    company = _company(page)
    if company is None:
        return _page(page, "", None, "Choose a company first.")
    address = page.value("address") or (company.domains[0] if company.domains else "")
    if not _buckets.take(page.user.account_id, CHECKS, page.now):
        return _page(page, address, None, "Many pages were checked just now. Try again in a minute.")
    try:
        fetched = fetch_page(
            address, company.sites, allow_local=is_loopback(urlsplit(page.context.public_url).hostname)
        )
    except CannotFetch as refused:
        return _page(page, address, None, str(refused))
    expected = _expected(page, company)
    return _page(page, fetched.url, findings(fetched, expected), None)


def settings(page: PageRequest) -> Response:
    """Write the company's domains and the numbers to swap into config.yaml."""
    company = _company(page)
    if company is None:
        return _page(page, "", None, "Choose a company first.")
    domains = [each.strip().lower() for each in page.value("domains").replace(",", "\n").splitlines() if each.strip()]
    swap = numbers_typed(page.value("swap"))
    typed = {"domains": page.value("domains"), "swap": page.value("swap")}
    if swap is None:
        return _page(page, "", None, None, typed=typed, problem="One of these is not a phone number; write one a line.")
    place = ("accounts", account_name(page), "companies", company.name)
    edits = []
    if domains != list(company.domains):
        edits.append(Change((*place, "domains"), domains or REMOVED))
    if swap != list(company.website.get("swap", ())):
        edits.append(Change((*place, "website", "swap"), swap or REMOVED))
    try:
        proposal = apply_edits(page, edits) if edits else None
    except (CannotDo, ConfigError) as error:
        return _page(page, "", None, None, typed=typed, problem=str(error))
    if proposal is not None:
        return _page(page, "", None, None, typed=typed, problem=by_field(proposal.problems, ())[1], proposal=proposal)
    target = page.link("/numbers/website", company=company.name)
    return page.redirect(
        target, f"It is saved. Paste a pinned snippet again. {APPLIED}" if edits else "Nothing was changed."
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
    page: PageRequest,
    address: str,
    found: list[Finding] | None,
    error: str | None,
    *,
    typed: dict[str, str] | None = None,
    problem: str | None = None,
    proposal: Proposal | None = None,
) -> Response:
    company = _company(page)
    values: dict[str, Any] = {
        "problem": problem,
        "proposal": proposal if proposal and not proposal.problems else None,
        "writable": page.config_file is not None and page.config_file.writable,
    }
    if company is not None:
        values["typed"] = typed or {
            "domains": "\n".join(company.domains),
            "swap": "\n".join(phone(each) for each in company.website.get("swap", ())),
        }
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
        422 if error or problem or proposal else 200,
        title="The website",
        company=company,
        address=address,
        found=found,
        visits=_visits(page, company, address) if company and found else None,
        proof_minutes=int(PROOF.total_seconds() // 60),
        error=error,
        **values,
    )


PAGES = (
    Page("/numbers/website", website, action="setup"),
    Page("/numbers/website", check, action="setup", method="POST"),
    Page("/numbers/website/settings", settings, action="configure", method="POST"),
)
