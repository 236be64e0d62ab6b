"""Leases: a pool lends each visitor a number of their own for a while, the one that was idle longest first."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import or_, select, update
from sqlmodel import Session, col

from hub.model import Lease, TrackingNumber, Visit
from hub.model.columns import new_id

HOLD = timedelta(minutes=30)
"""How long a lease lasts from the last sign of the visitor."""


def grant(session: Session, tracker_id: str, visit: Visit, now: datetime) -> TrackingNumber | None:
    """Lease a free number of the pool to a visit; None where every number is held.

    One statement takes the number, so two visitors never get the same one, on SQLite and on PostgreSQL with many processes.
    """
    number: Any = TrackingNumber
    free = (
        select(number.id)
        .where(
            number.tracker_id == tracker_id,
            number.retired_at.is_(None),
            or_(number.leased_until.is_(None), number.leased_until <= now),
        )
        .order_by(number.leased_until.asc().nulls_first(), number.id)
        .limit(1)
    )
    if session.get_bind().dialect.name == "postgresql":
        free = free.with_for_update(skip_locked=True)
    lease_id = new_id()
    taken = session.scalars(
        update(TrackingNumber)
        .where(number.id.in_(free))
        .values(leased_until=now + HOLD, lease_id=lease_id)
        .returning(TrackingNumber)
        .execution_options(synchronize_session=False)
    ).first()
    if taken is not None:
        session.add(
            Lease(id=lease_id, tracking_number_id=taken.id, visit_id=visit.id, granted_at=now, expires_at=now + HOLD)
        )
    return taken


def prolong(session: Session, visit_id: str, now: datetime) -> TrackingNumber | None:
    """Slide a visit's live lease on from `now`; None where it has none any more."""
    lease = session.scalars(
        select(Lease)
        .where(col(Lease.visit_id) == visit_id, col(Lease.expires_at) > now)
        .order_by(col(Lease.granted_at).desc())
    ).first()
    if lease is None:
        return None
    number: Any = TrackingNumber
    kept = session.scalars(
        update(TrackingNumber)
        .where(number.id == lease.tracking_number_id, number.lease_id == lease.id)
        .values(leased_until=now + HOLD)
        .returning(TrackingNumber)
        .execution_options(synchronize_session=False)
    ).first()
    if kept is not None:
        lease.expires_at = now + HOLD
        session.add(lease)
    return kept


def release(session: Session, visit_id: str, now: datetime) -> int:
    """End a visit's live leases at `now`; how many. Their numbers cool down: the pool lends them again last of all."""
    leases = session.scalars(select(Lease).where(col(Lease.visit_id) == visit_id, col(Lease.expires_at) > now)).all()
    number: Any = TrackingNumber
    for lease in leases:
        lease.expires_at = now
        session.execute(
            update(TrackingNumber)
            .where(number.id == lease.tracking_number_id, number.lease_id == lease.id)
            .values(leased_until=now)
            .execution_options(synchronize_session=False)
        )
    return len(leases)
