"""The call flows that config.yaml has: the named ones, and those that its routes stand for."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from hub.config.callflow.definition import Flow
from hub.config.callflow.open_now import OpenNow, open_now
from hub.config.callflow.route import ROUTE_STEP, flow_of
from hub.config.callflow.step import GREETING
from hub.config.models import CompanySection, Config, TrackerSection
from hub.errors import NotFound
from hub.numbers.directory import Directory


@dataclass(frozen=True)
class CurrentFlow:
    """A flow of a company, and the trackers that it answers."""

    company: CompanySection
    flow: Flow
    is_route: bool
    """Whether a `route:` stands for it."""

    @property
    def trackers(self) -> tuple[TrackerSection, ...]:
        """The trackers whose calls it answers."""
        return tuple(each for each in self.company.trackers if self.company.flow_of(each).name == self.flow.name)

    @property
    def carriers(self) -> tuple[str, ...]:
        """The carriers of those trackers."""
        return tuple(dict.fromkeys(each.carrier for each in self.trackers))

    @property
    def number_count(self) -> int:
        """How many numbers config.yaml gives these trackers."""
        return sum(len(each.numbers) for each in self.trackers)


def current_flows(config: Config, companies: Collection[str] | None = None) -> list[CurrentFlow]:
    """Every flow of the named companies, or of all: first those with a name, then those of routes."""
    found: list[CurrentFlow] = []
    for section in config.companies:
        if companies is not None and section.name not in companies:
            continue
        flows = {flow.name: flow for flow in section.flows}
        if section.route is not None:
            flows[ROUTE_STEP] = flow_of(section.route)
        flows |= {flow.name: flow for flow in map(section.flow_of, section.trackers)}
        named = {flow.name for flow in section.flows}
        found += [CurrentFlow(section, flow, name not in named) for name, flow in flows.items()]
    return found


def played_greetings(config: Config, directory: Directory, companies: Collection[str]) -> frozenset[str]:
    """The ids of the greetings that flows of the named companies play, and those that callers hear now."""
    flows = (file for each in current_flows(config, companies) for file in each.flow.audio_files)
    files = (GREETING.fullmatch(file) for file in (*flows, *directory.audio_files.values()))
    return frozenset(found[1] for found in files if found)


def opening_of(config: Config, company: str, time_zone: str, at: datetime) -> OpenNow | None:
    """Whether a company is open: by its own flow, else by that of its trackers if these agree; None without hours."""
    used = [each for each in current_flows(config, (company,)) if each.trackers]
    own = [each for each in used if each.flow.name in (each.company.flow, ROUTE_STEP)]
    states = {open_now(each.flow, at, time_zone) for each in own or used}
    return states.pop() if len(states) == 1 else None


def current_flow(config: Config, company: str, name: str) -> CurrentFlow:
    """One flow; NotFound if the company has no such flow."""
    for each in current_flows(config, (company,)):
        if each.flow.name == name:
            return each
    raise NotFound("Not found")
