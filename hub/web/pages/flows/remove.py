"""`/flows/{company}/{flow}/delete`: take a flow that nothing uses out of config.yaml. Its versions stay."""

from __future__ import annotations

from starlette.responses import Response

from hub.config.edit import REMOVED, Change
from hub.errors import CannotDo, ConfigError
from hub.numbers.flow_drafts import end_draft
from hub.web.pages.flows.opened import OpenFlow, open_flow
from hub.web.pages.flows.publish import NO_FILE, place_of
from hub.web.pages.guard import Page
from hub.web.pages.request import PageRequest


def confirm(page: PageRequest) -> Response:
    """What deleting means."""
    return _show(page, _unused(page))


def _show(page: PageRequest, opened: OpenFlow, status: int = 200, error: str | None = None) -> Response:
    return page.render(
        "flow_delete.html", status, title=f"Delete {opened.name}", opened=opened, error=error, file=page.config_file
    )


def delete(page: PageRequest) -> Response:
    """Do it: an edit of config.yaml."""
    opened, file = _unused(page), page.config_file
    if file is None:
        return _show(page, opened, 422, NO_FILE)
    try:
        place = place_of(file.check(file.read().text), opened.company.name)
        proposal = file.propose([Change((*place, "flows", opened.name), REMOVED)], page.user)
        if proposal.problems:
            return _show(page, opened, 422, proposal.problems[0].text)
        file.apply(proposal, page.user, note=f"flow {opened.name} deleted")
    except (CannotDo, ConfigError) as refused:
        return _show(page, opened, 422, str(refused))
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
