"""Reports by email: started and stopped on the report's page."""

from __future__ import annotations

from urllib.parse import urlencode

from starlette.responses import Response

from hub.access.report_subscriptions import stop_own, subscribe
from hub.alerts.report_mails import queue_copy
from hub.errors import CannotDo
from hub.web.pages.guard import Page
from hub.web.pages.reports.kinds import choice_of
from hub.web.pages.reports.links import locked
from hub.web.pages.reports.page import opened_view, report
from hub.web.pages.request import PageRequest


def start_emails(page: PageRequest) -> Response:
    """Send the report as the URL shows it to some addresses: of the chosen company, or of all that the user may see."""
    choice = choice_of(page.path("report"), page.query, page.period())
    hour = page.value("hour")
    company = page.company or next(iter(page.companies), None)
    if company is None:
        raise CannotDo("There is no company yet.")
    view = opened_view(page, choice)
    with page.hub.store.writing() as session:
        made = subscribe(
            session,
            page.user,
            next((each for each in page.companies if view and each.id == view.company_id), company),
            page.value("addresses"),
            choice.kind.name,
            view.query if view else urlencode(locked(choice)),
            every=page.value("every"),
            hour=int(hour) if hour.isascii() and hour.isdigit() and len(hour) < 3 else -1,
            all_companies=(view.company_id if view else page.company) is None,
            now=page.now,
            saved_view_id=view.id if view else None,
        )
    words = "1 address gets" if len(made) == 1 else f"{len(made)} addresses get"
    return page.redirect(_back(page) + "#emails", f"{words} this report by email.")


def stop_emails(page: PageRequest) -> Response:
    """Send no more to one address."""
    choice_of(page.path("report"), page.query, page.period())
    with page.hub.store.writing() as session:
        stop_own(session, page.scope, page.path("subscription"), page.now)
    return page.redirect(_back(page) + "#emails", "This address gets no more reports.")


def send_copy(page: PageRequest) -> Response:
    """Send the user who asks what the schedule would send to one address."""
    choice_of(page.path("report"), page.query, page.period())
    with page.hub.store.writing() as session:
        address = queue_copy(session, page.hub, page.user, page.path("subscription"))
    return page.redirect(_back(page) + "#emails", f"On its way to {address}.")


def _back(page: PageRequest) -> str:
    kept = {name: value for name, value in page.query.items() if name != "company"}
    return page.link(f"/reports/{page.path('report')}", **kept)


PAGES = (
    Page("/reports/{report}/emails", start_emails, "share", "POST", again=report, field="addresses"),
    Page("/reports/{report}/emails/{subscription}/send", send_copy, "share", "POST", again=report, field="copy"),
    Page("/reports/{report}/emails/{subscription}/stop", stop_emails, "share", "POST"),
)
