"""Links to one report: made and revoked on the report's page."""

from __future__ import annotations

from urllib.parse import urlencode

from starlette.responses import Response

from hub.access.report_links import add_report_link, revoke_report_link
from hub.errors import CannotDo
from hub.web.pages.guard import Page
from hub.web.pages.reports.kinds import PARAMETERS, Choice, choice_of
from hub.web.pages.reports.page import report
from hub.web.pages.request import PageRequest

MAX_VALUE_CHARACTERS = 64
"""Of one locked parameter."""


def make_link(page: PageRequest) -> Response:
    """A link to the report as the URL shows it; its address is shown only now."""
    choice = choice_of(page.path("report"), page.query, page.period())
    if page.company is None:
        raise CannotDo("A link shows one company. Choose the company first.")
    days = page.value("days")
    with page.hub.store.writing() as session:
        _, token = add_report_link(
            session,
            page.user,
            page.company,
            choice.kind.name,
            urlencode(locked(choice)),
            int(days) if days.isascii() and days.isdigit() else 0,
            page.now,
        )
    return report(page, new_link=f"{page.context.public_url.rstrip('/')}/r/{token}")


def revoke_link(page: PageRequest) -> Response:
    """End a link."""
    choice = choice_of(page.path("report"), page.query, page.period())
    with page.hub.store.writing() as session:
        revoke_report_link(session, page.scope, page.path("link"), page.now)
    kept = {name: value for name, value in page.query.items() if name != "company"}
    return page.redirect(page.link(f"/reports/{choice.kind.name}", **kept) + "#share", "The link is revoked.")


def locked(choice: Choice) -> dict[str, str]:
    """The report's parameters. A period like `30d` stays relative, so that the report keeps current."""
    request = {name: choice.query[name] for name in PARAMETERS if choice.query.get(name)}
    kept = {name: value for name, value in request.items() if name not in ("period", "first", "last")}
    kept = {name: value for name, value in kept.items() if len(value) <= MAX_VALUE_CHARACTERS}
    return {**kept, **choice.requested.query()}


PAGES = (
    Page("/reports/{report}/links", make_link, "share", "POST", again=report, field="days"),
    Page("/reports/{report}/links/{link}/revoke", revoke_link, "share", "POST"),
)
