"""One call flow as a request opens it: what callers hear, the user's draft, and which of them the page shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from urllib.parse import quote
from zoneinfo import ZoneInfo

from sqlmodel import Session

from hub.config.callflow.definition import Flow
from hub.config.callflow.written import written_flow
from hub.config.models import CompanySection
from hub.contracts.titles import connector_title
from hub.errors import NotFound
from hub.model import Company, ConfigProcess, FlowDraft, FlowVersion
from hub.numbers.flow_drafts import draft_of, flow_of_draft, save_draft
from hub.numbers.flows import read_flow
from hub.queries.config_history import processes_behind
from hub.queries.flows.current import CurrentFlow, current_flows
from hub.queries.flows.problems import FlowProblem, problems_of
from hub.queries.flows.versions import latest_versions, version_of
from hub.web.forms.companies import company_and_section
from hub.web.pages.request import PageRequest

SWITCH_TIME = timedelta(seconds=30)
"""All processes have taken a new configuration within this time."""


@dataclass
class OpenFlow:
    """A flow of one company. `live` is None until a new flow is published."""

    page: PageRequest
    company: Company
    section: CompanySection
    name: str
    live: CurrentFlow | None
    live_version: int | None
    draft: FlowDraft | None
    flow: Flow
    """The version that the page shows."""
    version: int | None
    """Which revision it is, if the URL names one."""

    @property
    def path(self) -> str:
        """The page's path."""
        return f"/flows/{quote(self.company.name)}/{quote(self.name)}"

    def link(self, **query: object) -> str:
        """The page, with these parameters."""
        return self.page.link(self.path, **query)

    @property
    def is_route(self) -> bool:
        """Whether a `route:` stands for it."""
        return self.live is not None and self.live.is_route

    @property
    def may_edit(self) -> bool:
        """Whether the page has a form."""
        return self.page.may("configure") and not self.is_route and self.version is None

    @property
    def may_delete(self) -> bool:
        """Whether the user may take the flow out of config.yaml: it has a name of its own, and nothing uses it."""
        unused = self.live is not None and not self.live.trackers and self.section.flow != self.name
        return unused and not self.is_route and self.page.may("configure")

    @property
    def is_draft(self) -> bool:
        """Whether the page shows something that callers do not hear."""
        return self.draft is not None and self.version is None

    @property
    def carriers(self) -> tuple[str, ...]:
        """The carriers of the numbers that the flow answers, or would."""
        if self.live is not None:
            return self.live.carriers
        replaced = self.replaced
        return replaced.carriers if replaced else ()

    @property
    def carrier_names(self) -> str:
        """The same as people know them: Twilio, Telnyx."""
        return ", ".join(connector_title(name, self.page.hub.plugins.connectors) for name in self.carriers)

    @property
    def replaced(self) -> CurrentFlow | None:
        """The route that this new flow is to replace."""
        wanted = self.draft.replaces if self.draft else None
        flows = current_flows(self.page.hub.config, (self.company.name,)) if wanted else []
        return next((each for each in flows if each.flow.name == wanted), None)

    @cached_property
    def problems(self) -> list[FlowProblem]:
        """What is wrong with the shown version."""
        if self.is_route:
            return []
        return problems_of(self.page.hub, self.flow, self.carriers, self.page.directory.lines.keys())

    def save(self, written: Mapping[str, object], what: str) -> None:
        """Save a changed draft."""
        with self.page.hub.store.writing() as session:
            self.save_in(session, written, what)

    def save_in(self, session: Session, written: Mapping[str, object], what: str) -> None:
        """The same, in a transaction."""
        save_draft(
            session, self.page.user.id, self.company.id, self.name, written, self.page.now,
            what=what, before=written_flow(self.flow), base=self.live_version,
        )  # fmt: skip


def behind_of(page: PageRequest) -> list[ConfigProcess]:
    """The processes that do not run the newest configuration yet, so that their callers hear what was before."""
    with page.hub.store.reading() as session:
        return processes_behind(session, page.now)


def open_flow(page: PageRequest) -> OpenFlow:
    """The flow that the path names; NotFound if the user may not see it."""
    company, section = company_and_section(page, page.path("company"))
    page.zone = ZoneInfo(company.time_zone)
    name = page.path("flow")
    flows = current_flows(page.hub.config, (company.name,))
    live = next((each for each in flows if each.flow.name == name), None)
    number = page.query.get("version", "")
    version = int(number) if number.isascii() and number.isdecimal() and len(number) < 10 else None
    with page.session() as session:
        draft = draft_of(session, page.user.id, company.id, name) if page.may("configure") else None
        saved = latest_versions(session, page.scope, [company.id]).get((company.id, name), [])
        old = version_of(session, page.scope, company.id, name, version) if version is not None else None
        newest = version_of(session, page.scope, company.id, name, saved[0].revision) if saved else None
    live = _as_published(page, section, live, newest)
    if live is None and draft is None:
        raise NotFound("Not found")
    if old is not None:
        shown = read_flow(old)
    elif draft is not None:
        shown = flow_of_draft(draft)
    else:
        assert live is not None
        shown = live.flow
    live_version = saved[0].revision if saved and live is not None else None
    return OpenFlow(page, company, section, name, live, live_version, draft, shown, version)


def _as_published(
    page: PageRequest, section: CompanySection, live: CurrentFlow | None, newest: FlowVersion | None
) -> CurrentFlow | None:
    """What callers hear. For a moment after publishing, the newest version is ahead of this process's configuration."""
    if newest is None or (live is None and page.now - newest.made_at > SWITCH_TIME):
        return live
    flow = read_flow(newest)
    return live if live is not None and live.flow == flow else CurrentFlow(section, flow, is_route=False)
