"""Checks of call flows: each tracker has a flow, phones can be dialed, and carriers support every step."""

from __future__ import annotations

from collections.abc import Iterator

from hub.config.callflow.carrier_checks import carrier_problems, unknown_phones
from hub.config.callflow.checks import flow_problems, undialable
from hub.config.callflow.definition import Flow
from hub.config.callflow.route import ROUTE_STEP as ROUTE_FLOW
from hub.config.callflow.route import Route
from hub.config.document import Path
from hub.config.error_messages import nearest
from hub.config.models import CompanySection, TrackerSection
from hub.config.parts import Parts

Placed = tuple[Path, TrackerSection]
Found = Iterator[tuple[Path, str]]


def call_problems(parts: Parts) -> Found:
    """(path, sentence) of every problem with how calls are answered."""
    own = {number for tracker in parts.all(TrackerSection) for number in tracker.numbers}
    yield from _flows(parts, own)
    yield from _routes(parts, own)
    trackers: dict[Path, list[Placed]] = {}
    for path, tracker in parts.placed(TrackerSection):
        trackers.setdefault(path[:-2], []).append((path, tracker))
    flows: dict[Path, list[str]] = {}
    for path, name in parts.written_names("accounts", "companies", "flows"):
        flows.setdefault(path[:-2], []).append(name)
    for path, company in parts.placed(CompanySection):
        yield from _choices(path, company, trackers.get(path, []), flows.get(path, []))
        yield from _carriers(parts, company, trackers.get(path, []))
    yield from _recording(parts)


def _flows(parts: Parts, own: set[str]) -> Found:
    for path, flow in parts.placed(Flow):
        if flow.name == ROUTE_FLOW or flow.name.startswith(f"{ROUTE_FLOW}-"):
            yield (*path, "name"), f"{flow.name!r} is the name of a `route:`; give the flow another"
        yield from (((*path, *inner), text) for inner, text in flow_problems(flow, own))


def _routes(parts: Parts, own: set[str]) -> Found:
    for path, route in _written_routes(parts):
        if route.record and not route.recording_notice:
            yield (
                (*path, "route", "record"),
                "nobody may be recorded without notice; write a `recording_notice:` or remove it",
            )
        problem = undialable(route.dial, own)
        if problem:
            yield (*path, "route", "dial"), problem


def _choices(path: Path, company: CompanySection, trackers: list[Placed], named: list[str]) -> Found:
    """Each tracker has one route or flow: its own or that of the company, which needs none before it has a tracker."""
    chosen = [(path, company.route, company.flow)]
    chosen += [(place, each.route, each.flow) for place, each in trackers]
    for place, route, flow in chosen:
        if route is not None and flow is not None:
            yield (*place, "flow"), "there is also a route; keep one of the two"
        if flow is not None and flow not in named:
            yield (*place, "flow"), f"no flow is named {flow!r}; {nearest(flow, named, 'there are')}"
    bare = any(each.route is None and each.flow is None for _, each in trackers)
    if company.route is None and company.flow is None and bare:
        yield (
            (*path, "route"),
            "is missing; expected: What callers hear and which phone rings; or `flow:` with a call flow",
        )


def _carriers(parts: Parts, company: CompanySection, trackers: list[Placed]) -> Found:
    fit: set[tuple[str, str | None]] = set()
    for place, tracker in trackers:
        carrier = parts.connector_classes.get(tracker.carrier)
        shared = (tracker.carrier, tracker.flow)
        if carrier is None or carrier.manifest.kind != "carrier" or (tracker.route is None and shared in fit):
            continue
        flow = _flow_of(company, tracker)
        if flow is None:
            continue
        problems = list(carrier_problems(flow, carrier.manifest))
        entry = parts.connectors.get(tracker.carrier)
        if entry and entry.checked and "phone" in carrier.manifest.abilities:
            problems += unknown_phones(flow, entry.checked.phone_names())
        if not problems and tracker.route is None:
            fit.add(shared)
        for each in problems:
            of = f"({each.step!r} of flow {flow.name!r}, tracker {tracker.name!r})"
            yield (*place, "carrier"), f"{tracker.carrier!r} {each.what} {of}; {each.remedy}, or name another carrier"


def _flow_of(company: CompanySection, tracker: TrackerSection) -> Flow | None:
    try:
        return company.flow_of(tracker)
    except StopIteration:
        return None  # reported at the place that names it


def _recording(parts: Parts) -> Found:
    """A flow that records must also check whether recording is lawful."""
    request = any(each.manifest.kind == "consent" for each in parts.connector_classes.values())
    if request or len(parts.connector_classes) < len(parts.connector_names):
        return
    records = "no consent connector is configured, so nothing has consent and nothing would be recorded; add one like "
    records += "`jurisdictions: {plugin: jurisdictions}`"
    for path, flow in parts.placed(Flow):
        yield from (
            ((*path, "steps", name, "record"), records)
            for name, step in flow.steps.items()
            if getattr(step, "record", False)
        )
    for path, route in _written_routes(parts):
        if route.record:
            yield (*path, "route", "record"), records


def _written_routes(parts: Parts) -> Iterator[tuple[Path, Route]]:
    sections: list[tuple[Path, CompanySection | TrackerSection]] = [*parts.placed(CompanySection)]
    sections += parts.placed(TrackerSection)
    return ((path, section.route) for path, section in sections if section.route is not None)
