"""`/flows/{company}/{flow}/delete`: take a flow that nothing uses out of config.yaml. Its versions stay."""

from __future__ import annotations

from starlette.responses import Response

from hub.config.edit import REMOVED, Change
from hub.errors import CannotDo
from hub.numbers.flow_drafts import end_draft
from hub.web.forms.companies import place_of_company
from hub.web.forms.config_edit import apply_changes
from hub.web.forms.form import Form
from hub.web.pages.flows.opened import OpenFlow, open_flow
from hub.web.pages.guard import Page
from hub.web.pages.request import PageRequest


def confirm(page: PageRequest) -> Response:
    """What deleting means."""
    return _show(page, _unused(page), Form())


def _show(page: PageRequest, opened: OpenFlow, form: Form) -> Response:
    return page.render("flow_delete.html", form.status, title=f"Delete {opened.name}", opened=opened, form=form)


def delete(page: PageRequest) -> Response:
    """Do it: an edit of config.yaml."""
    opened, form = _unused(page), Form()
    change = Change(place_of_company(page, opened.company.name, "flows", opened.name), REMOVED)
    if not apply_changes(page, form, [change], note=f"flow {opened.name} deleted"):
        return _show(page, opened, form)
    if opened.draft is not None:
        with page.hub.store.writing() as session:
            end_draft(session, opened.draft)
    return page.redirect(page.link("/flows"), f"The flow {opened.name} is deleted.")


def _unused(page: PageRequest) -> OpenFlow:
    opened = open_flow(page)
    if not opened.may_delete:
        raise CannotDo("Only a named flow that nothing uses can be deleted.")
    return opened


PAGES = (
    Page("/flows/{company}/{flow}/delete", confirm, "configure"),
    Page("/flows/{company}/{flow}/delete", delete, "configure", method="POST"),
)
