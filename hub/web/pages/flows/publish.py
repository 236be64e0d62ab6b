"""`/flows/{company}/{flow}/publish`: make the draft, or an earlier version, what callers hear."""

from __future__ import annotations

from starlette.responses import Response

from hub.config.callflow.definition import Flow
from hub.config.document import Path as Place
from hub.config.models import Config
from hub.errors import CannotDo, ConfigError, NotFound
from hub.numbers.flow_changes import flow_changes
from hub.numbers.flow_drafts import end_draft
from hub.queries.flows.current import current_flow
from hub.queries.flows.versions import calls_under_way
from hub.reload import ConfigFile, Proposal
from hub.web.pages.flows.compare import diff_lines
from hub.web.pages.flows.opened import OpenFlow, open_flow
from hub.web.pages.guard import Page
from hub.web.pages.request import PageRequest

NO_FILE = "This hub was not started from a config.yaml, so flows cannot be published here."
MAX_NOTE = 200


def confirm(page: PageRequest) -> Response:
    """What publishing would do."""
    return _show(page, open_flow(page))


def _show(page: PageRequest, opened: OpenFlow, status: int = 200, error: str | None = None) -> Response:
    _check(opened)
    file = page.config_file
    proposal = None
    if file is not None and error is None:
        try:
            proposal = _proposal(page, opened, file)
        except ConfigError as refused:
            error, status = str(refused), 422
    answered = opened.live or opened.replaced
    answered = opened.replaced or answered
    trackers = [each.name for each in answered.trackers] if answered else []
    with page.session() as session:
        under_way = calls_under_way(session, page.scope, opened.company.id, trackers, page.now)
    return page.render(
        "flow_publish.html",
        status,
        title=f"Publish {opened.name}",
        opened=opened,
        lines=diff_lines(opened.live.flow, opened.flow) if opened.live else [],
        proposal=proposal,
        file=file,
        no_file=NO_FILE,
        error=error,
        trackers=trackers,
        under_way=under_way,
        note=page.value("note"),
        what=f"version {opened.version}" if opened.version is not None else "the draft",
    )


def publish(page: PageRequest) -> Response:
    """Do it: an edit of config.yaml that all processes take at once."""
    opened = open_flow(page)
    _check(opened)
    file = page.config_file
    if file is None:
        return _show(page, opened, 422, NO_FILE)
    if opened.problems:
        return _show(page, opened, 422, "It has problems; mend them first.")
    note = page.value("note")[:MAX_NOTE]
    what = f"back to version {opened.version}" if opened.version is not None else "published"
    try:
        proposal = _proposal(page, opened, file)
        if page.value("base") and page.value("base") != proposal.base_sha:
            raise CannotDo("config.yaml was changed in the meantime. Look at it again, then publish.")
        if proposal.problems:
            return _show(page, opened, 422)
        if not proposal.changes_nothing:
            file.apply(proposal, page.user, note=f"flow {opened.name} {what}{f': {note}' if note else ''}")
    except (CannotDo, ConfigError) as refused:
        return _show(page, opened, 422, str(refused))
    if opened.is_draft and opened.draft is not None:
        with page.hub.store.writing() as session:
            end_draft(session, opened.draft)
    page.context.directory.refresh()
    return page.redirect(opened.link(), "Published. New calls hear it from now on.")


def _check(opened: OpenFlow) -> None:
    if opened.is_route or (opened.version is None and opened.draft is None):
        raise CannotDo("There is nothing to publish: the page shows what callers hear already.")


def _proposal(page: PageRequest, opened: OpenFlow, file: ConfigFile) -> Proposal:
    """The edit of config.yaml, compared with what the file holds now."""
    config = file.check(file.read().text)
    place = place_of(config, opened.company.name)
    section = next(own for own in config.companies if own.name == opened.company.name)
    named = {flow.name for flow in section.flows}
    old: Flow | None = current_flow(config, section.name, opened.name).flow if opened.name in named else None
    replaces = opened.draft.replaces if opened.is_draft and opened.draft and opened.replaced else None
    return file.propose(flow_changes(place, old, opened.flow, file.path.resolve().parent, replaces), page.user)


def place_of(config: Config, company: str) -> Place:
    """Where config.yaml has a company; NotFound if it has it no more."""
    for account in config.accounts:
        if any(own.name == company for own in account.companies):
            return ("accounts", account.name, "companies", company)
    raise NotFound("Not found")


PAGES = (
    Page("/flows/{company}/{flow}/publish", confirm, "configure"),
    Page("/flows/{company}/{flow}/publish", publish, "configure", method="POST"),
)
