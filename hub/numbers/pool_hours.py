"""Adds up each clock hour of each pool that is over: how many visitors came, how many numbers were held at once.

An hour that is over never changes: a lease that has ended is never revived. So several workers may add up the same hour.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, select
from sqlmodel import Session, col

from hub.model import Lease, PoolHour, PoolOverflow, Tracker, TrackingNumber
from hub.numbers.pools import HOUR
from hub.store.engine import Store
from hub.store.rows import write_rows

LONGEST_LEASE = timedelta(days=1)
"""Leases that began earlier are not looked for: nobody stays on a page for a day."""
FIRST_LOOK_BACK = timedelta(days=8)
"""How far back the first run of a hub with older leases begins."""
KEPT = timedelta(days=800)
HOURS_PER_RUN = 24


def roll_up_pools(store: Store, now: datetime) -> bool:
    """Add up the hours of all pools that are over; True if more of them wait."""
    until = hour_of(now)
    with store.reading() as session:
        pools = session.execute(select(col(Tracker.id)).where(col(Tracker.type) == "session")).scalars().all()
        starts = {pool: _start(session, pool, until) for pool in pools}
        last = {pool: min(until, start + HOUR * HOURS_PER_RUN) for pool, start in starts.items()}
        rows = [row for pool in pools if starts[pool] < until for row in _rows(session, pool, starts[pool], last[pool])]
    with store.writing() as session:
        write_rows(session, PoolHour, rows)
        # Pool by pool, because the table is sorted so.
        old = col(PoolHour.tracker_id).in_(select(col(Tracker.id))), col(PoolHour.hour) < now - KEPT
        session.execute(delete(PoolHour).where(*old))
    # A day without visitors leaves no row that the next run could begin after.
    return bool(rows) and any(each < until for each in last.values())


def hour_of(at: datetime) -> datetime:
    """The beginning of a time's clock hour."""
    return at.replace(minute=0, second=0, microsecond=0)


def _start(session: Session, pool: str, until: datetime) -> datetime:
    """The first hour that is not added up: after the last row, or that of the first visitor after it."""
    latest = session.execute(select(func.max(PoolHour.hour)).where(col(PoolHour.tracker_id) == pool)).scalar()
    begin: datetime = max(latest + HOUR if latest else until - FIRST_LOOK_BACK, until - FIRST_LOOK_BACK)
    lease: Any = Lease
    granted = select(func.min(lease.granted_at)).where(
        lease.granted_at >= begin - LONGEST_LEASE,
        lease.expires_at > begin,
        lease.tracking_number_id.in_(_numbers(pool)),
    )
    overflow = select(func.min(PoolOverflow.at)).where(
        col(PoolOverflow.tracker_id) == pool, col(PoolOverflow.at) >= begin
    )
    firsts = [at for query in (granted, overflow) if (at := session.execute(query).scalar()) is not None]
    return max(begin, hour_of(min(firsts))) if firsts else until


def _numbers(pool: str) -> Any:
    return select(col(TrackingNumber.id)).where(col(TrackingNumber.tracker_id) == pool)


def _rows(session: Session, pool: str, begin: datetime, until: datetime) -> list[PoolHour]:
    number, lease = TrackingNumber, Lease
    size = session.execute(
        select(func.count()).where(col(number.tracker_id) == pool, col(number.retired_at).is_(None))
    ).scalar_one()
    found = select(col(lease.granted_at), col(lease.expires_at)).where(
        col(lease.tracking_number_id).in_(_numbers(pool)),
        col(lease.granted_at) >= begin - LONGEST_LEASE,
        col(lease.granted_at) < until,
        col(lease.expires_at) > begin,
    )
    leases = [(granted, expires) for granted, expires in session.execute(found)]
    refused = select(col(PoolOverflow.at)).where(
        col(PoolOverflow.tracker_id) == pool, col(PoolOverflow.at) >= begin, col(PoolOverflow.at) < until
    )
    overflows = list(session.execute(refused).scalars())
    rows = []
    hour = begin
    while hour < until:
        row = _row(pool, size, hour, leases, overflows)
        if row.most_held or row.overflows:
            rows.append(row)
        hour += HOUR
    return rows


def _row(
    pool: str, size: int, hour: datetime, leases: list[tuple[datetime, datetime]], overflows: Iterable[datetime]
) -> PoolHour:
    end = hour + HOUR
    within = [(granted, expires) for granted, expires in leases if granted < end and expires > hour]
    held = sum((min(expires, end) - max(granted, hour) for granted, expires in within), timedelta())
    return PoolHour(
        tracker_id=pool,
        hour=hour,
        size=size,
        most_held=most_at_once(within, hour, end),
        lent=sum(granted >= hour for granted, _ in within),
        overflows=sum(hour <= at < end for at in overflows),
        held_seconds=round(held.total_seconds()),
    )


def most_at_once(leases: Sequence[tuple[datetime, datetime]], begin: datetime, end: datetime) -> int:
    """The most leases (granted, expires) that were held at the same time between `begin` and `end`, if all reach into
    it."""
    steps = [(max(granted, begin), 1) for granted, _ in leases] + [
        (expires, -1) for _, expires in leases if expires < end
    ]
    most = held = 0
    for _, step in sorted(steps):
        held += step
        most = max(most, held)
    return most
