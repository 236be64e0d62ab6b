"""What is done from the list: marks on the chosen contacts, saved views."""

from __future__ import annotations

from starlette.responses import Response

from hub.access.saved_views import delete_view, save_view
from hub.errors import CannotDo
from hub.marks.leads import mark_leads
from hub.marks.tags import tag_all
from hub.web.pages.call.lead_goes import marked_go
from hub.web.pages.calls.calls_page import listing, state_of
from hub.web.pages.calls.filters import PATH, here
from hub.web.pages.guard import Page
from hub.web.pages.request import PageRequest


def save(page: PageRequest) -> Response:
    """Save the list's filters and columns as a view."""
    name, shared = page.value("name"), page.value("shared") == "yes"
    with page.hub.store.writing() as session:
        title = save_view(session, page.scope, "calls", name, state_of(page), page.now, shared=shared).name
    return page.redirect(here(page), f"Saved as “{title}”.")


def delete(page: PageRequest) -> Response:
    """Delete an own view."""
    with page.hub.store.writing() as session:
        delete_view(session, page.scope, page.path("view"), page.now)
    return page.redirect(page.link(PATH), "View deleted.")


def mark(page: PageRequest) -> Response:
    """Tag the chosen contacts, set their lead status, or both."""
    ids = tuple(page.form.get("id", ()))
    name, status = page.value("tag"), page.value("lead")
    if not ids:
        raise CannotDo("Choose at least one row first.")
    if not name and not status:
        raise CannotDo("Write a tag or choose a lead status.")
    with page.hub.store.writing() as session:
        if name:
            tag_all(session, page.scope, ids, name, page.now)
        if status:
            mark_leads(session, page.scope, ids, status, page.now)
    done = " and ".join([*(["tagged"] if name else []), *(["marked"] if status else [])])
    where = marked_go(page, ids, status) if status else ""
    return page.redirect(here(page), f"{len(ids)} {done}.{where}")


PAGES = (
    Page("/calls/mark", mark, "marks", "POST", again=listing, field="marks"),
    Page("/calls/views", save, method="POST", again=listing, field="view_name"),
    Page("/calls/views/{view}/delete", delete, method="POST"),
)
