"""Statistics of pools: how many visitors ask for numbers, how long they hold them, how many get none, and the pool
size needed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlmodel import Session, col, func, select

from hub.model import Lease, PoolOverflow, Tracker, TrackingNumber
from hub.numbers.directory import Directory
from hub.numbers.erlang import blocking, numbers_needed

HOUR = timedelta(hours=1)
ROWS_PER_FETCH = 10_000


@dataclass(frozen=True, kw_only=True)
class PoolFigures:
    """One pool over the period. Rates are visitors per hour; fractions are from 0 to 1."""

    company: str
    tracker: str
    size: int
    live: int
    """Numbers that are held now."""
    since: datetime
    """Start of the period: as requested, or the pool's first visitor if that was later."""
    arrivals: int
    overflows: int
    """Visitors who found no number left; arrivals count them."""
    mean_rate: float
    peak_rate: float
    """Arrivals in the busiest clock hour."""
    hold: timedelta
    """The mean time that a visitor holds a number: measured, or as configured if nothing was measured yet."""
    utilization: float
    """The average fraction of the numbers that was held."""
    recommended: int
    """The size with which at most the requested fraction of visitors in the busiest hour gets no number."""
    expected_overflow: float
    """The fraction that gets no number in the busiest hour at the current size, by the same formula."""

    @property
    def overflow_rate(self) -> float:
        """The fraction of visitors that got no number."""
        return self.overflows / self.arrivals if self.arrivals else 0.0

    @property
    def rest(self) -> timedelta | None:
        """The average time that a number is idle between two visitors; in this time a late caller is identified with
        certainty."""
        idle = self.size * (1 - self.utilization)
        return HOUR * (idle / self.mean_rate) if self.mean_rate else None


def pool_figures(
    session: Session, directory: Directory, companies: Sequence[str], *, days: float, blocked: float, now: datetime
) -> list[PoolFigures]:
    """The statistics of every pool of the `companies` over the last `days`; `blocked` is the accepted fraction of
    overflow."""
    return [
        _figures(session, tracker, company, now - timedelta(days=days), blocked, now)
        for company in companies
        for tracker in directory.showable(directory.companies[company]).pools
    ]


def _figures(
    session: Session, tracker: Tracker, company: str, wanted_since: datetime, blocked: float, now: datetime
) -> PoolFigures:
    number: Any = TrackingNumber
    ours = (number.tracker_id == tracker.id, number.retired_at.is_(None))
    size = session.exec(select(func.count()).where(*ours)).one()
    live = session.exec(select(func.count()).where(*ours, number.leased_until > now)).one()
    since = _since(session, tracker, wanted_since, now)
    seen = _Seen(since, now)
    of_pool = select(number.id).where(number.tracker_id == tracker.id)
    leases = select(Lease.granted_at, Lease.expires_at).where(
        col(Lease.tracking_number_id).in_(of_pool), col(Lease.expires_at) > since, col(Lease.granted_at) <= now
    )
    seen.leases(session.exec(leases, execution_options={"yield_per": ROWS_PER_FETCH}))
    in_vain = select(PoolOverflow.at).where(
        col(PoolOverflow.tracker_id) == tracker.id, col(PoolOverflow.at) >= since, col(PoolOverflow.at) <= now
    )
    overflows = seen.overflows(session.exec(in_vain, execution_options={"yield_per": ROWS_PER_FETCH}))
    hours = max((now - since) / HOUR, 1.0)
    hold = seen.mean_hold() or timedelta(seconds=tracker.hold_seconds)
    peak = max(seen.by_hour.values(), default=0)
    load = peak * (hold / HOUR)
    return PoolFigures(
        company=company,
        tracker=tracker.name,
        size=size,
        live=live,
        since=since,
        arrivals=seen.arrivals,
        overflows=overflows,
        mean_rate=seen.arrivals / hours,
        peak_rate=float(peak),
        hold=hold,
        utilization=min(1.0, (seen.held / HOUR) / (size * hours)) if size else 0.0,
        recommended=numbers_needed(load, blocked),
        expected_overflow=blocking(size, load),
    )


def _since(session: Session, tracker: Tracker, wanted: datetime, now: datetime) -> datetime:
    """The later of `wanted` and the first visit of the pool: days before the hub was in use must not count as quiet days."""
    number: Any = TrackingNumber
    of_pool = col(Lease.tracking_number_id).in_(select(number.id).where(number.tracker_id == tracker.id))
    # The first of all leases is looked for only if none ended before: then there are few.
    if session.exec(select(Lease.id).where(of_pool, col(Lease.expires_at) <= wanted).limit(1)).first() is not None:
        return wanted
    lent = select(func.min(Lease.granted_at)).where(of_pool)
    in_vain = select(func.min(PoolOverflow.at)).where(col(PoolOverflow.tracker_id) == tracker.id)
    firsts = [first for query in (lent, in_vain) if (first := session.exec(query).one()) is not None]
    return min(max(wanted, min(firsts, default=now)), now)


class _Seen:
    """What happened between `since` and `now`."""

    def __init__(self, since: datetime, now: datetime) -> None:
        self._since, self._now = since, now
        self.arrivals = 0
        self.held = timedelta()
        """Total time that numbers were held within the period."""
        self.by_hour: dict[int, int] = {}
        self._ended, self._ended_held = 0, timedelta()

    def leases(self, rows: Iterable[tuple[datetime, datetime]]) -> None:
        """Add leases that overlap the period: (granted, expires)."""
        for granted, expires in rows:
            self.held += min(expires, self._now) - max(granted, self._since)
            if granted >= self._since:
                self._arrive(granted)
                if expires <= self._now:
                    self._ended += 1
                    self._ended_held += expires - granted

    def overflows(self, rows: Iterable[datetime]) -> int:
        """Add visitors who got no number; returns how many."""
        count = 0
        for at in rows:
            self._arrive(at)
            count += 1
        return count

    def mean_hold(self) -> timedelta | None:
        """Mean length of the leases that have ended; None if none has."""
        return self._ended_held / self._ended if self._ended else None

    def _arrive(self, at: datetime) -> None:
        self.arrivals += 1
        hour = int(at.astimezone(UTC).timestamp() // 3600)
        self.by_hour[hour] = self.by_hour.get(hour, 0) + 1
