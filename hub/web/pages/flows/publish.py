"""`/flows/{company}/{flow}/publish`: make the draft, or an earlier version, what callers hear."""

from __future__ import annotations

import time

from starlette.responses import Response

from hub.config.callflow.definition import Flow
from hub.config.edit import Change
from hub.errors import CannotDo, ConfigError, existing
from hub.numbers.flow_changes import flow_changes
from hub.numbers.flow_drafts import end_draft
from hub.queries.flows.current import current_flow
from hub.queries.flows.versions import calls_under_way
from hub.web.forms.companies import place_of_company
from hub.web.forms.config_edit import NO_FILE, apply_changes, previewed
from hub.web.forms.form import Form
from hub.web.pages.flows.compare import diff_lines
from hub.web.pages.flows.flow_labels import flow_title
from hub.web.pages.flows.opened import OpenFlow, behind_of, open_flow
from hub.web.pages.guard import Page
from hub.web.pages.request import PageRequest

MAX_NOTE = 200
TAKEN_SECONDS, LOOK_SECONDS = 5.0, 0.1
"""How long a page waits until all processes have taken what was published, and between two looks."""


def confirm(page: PageRequest) -> Response:
    """What publishing would do."""
    return _show(page, open_flow(page), Form.again((), page))


def _show(page: PageRequest, opened: OpenFlow, form: Form) -> Response:
    _check(opened)
    proposal = None
    if page.config_file is not None and not form.is_refused:
        try:
            proposal = previewed(page, _changes(page, opened))
            form.add_problems(() if opened.problems else proposal.problems, ())
        except ConfigError as refused:
            form.problems.append(str(refused))
    answered = opened.replaced or opened.live
    trackers = [each.name for each in answered.trackers] if answered else []
    with page.session() as session:
        under_way = calls_under_way(session, page.scope, opened.company.id, trackers, page.now)
    return page.render(
        "flow_publish.html",
        form.status,
        title=f"Publish {flow_title(opened.flow)}",
        opened=opened,
        flow_title=flow_title,
        lines=diff_lines(opened.live.flow, opened.flow) if opened.live else [],
        proposal=proposal,
        form=form,
        no_file=NO_FILE,
        trackers=[each.shown_name for each in answered.trackers] if answered else [],
        under_way=under_way,
        note=page.value("note"),
        what=f"version {opened.version}" if opened.version is not None else "the draft",
    )


def publish(page: PageRequest) -> Response:
    """Do it: an edit of config.yaml that all processes take at once."""
    opened, form = open_flow(page), Form()
    _check(opened)
    note = page.value("note")[:MAX_NOTE]
    what = f"back to version {opened.version}" if opened.version is not None else "published"
    note = f"flow {opened.name} {what}{f': {note}' if note else ''}"
    if opened.problems:
        raise CannotDo("It has problems; mend them first.")
    if not apply_changes(page, form, _changes(page, opened), note=note, base=page.value("base")):
        return _show(page, opened, form)
    if opened.is_draft and opened.draft is not None:
        with page.hub.store.writing() as session:
            end_draft(session, opened.draft)
    until = time.monotonic() + TAKEN_SECONDS
    while (behind := behind_of(page)) and time.monotonic() < until:
        time.sleep(LOOK_SECONDS)
    return page.redirect(opened.link(), None if behind else "Published. New calls hear it from now on.")


def _check(opened: OpenFlow) -> None:
    if opened.is_route or (opened.version is None and opened.draft is None):
        raise CannotDo("There is nothing to publish: the page shows what callers hear already.")


def _changes(page: PageRequest, opened: OpenFlow) -> list[Change]:
    """The edit of config.yaml, compared with what the file holds now."""
    if page.config_file is None:
        raise CannotDo(NO_FILE)
    config = page.config_file.check(page.config_file.read().text)
    section = existing(config.companies_by_name.get(opened.company.name))
    named = {flow.name for flow in section.flows}
    old: Flow | None = current_flow(config, section.name, opened.name).flow if opened.name in named else None
    replaces = opened.draft.replaces if opened.is_draft and opened.draft and opened.replaced else None
    place = place_of_company(page, section.name)
    return list(flow_changes(place, old, opened.flow, page.config_file.path.resolve().parent, replaces))


PAGES = (
    Page("/flows/{company}/{flow}/publish", confirm, "configure"),
    Page("/flows/{company}/{flow}/publish", publish, "configure", method="POST", again=confirm),
)
