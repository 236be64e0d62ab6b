"""Gives numbers whose rest is over to the trackers that config.yaml names them for."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session, col, select

from hub.config.models import Config
from hub.model import Company, Tracker, TrackingNumber
from hub.numbers.rest.rules import may_move


def wanted_for(config: Config) -> dict[str, tuple[str, str]]:
    """Number → the company and the tracker for which config.yaml names it."""
    return {
        number: (company.name, tracker.name)
        for company in config.companies
        for tracker in company.trackers
        for number in tracker.numbers
    }


def finish_moves(session: Session, config: Config, now: datetime) -> None:
    """Move what waited for the end of its rest."""
    waiting = session.exec(select(TrackingNumber).where(TrackingNumber.rest_reason == "moved")).all()
    wanted = wanted_for(config) if waiting else {}
    for row in waiting:
        company_name, name = wanted.get(row.number, ("", ""))
        tracker_id = session.exec(
            select(Tracker.id)
            .join(Company, col(Company.id) == Tracker.company_id)
            .where(Company.name == company_name, Tracker.name == name, col(Tracker.retired_at).is_(None))
        ).first()
        if tracker_id is not None and may_move(session, row, tracker_id, now):
            row.tracker_id, row.came_at, row.leased_until = tracker_id, now, None
            row.retired_at, row.rest_reason, row.rest_until = None, None, None
            session.add(row)
