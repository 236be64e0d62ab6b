"""Saved reports: a report under a name, opened, renamed, deleted, and sent to the user who asks for it."""

from __future__ import annotations

from urllib.parse import urlencode

from starlette.responses import Response

from hub.access.saved_views import REPORTS, delete_view, rename_view, save_view
from hub.alerts.report_mails import queue_copy
from hub.errors import CannotDo
from hub.queries.reports.saved import saved_reports
from hub.web.pages.guard import Page
from hub.web.pages.periods import PRESETS, WHOLE
from hub.web.pages.reports.kinds import KINDS, choice_of
from hub.web.pages.reports.links import locked
from hub.web.pages.reports.page import report, visible_kinds
from hub.web.pages.reports.report_labels import shown_by
from hub.web.pages.request import PageRequest

PATH = "/reports/saved"
LISTS = ("calls",)
"""Lists whose saved views are shown too."""


def listing(page: PageRequest) -> Response:
    """All saved reports that the user may open, and the form to change one."""
    with page.session() as session:
        saved = saved_reports(session, page.scope, REPORTS, *(LISTS if page.may("calls") else ()))
    return page.render(
        "saved_reports.html",
        title="Saved reports",
        saved=saved,
        kinds=visible_kinds(page),
        titles={kind.name: kind.title for kind in KINDS.values()},
        companies={each.id: each.title for each in page.companies},
        shown_by=shown_by,
        change=page.request.path_params.get("view") or page.query.get("change"),
    )


def save(page: PageRequest) -> Response:
    """Save the report as the URL shows it, with the days that the form names, if they are relative ones."""
    choice = choice_of(page.path("report"), page.query, page.period())
    shared, days = page.value("shared") == "yes", page.value("days")
    query = locked(choice)
    if days in PRESETS or days in WHOLE:
        query = {name: value for name, value in query.items() if name not in ("first", "last")} | {"period": days}
    if page.company is not None:
        query["company"] = page.company.name
    if shared and not page.may("share"):
        raise CannotDo("Your role may not share reports.")
    with page.hub.store.writing() as session:
        view = save_view(
            session, page.scope, f"{REPORTS}{choice.kind.name}", page.value("name"), urlencode(query), page.now,
            shared=shared, company=page.company,
        )  # fmt: skip
        target, title = f"/{view.page}?{view.query}&saved={view.id}", view.name
    return page.redirect(target, f"Saved as “{title}”.")


def rename(page: PageRequest) -> Response:
    """Give an own report another name."""
    with page.hub.store.writing() as session:
        rename_view(session, page.scope, page.path("view"), page.value("name"), page.now)
    return page.redirect(page.link(PATH), "Renamed.")


def delete(page: PageRequest) -> Response:
    """Delete an own report; the emails of it stop."""
    with page.hub.store.writing() as session:
        delete_view(session, page.scope, page.path("view"), page.now)
    return page.redirect(page.link(PATH), "Deleted.")


def send_saved(page: PageRequest) -> Response:
    """Send a saved report to the user who asks."""
    with page.hub.store.writing() as session:
        address = queue_copy(session, page.hub, page.user, page.path("view"))
    return page.redirect(page.link(PATH), f"On its way to {address}.")


PAGES = (
    Page(PATH, listing, "reports"),
    Page("/reports/{report}/save", save, "reports", "POST", again=report, field="name"),
    Page("/reports/saved/{view}/rename", rename, "reports", "POST", again=listing, field="name"),
    Page("/reports/saved/{view}/delete", delete, "reports", "POST"),
    Page("/reports/saved/{view}/send", send_saved, "reports", "POST", again=listing, field="send"),
)
