"""Writes what belongs to an imported account after config.yaml has its living parts: matches, and retired rows."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session, select

from hub.importing.config_plan import ConfigPlan, Place, free_name
from hub.importing.places import COMPANY, TRACKER, matches_of, write_matches
from hub.importing.records import Structure
from hub.model import Account, Company, Tracker, TrackingNumber
from hub.store.rows import write_rows


def known_places(session: Session, source: str) -> tuple[dict[str, str], dict[str, Place]]:
    """The companies and trackers that earlier imports matched: id there → name here."""
    matches = matches_of(session, source)
    companies = {each.id: each for each in session.exec(select(Company))}
    trackers = {each.id: each for each in session.exec(select(Tracker))}
    named = {there: companies[here].name for there, here in matches[COMPANY].items() if here in companies}
    placed = {
        there: Place(companies[trackers[here].company_id].name, trackers[here].name)
        for there, here in matches[TRACKER].items()
        if here in trackers
    }
    return named, placed


def write_structure(
    session: Session, source: str, structure: Structure, plan: ConfigPlan, account: str, carrier: str, now: datetime
) -> None:
    """Match companies and trackers by name, and make the rows of those that are no longer active there."""
    owner = session.exec(select(Account).where(Account.name == account)).first()
    if owner is None:
        return
    companies = {each.name: each for each in session.exec(select(Company))}
    matched = matches_of(session, source)
    ids = {there: companies[name].id for there, name in plan.companies.items() if name in companies}
    for record in structure.companies:
        if not record.is_active and record.id not in matched[COMPANY]:
            company = Company(
                account_id=owner.id,
                name=free_name(record.title, companies),
                title=record.title,
                time_zone=record.time_zone,
                disabled_at=now,
            )
            session.add(company)
            companies[company.name] = company
            ids[record.id] = company.id
    session.flush()
    write_matches(session, source, COMPANY, ids, now)
    by_id = {**matched[COMPANY], **ids}
    trackers = {(each.company_id, each.name): each for each in session.exec(select(Tracker))}
    found = {}
    for there, place in plan.trackers.items():
        mine = companies.get(place.company)
        tracker = trackers.get((mine.id, place.tracker)) if mine else None
        if tracker is not None:
            found[there] = tracker.id
    found |= _retired_trackers(session, structure, {*found, *matched[TRACKER]}, by_id, trackers, carrier, now)
    write_matches(session, source, TRACKER, found, now)


def _retired_trackers(
    session: Session,
    structure: Structure,
    known: set[str],
    companies: dict[str, str],
    trackers: dict[tuple[str, str], Tracker],
    carrier: str,
    now: datetime,
) -> dict[str, str]:
    """Rows of trackers that are in use no longer, with those of their numbers that nobody has here."""
    owned = set(session.exec(select(TrackingNumber.number)))
    found = {}
    numbers = []
    for record in structure.trackers:
        company_id = companies.get(record.company_id)
        if record.id in known or company_id is None:
            continue
        taken = {name for owner, name in trackers if owner == company_id}
        source, medium = record.source or (None, None)
        tracker = Tracker(
            company_id=company_id,
            name=free_name(record.title, taken),
            type="session" if record.is_pool else "source",
            carrier=carrier,
            source=source,
            medium=medium,
            campaign=record.campaign,
            retired_at=now,
        )
        session.add(tracker)
        trackers[company_id, tracker.name] = tracker
        found[record.id] = tracker.id
        for number in record.numbers:
            if number not in owned:
                owned.add(number)
                numbers.append(TrackingNumber(tracker_id=tracker.id, number=number, retired_at=now, released_at=now))
    session.flush()
    write_rows(session, TrackingNumber, numbers)
    return found
