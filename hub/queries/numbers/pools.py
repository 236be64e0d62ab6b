"""Pools over the last week: the most numbers in use by hour, visitors who found none, and the advised size."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlmodel import Session, col

from hub.access.scope import AccessScope
from hub.contracts.values import Money
from hub.model import Company, Lease, PoolHour, PoolOverflow, Tracker, TrackingNumber
from hub.numbers.erlang import blocking, numbers_needed
from hub.numbers.pool_hours import hour_of
from hub.numbers.pools import HOUR

PERIOD = timedelta(days=7)
ACCEPTED = 0.01
"""The share of the busiest hour's visitors that may find no number, as `hub pools` advises by default."""


@dataclass(frozen=True, kw_only=True)
class PoolWeek:
    """One pool over the last 7 days."""

    company_id: str
    tracker: str
    title: str
    """What people call the tracker."""
    size: int
    held: int
    """Numbers that are held now."""
    by_hour: tuple[int, ...]
    """For each of 24 hours of the day in the page's time zone: the most numbers held at once on any day."""
    visitors: int
    overflows: int
    """Of the visitors, those who found no number free."""
    advised: int
    """The size with which at most 1 in 100 visitors of the busiest hour finds none (Erlang B)."""
    expected: float
    """Visitors a week who would find none with the advised size."""
    price: Money | None
    """What one of its numbers costs a month, on average; None if not known."""


def pool_weeks(
    session: Session, scope: AccessScope, company_ids: Collection[str], zone: ZoneInfo, now: datetime
) -> list[PoolWeek]:
    """The pools of the companies that are in use, by company and name."""
    tracker: Any = Tracker
    mine = scope.select(Company).with_only_columns(col(Company.id))
    pools = session.execute(
        select(tracker)
        .where(
            tracker.type == "session",
            tracker.retired_at.is_(None),
            tracker.company_id.in_(list(company_ids)),
            tracker.company_id.in_(mine),
        )
        .order_by(tracker.company_id, tracker.name)
    ).scalars()
    found = list(pools)
    ids = [each.id for each in found]
    hours: dict[str, list[PoolHour]] = {each: [] for each in ids}
    rows = select(PoolHour).where(col(PoolHour.tracker_id).in_(ids), col(PoolHour.hour) >= hour_of(now - PERIOD))
    for row in session.execute(rows).scalars():
        hours[row.tracker_id].append(row)
    numbers = _numbers(session, ids, now)
    overflows, lent = _overflows_since(session, ids, hour_of(now)), _lent_since(session, ids, hour_of(now))
    return [
        _week(
            each,
            hours[each.id],
            numbers.get(each.id, (0, 0, None, None)),
            (lent.get(each.id, 0), overflows.get(each.id, 0)),
            zone,
            now,
        )
        for each in found
    ]


def _week(
    pool: Tracker,
    rows: Sequence[PoolHour],
    numbers: tuple[int, int, Decimal | None, str | None],
    latest: tuple[int, int],
    zone: ZoneInfo,
    now: datetime,
) -> PoolWeek:
    size, held, price, currency = numbers
    latest_lent, latest_overflows = latest
    peaks = [0] * 24
    for row in rows:
        local = row.hour.astimezone(zone).hour
        peaks[local] = max(peaks[local], row.most_held)
    peaks[now.astimezone(zone).hour] = max(peaks[now.astimezone(zone).hour], held)
    lent = sum(row.lent for row in rows)
    mean_hold = sum(row.held_seconds for row in rows) / lent / HOUR.total_seconds() if lent else 0.0
    loads = [((row.lent + row.overflows) * mean_hold, row.lent + row.overflows) for row in rows]
    advised = numbers_needed(max(load for load, _ in loads), ACCEPTED) if loads else size
    return PoolWeek(
        company_id=pool.company_id,
        tracker=pool.name,
        title=pool.shown_name,
        size=size,
        held=held,
        by_hour=tuple(peaks),
        visitors=sum(row.lent + row.overflows for row in rows) + latest_lent + latest_overflows,
        overflows=sum(row.overflows for row in rows) + latest_overflows,
        advised=advised,
        expected=sum(arrivals * blocking(advised, load) for load, arrivals in loads),
        price=Money(Decimal(price), currency) if price is not None and currency else None,
    )


def _numbers(session: Session, ids: Sequence[str], now: datetime) -> dict[str, tuple[int, int, Decimal | None, str]]:
    """Pool → its size, the numbers held now, and the average price in its currency."""
    number: Any = TrackingNumber
    query = (
        select(
            number.tracker_id,
            func.count(),
            func.count().filter(number.leased_until > now),
            func.avg(number.monthly_price),
            func.max(number.price_currency),
        )
        .where(number.tracker_id.in_(ids), number.retired_at.is_(None))
        .group_by(number.tracker_id)
    )
    return {pool: (size, held, price, currency) for pool, size, held, price, currency in session.execute(query)}


def _lent_since(session: Session, ids: Sequence[str], since: datetime) -> dict[str, int]:
    """Pool → how often a number was lent in the hour that is not over, of which no row says it yet."""
    query = (
        select(col(TrackingNumber.tracker_id), func.count())
        .join(Lease, col(Lease.tracking_number_id) == col(TrackingNumber.id))
        .where(col(TrackingNumber.tracker_id).in_(ids), col(Lease.granted_at) >= since, col(Lease.expires_at) >= since)
    )
    return {row[0]: row[1] for row in session.execute(query.group_by(col(TrackingNumber.tracker_id)))}


def _overflows_since(session: Session, ids: Sequence[str], since: datetime) -> dict[str, int]:
    query = select(col(PoolOverflow.tracker_id), func.count()).where(
        col(PoolOverflow.tracker_id).in_(ids), col(PoolOverflow.at) >= since
    )
    return {row[0]: row[1] for row in session.execute(query.group_by(col(PoolOverflow.tracker_id)))}
