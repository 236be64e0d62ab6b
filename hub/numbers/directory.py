"""The company, tracker and call flow of each tracking number, read from tables as one map."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from types import MappingProxyType
from typing import Any

from sqlmodel import Session, col, func, select

from hub.config.callflow.context import audio_key
from hub.config.callflow.definition import Flow
from hub.contracts.sources import OwnRule
from hub.contracts.titles import spoken_source
from hub.model import Company, DirectoryChange, FlowVersion, SourceRule, Tracker, TrackingNumber
from hub.numbers.flows import playable_flows
from hub.numbers.rest.late_calls import LATE_CALLS, still_leads
from hub.plugin_host.captured import CapturedClickId, click_id_rules
from hub.store.engine import Store

UNREAD = ""
"""The id of no change; a database without changes has None."""
KnownSources = Mapping[str, Mapping[tuple[str, str], OwnRule]]
"""Company's name → what its connectors know of sources."""


@dataclass(frozen=True, slots=True)
class Line:
    """One tracking number with its company, tracker and flow."""

    number: TrackingNumber
    tracker: Tracker
    company: Company
    flow: Flow
    version: int
    """The flow's."""

    @property
    def source_name(self) -> str:
        """The text that replaces [source] in a whisper."""
        return spoken_source(self.tracker.source, self.tracker.campaign) or self.tracker.shown_name


@dataclass(frozen=True, slots=True)
class Showable:
    """What one company's visitors may be shown."""

    fixed: tuple[Line, ...]
    """Lines of source trackers, each for one source."""
    shared: Line | None
    """The line that everyone may see: that of the default tracker."""
    signals: Line | None
    """The line that only visitors who say no to ads see."""
    pools: tuple[Tracker, ...]
    pool_size: int
    """Numbers in all pools together."""

    def line(self, number_id: str | None) -> Line | None:
        """The line of one of the numbers that are not in a pool."""
        shared = (self.shared,) if self.shared else ()
        return next((each for each in (*shared, *self.fixed) if each.number.id == number_id), None)


@dataclass(frozen=True)
class Directory:
    """A snapshot of all lines by number and all companies by name."""

    lines: dict[str, Line]
    companies: dict[str, Company]
    trackers: dict[str, list[Tracker]]
    """Company id → its trackers."""
    source_rules: Mapping[str, Mapping[tuple[str, str], OwnRule]] = field(default_factory=dict)
    """Company id → its own source rules and those of its connectors: (kind, value) → source."""
    former_flows: Mapping[int, Flow] = field(default_factory=dict)
    """Version → flow, for calls that began on it; only in a directory that was read from its copy on disk."""
    resting: Mapping[str, Line] = field(default_factory=dict)
    """The lines that numbers out of use had last: nobody is shown them, and who knows them still calls."""
    change_id: str | None = UNREAD
    """The last change in the database that it has."""

    def line(self, number: str | None, at: datetime) -> Line | None:
        """The line of a number at a time: of a resting one its last, and of one that was given back too, for a while."""
        found = self.lines.get(number or "")
        if found is not None:
            return found
        former = self.resting.get(number or "")
        return former if former is not None and still_leads(former.number, at) else None

    def company(self, company_id: str) -> Company | None:
        """A company by its id."""
        return self.companies_by_id.get(company_id)

    @cached_property
    def companies_by_id(self) -> dict[str, Company]:
        """The companies by their ids."""
        return {company.id: company for company in self.companies.values()}

    @cached_property
    def trackers_by_id(self) -> dict[str, Tracker]:
        """The trackers in use by their ids."""
        return {tracker.id: tracker for own in self.trackers.values() for tracker in own}

    def link_parameters(self, company: Company) -> frozenset[str]:
        """A company's own URL parameters for the source of its visitors, in addition to the well-known ones."""
        return self._link_parameters[company.id]

    @cached_property
    def _link_parameters(self) -> dict[str, frozenset[str]]:
        return {
            company.id: frozenset(company.link_parameters)
            | {value.partition("=")[0] for kind, value in self.source_rules.get(company.id, ()) if kind == "parameter"}
            for company in self.companies.values()
        }

    @cached_property
    def audio_files(self) -> Mapping[str, str]:
        """The name of each audio file in the hub's URLs, and its path on disk."""
        return {audio_key(file): file for line in self.lines.values() for file in line.flow.audio_files}

    def showable(self, company: Company) -> Showable:
        """What this company's visitors may be shown."""
        return self._showable[company.id]

    @cached_property
    def _showable(self) -> dict[str, Showable]:
        lines: dict[str, list[Line]] = {company.id: [] for company in self.companies.values()}
        for line in self.lines.values():
            lines[line.company.id].append(line)
        return {
            company_id: Showable(
                fixed=tuple(each for each in own if _is_fixed(each.tracker)),
                shared=next((each for each in own if each.tracker.is_default), None),
                signals=next((each for each in own if each.tracker.for_signals), None),
                pools=tuple(each for each in self.trackers.get(company_id, ()) if each.type == "session"),
                pool_size=sum(each.tracker.type == "session" for each in own),
            )
            for company_id, own in lines.items()
        }


def _is_fixed(tracker: Tracker) -> bool:
    return tracker.type == "source" and not tracker.is_default and not tracker.for_signals


def read_directory(
    session: Session, known_sources: KnownSources = MappingProxyType({}), change_id: str | None = UNREAD
) -> Directory:
    """The directory from the tables; a company's own source rules take precedence over `known_sources`."""
    companies = {company.id: company for company in session.exec(select(Company))}
    trackers = {
        tracker.id: tracker for tracker in session.exec(select(Tracker).where(col(Tracker.retired_at).is_(None)))
    }
    out_of_use = _out_of_use(session)
    former = {row.tracker_id for row in out_of_use} - trackers.keys()
    every = dict(trackers)
    if former:
        every |= {each.id: each for each in session.exec(select(Tracker).where(col(Tracker.id).in_(former)))}
    used = select(FlowVersion).where(col(FlowVersion.id).in_({each.flow_version_id for each in every.values()}))
    rows = session.exec(used).all()
    flows = playable_flows(session, rows)
    versions = {row.id: (flows[row.number], row.number) for row in rows}

    def lines_of(rows: Iterable[TrackingNumber], trackers: Mapping[str, Tracker]) -> dict[str, Line]:
        return {
            row.number: Line(row, tracker, companies[tracker.company_id], *versions[tracker.flow_version_id or ""])
            for row in rows
            if (tracker := trackers.get(row.tracker_id)) is not None and tracker.flow_version_id in versions
        }

    in_use = session.exec(select(TrackingNumber).where(col(TrackingNumber.retired_at).is_(None)))
    lines = lines_of(in_use, trackers)
    of_open_companies = {each.id: each for each in every.values() if companies[each.company_id].disabled_at is None}
    resting = lines_of(out_of_use, of_open_companies)
    by_company: dict[str, list[Tracker]] = {}
    for tracker in trackers.values():
        by_company.setdefault(tracker.company_id, []).append(tracker)
    own = {
        company.id: {**click_id_rules(_click_ids(company)), **known_sources.get(company.name, {})}
        for company in companies.values()
    }
    for rule in session.exec(select(SourceRule)):
        own[rule.company_id][rule.kind, rule.value] = OwnRule(rule.source, rule.medium)
    by_name = {company.name: company for company in companies.values()}
    return Directory(lines, by_name, by_company, own, resting=resting, change_id=change_id)


def _out_of_use(session: Session) -> list[TrackingNumber]:
    """The numbers that rest, and those that were given back lately, counted from the latest one."""
    number: Any = TrackingNumber
    latest = session.exec(select(func.max(number.released_at))).one()
    lately = (
        number.released_at.is_(None)
        if latest is None
        else (number.released_at.is_(None) | (number.released_at >= latest - LATE_CALLS))
    )
    return list(session.exec(select(TrackingNumber).where(number.retired_at.is_not(None), lately)))


def _click_ids(company: Company) -> list[CapturedClickId]:
    return [CapturedClickId(**each) for each in company.captured.get("click_ids", ())]


class LiveDirectory:
    """The directory in memory. If it is older than `max_age` seconds, or on `refresh()`, it looks whether something changed in
    the database, and is read again only then: `latest` is the same object as long as nothing did.

    An answer to a ringing call never waits for the database: while it is unavailable, the last snapshot is used, or at the
    start of a process the one that was `copied` to disk.
    """

    def __init__(
        self,
        store: Store,
        known_sources: KnownSources = MappingProxyType({}),
        max_age: float = 5.0,
        monotonic: Callable[[], float] = time.monotonic,
        copied: Directory | None = None,
    ) -> None:
        self._store, self._known_sources, self._max_age, self._monotonic = store, known_sources, max_age, monotonic
        self._lock = threading.Lock()
        self.latest, self._read_at = copied or Directory({}, {}, {}), monotonic() - max_age
        if copied is None:
            self.refresh()

    def refresh(self) -> Directory:
        """Look now."""
        with self._lock:
            return self._read()

    @property
    def is_fresh(self) -> bool:
        """Whether the last look is not too old; while the database is away, the last one counts."""
        return self._monotonic() - self._read_at < self._max_age or self._store.outage.since is not None

    def current(self) -> Directory:
        """The directory, after a look if the last one is too old, unless the database is away or another thread looks."""
        if self.is_fresh:
            return self.latest
        if not self._lock.acquire(blocking=False):
            return self.latest
        try:
            return self._read()
        finally:
            self._lock.release()

    def _read(self) -> Directory:
        with self._store.reading() as session:
            # The change first: what is committed in between is read twice, never missed.
            change_id = session.exec(select(DirectoryChange.change_id)).first()
            if change_id != self.latest.change_id:
                self.latest = read_directory(session, self._known_sources, change_id)
        self._read_at = self._monotonic()
        return self.latest
