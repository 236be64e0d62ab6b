"""Visit: a page view with its source and consent signals is recorded, and the number to show is chosen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from sqlmodel import Session

from hub.assembly import Hub
from hub.flow.sources import SourceMatch, classify_visit, visit_parameters
from hub.model import Company, Tracker, TrackingNumber, Visit
from hub.model.columns import VISIT_LIFE, new_id, storable
from hub.numbers.directory import Directory, Line
from hub.numbers.leases import grant, prolong, release

Answer = Literal["granted", "denied"]
LONGEST_KEPT = 4_096
"""Characters of an address that are kept; what its parameters say is read before that."""


@dataclass(frozen=True, kw_only=True)
class Arrival:
    """What a browser tells of a visit. `consent` maps analytics, ads, ad_user_data or all to granted or denied."""

    landing_page: str | None
    referrer: str | None
    visitor_id: str | None = None
    visit_id: str | None = None
    consent: Mapping[str, Answer] = field(default_factory=dict)
    country: str | None = None
    gpc: bool = False
    dnt: bool = False
    user_agent: str | None = None


@dataclass(frozen=True)
class Shown:
    """The number to show, if any: with the visit it is tied to, and until when it is the visitor's own."""

    number: str | None
    tracker: str | None = None
    visit_id: str | None = None
    lease_until: datetime | None = None
    source: str | None = None
    medium: str | None = None


def record_visit(hub: Hub, directory: Directory, company: Company, arrival: Arrival) -> Shown:
    """Record a visit and choose its number: a source tracker that stands for its source, else a lease, else the default.

    A visitor who denies analytics is not recorded and leases nothing: the number is the one that everybody may see.
    """
    now = hub.clock()
    match = classify_visit(arrival.landing_page, arrival.referrer)
    fixed = _source_line(directory, company, match)
    denied = "denied" in (arrival.consent.get("analytics"), arrival.consent.get("all"))
    if denied and not arrival.visit_id:
        return _shared(directory, company, fixed)
    with hub.store.writing() as session:
        known = session.get(Visit, arrival.visit_id) if arrival.visit_id else None
        if known is not None and known.company_id == company.id:
            _listen(session, known, arrival)
            if denied:
                release(session, known.id, now)
            else:
                return _again(session, directory, company, known, fixed, now)
        if denied:
            return _shared(directory, company, fixed)
        visit = _visit(company, arrival, match, now)
        if fixed is None:
            session.add(visit)
            session.flush()
            for tracker in _pools(directory, company):
                leased = grant(session, tracker.id, visit, now)
                if leased is not None:
                    return _shown(visit, tracker, leased, leased.leased_until)
        line = fixed or _default_line(directory, company)
        visit.number_shown_id = line.number.id if line else None
        session.add(visit)
        return _shown(visit, line.tracker, line.number, None) if line else Shown(None, None, visit.id)


def end_visit(hub: Hub, company: Company, visit_id: str) -> None:
    """The visitor left: the lease ends now, and a call that still comes is known by the number's cool-down.

    A visit that is not this company's, or that nobody knows, changes nothing.
    """
    with hub.store.writing() as session:
        visit = session.get(Visit, visit_id)
        if visit is not None and visit.company_id == company.id:
            release(session, visit.id, hub.clock())


def _shared(directory: Directory, company: Company, fixed: Line | None) -> Shown:
    """The number that everybody may see."""
    line = fixed or _default_line(directory, company)
    return Shown(line.number.number, line.tracker.name) if line else Shown(None)


def _listen(session: Session, visit: Visit, arrival: Arrival) -> None:
    """What the visitor says now counts from now on; a privacy signal that was seen once stays."""
    visit.consent = {**visit.consent, **_said(arrival)}
    visit.gpc, visit.dnt = visit.gpc or arrival.gpc, visit.dnt or arrival.dnt
    session.add(visit)


def _said(arrival: Arrival) -> dict[str, str]:
    return {**arrival.consent, **({"country": arrival.country} if arrival.country else {})}


def _again(
    session: Session, directory: Directory, company: Company, visit: Visit, fixed: Line | None, now: datetime
) -> Shown:
    """A sign that a known visitor is still there: the lease slides on; a lost one is granted anew."""
    kept = prolong(session, visit.id, now)
    if kept is None and visit.number_shown_id is None and fixed is None:
        for tracker in _pools(directory, company):
            kept = grant(session, tracker.id, visit, now)
            if kept is not None:
                break
    if kept is not None:
        tracker = next(each for each in directory.trackers[company.id] if each.id == kept.tracker_id)
        return _shown(visit, tracker, kept, kept.leased_until)
    line = fixed or _default_line(directory, company)
    if line is not None and visit.number_shown_id is None:
        visit.number_shown_id = line.number.id
        session.add(visit)
    return _shown(visit, line.tracker, line.number, None) if line else Shown(None, None, visit.id)


def _visit(company: Company, arrival: Arrival, match: SourceMatch, now: datetime) -> Visit:
    found = visit_parameters(arrival.landing_page)
    visit = Visit(
        id=new_id(),
        company_id=company.id,
        visitor_id=arrival.visitor_id,
        started_at=now,
        landing_page=_kept(arrival.landing_page),
        referrer=_kept(arrival.referrer),
        parameters={**found.utm, **found.ad_parameters},
        click_ids=dict(found.click_ids),
        source=match.source,
        medium=match.medium,
        campaign=match.campaign,
        keyword=match.keyword,
        rule=match.rule,
        trace=list(match.trace),
        gpc=arrival.gpc,
        dnt=arrival.dnt,
        consent=_said(arrival),
        user_agent=arrival.user_agent,
        expires_at=now + VISIT_LIFE,
    )
    for name in Visit.model_fields:
        setattr(visit, name, storable(getattr(visit, name)))
    return visit


def _kept(address: str | None) -> str | None:
    return address[:LONGEST_KEPT] if address else None


def _shown(visit: Visit, tracker: Tracker, number: TrackingNumber, until: datetime | None) -> Shown:
    return Shown(number.number, tracker.name, visit.id, until, visit.source, visit.medium)


def _pools(directory: Directory, company: Company) -> list[Tracker]:
    return [tracker for tracker in directory.trackers.get(company.id, []) if tracker.type == "session"]


def _source_line(directory: Directory, company: Company, match: SourceMatch) -> Line | None:
    """The number of a source tracker that stands for exactly this source (and medium and campaign, where it names them)."""
    for line in directory.lines.values():
        tracker = line.tracker
        if line.company.id != company.id or tracker.type != "source" or tracker.is_default:
            continue
        if (
            tracker.source == match.source
            and tracker.medium in (None, match.medium)
            and tracker.campaign in (None, match.campaign)
        ):
            return line
    return None


def _default_line(directory: Directory, company: Company) -> Line | None:
    return next(
        (line for line in directory.lines.values() if line.company.id == company.id and line.tracker.is_default), None
    )
