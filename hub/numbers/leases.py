"""Leases: a pool assigns each visitor a number for a while: the number they had last, or the one that was idle longest.

The number's row is the lock: a transaction that changes `leased_until` holds that row's lock, so a number never has two
holders, however many processes run. Rows of `lease` are the history, written under the same lock. One transaction
serves all waiting visitors (`hub.visits.batch_writer`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import bindparam, func, or_, select
from sqlmodel import Session

from hub.model import Lease, PoolOverflow, Tracker, TrackingNumber
from hub.model.columns import UTCTime, new_id
from hub.store.rows import change_rows, read, write_rows


@dataclass(frozen=True, slots=True)
class Held:
    """A number that is leased to a visitor until `until`."""

    lease_id: str
    tracker_id: str
    number_id: str
    number: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Wanted:
    """A visit that asks for a number from one of `pools`, which are tried in order.

    Without `reserved`, the pool's reserve is not used. A visit that `returns` gets the number that it held last, if no other
    visit holds it or has held it since. `viewed_at` is the visit's last page view; None if that is now.
    """

    visit_id: str
    pools: Sequence[Tracker]
    reserved: bool = True
    returns: bool = False
    viewed_at: datetime | None = None


def grant(session: Session, wanted: Sequence[Wanted], now: datetime) -> list[Held | None]:
    """Lend each visit a number, first come, first served; None if its pools have none left."""
    lent: list[Held | None] = [None] * len(wanted)
    seekers = list(range(len(wanted)))
    for attempt in range(max((len(each.pools) for each in wanted), default=0)):
        by_pool: dict[str, list[int]] = {}
        for index in seekers:
            if lent[index] is None and attempt < len(wanted[index].pools):
                by_pool.setdefault(wanted[index].pools[attempt].id, []).append(index)
        for indices in by_pool.values():
            pool = wanted[indices[0]].pools[attempt]
            for index, held in zip(indices, _take(session, pool, [wanted[i] for i in indices], now), strict=True):
                lent[index] = held
    write_rows(
        session,
        Lease,
        [
            {
                "id": held.lease_id,
                "tracking_number_id": held.number_id,
                "visit_id": each.visit_id,
                "granted_at": now,
                "expires_at": held.until,
                "viewed_at": each.viewed_at or now,
            }
            for each, held in zip(wanted, lent, strict=True)
            if held is not None
        ],
    )
    return lent


def count_overflows(session: Session, refused: Sequence[Wanted], now: datetime) -> None:
    """Count visits that got no number, each at the first of its pools."""
    rows = [{"id": new_id(), "tracker_id": each.pools[0].id, "at": now} for each in refused]
    write_rows(session, PoolOverflow, rows)


def keep(
    session: Session,
    staying: Mapping[str, bool],
    leaving: Mapping[str, datetime | None],
    now: datetime,
    extends: Callable[[str], bool] = lambda visit_id: True,
) -> dict[str, Held]:
    """Extend the active leases of the visits that stay, and end those of the visits that leave. `staying` says of each whether
    it views a page now; without page views a lease ends after the tracker's `max_idle`. A lease that may not be extended
    (`extends`) goes on to its present end. If a leaving visit has a time, only a lease that ends no later than that is ended.

    Returns the numbers that are still held, by visit. An expired lease is never revived. A number whose lease ended
    goes to the end of its pool's queue.
    """
    visits = {*staying, *leaving}
    if not visits:
        return {}
    kept: dict[str, Held] = {}
    numbers, leases = [], []
    for row in read(session, _live_leases(), visits=list(visits), now=now):
        leave = row.visit_id in leaving
        if leave and row.leased_until > (leaving[row.visit_id] or row.leased_until):
            kept[row.visit_id] = _held(row, row.leased_until)
            continue
        viewed = now if staying.get(row.visit_id) else row.viewed_at
        until = now if leave else _end(now, row.hold_seconds, viewed or row.granted_at, row.max_idle_seconds)
        if until > now and not leave and not extends(row.visit_id):
            until, viewed = row.leased_until, row.viewed_at
        until = max(now, until)
        numbers.append({"id": row.number_id, "leased_until": until})
        leases.append({"id": row.lease_id, "expires_at": until, "viewed_at": viewed})
        if until > now:
            kept[row.visit_id] = _held(row, until)
    change_rows(session, TrackingNumber, numbers)
    change_rows(session, Lease, leases)
    return kept


def last_views(session: Session, visits: Collection[str]) -> dict[str, datetime]:
    """When the visits that ever held a number last viewed a page."""
    if not visits:
        return {}
    return {row.visit_id: row.viewed for row in read(session, _last_views(), visits=list(visits))}


@cache
def _last_views() -> Any:
    lease: Any = Lease
    viewed = func.max(func.coalesce(lease.viewed_at, lease.granted_at)).label("viewed")
    return select(lease.visit_id, viewed).where(lease.visit_id.in_(_VISITS)).group_by(lease.visit_id)


_VISITS: Any = bindparam("visits", expanding=True)
_NOW: Any = bindparam("now", type_=UTCTime())


@cache
def _live_leases() -> Any:
    """The active leases of the visits, with their numbers locked. The only place that waits for locks of several numbers:
    always in the order of their ids."""
    number: Any = TrackingNumber
    lease: Any = Lease
    tracker: Any = Tracker
    live = (
        select(
            lease.id.label("lease_id"), lease.visit_id, lease.granted_at, lease.viewed_at, number.id.label("number_id"),
            number.number, number.leased_until, tracker.id.label("tracker_id"), tracker.hold_seconds,
            tracker.max_idle_seconds,
        )
        .select_from(lease)
        .join(number, (number.id == lease.tracking_number_id) & (number.lease_id == lease.id))
        .join(tracker, tracker.id == number.tracker_id)
        .where(lease.visit_id.in_(_VISITS), number.leased_until > _NOW)
        .order_by(number.id)
    )  # fmt: skip
    return live.with_for_update(of=number)


def _held(row: Any, until: datetime) -> Held:
    return Held(row.lease_id, row.tracker_id, row.number_id, row.number, until)


def _end(now: datetime, hold_seconds: int, viewed_at: datetime, max_idle_seconds: int) -> datetime:
    """When a lease ends that is made or extended now."""
    return min(now + timedelta(seconds=hold_seconds), viewed_at + timedelta(seconds=max_idle_seconds))


def _take(session: Session, pool: Tracker, seekers: Sequence[Wanted], now: datetime) -> list[Held | None]:
    """A number of the pool for each, first come, first served; None if the rest is reserved for others."""
    modest = sum(not each.reserved for each in seekers)
    if modest:
        size, unheld = _sizes(session, pool, now)
        modest = min(modest, max(0, unheld - int(size * pool.reserve) - (len(seekers) - modest)))
    entitled = []
    for each in seekers:
        if each.reserved or modest > 0:
            entitled.append(each)
            modest -= not each.reserved
    if not entitled:
        return [None] * len(seekers)
    own = _own(session, pool, now, [each.visit_id for each in entitled if each.returns])
    others = [each for each in entitled if each.visit_id not in own]
    idle = _idle(session, pool, now, len(others), [number_id for number_id, _ in own.values()]) if others else []
    found = own | {each.visit_id: (number_id, digits) for each, (number_id, digits) in zip(others, idle, strict=False)}
    viewed = {each.visit_id: each.viewed_at or now for each in entitled}
    taken = {
        visit_id: Held(
            new_id(), pool.id, number_id, digits, _end(now, pool.hold_seconds, viewed[visit_id], pool.max_idle_seconds)
        )
        for visit_id, (number_id, digits) in found.items()
    }
    changes = [{"id": each.number_id, "leased_until": each.until, "lease_id": each.lease_id} for each in taken.values()]
    change_rows(session, TrackingNumber, changes)
    return [taken.get(each.visit_id) for each in seekers]


def _free() -> tuple[Any, ...]:
    """The conditions that a number of a pool may be lent now."""
    number: Any = TrackingNumber
    return (
        number.tracker_id == bindparam("pool"),
        number.retired_at.is_(None),
        or_(number.leased_until.is_(None), number.leased_until <= _NOW),
    )


def _sizes(session: Session, pool: Tracker, now: datetime) -> tuple[int, int]:
    """How many numbers a pool has, and how many of them are free."""
    ((size, unheld),) = read(session, _counted(), pool=pool.id, now=now)
    return size, unheld


@cache
def _counted() -> Any:
    *of_pool, is_free = _free()
    return select(func.count(), func.count().filter(is_free)).where(*of_pool)


def _idle(session: Session, pool: Tracker, now: datetime, count: int, taken: Sequence[str]) -> Sequence[Any]:
    """(id, number) of the free numbers that were idle longest, without those that are `taken`."""
    query = _longest_idle(without=bool(taken))
    values = {"pool": pool.id, "now": now, "most": count}
    return session.connection().execute(query, values | {"taken": taken} if taken else values).all()


@cache
def _longest_idle(*, without: bool) -> Any:
    """The busiest query of a pool, built once."""
    number: Any = TrackingNumber
    query = (
        select(number.id, number.number)
        .where(*_free())
        .order_by(number.leased_until.asc().nulls_first(), number.id)
        .limit(bindparam("most"))
    )
    if without:
        query = query.where(number.id.not_in(bindparam("taken", expanding=True)))
    return query.with_for_update(skip_locked=True)


def _own(session: Session, pool: Tracker, now: datetime, visits: Sequence[str]) -> dict[str, tuple[str, str]]:
    """(id, number) of the free numbers that these visits were the last to hold, by visit; of several, the latest."""
    if not visits:
        return {}
    held_last = read(session, _held_last(), visits=visits, pool=pool.id, now=now)
    return {visit_id: (number_id, digits) for visit_id, number_id, digits in held_last}


@cache
def _held_last() -> Any:
    number: Any = TrackingNumber
    lease: Any = Lease
    return (
        select(lease.visit_id, number.id, number.number)
        .join(number, (number.id == lease.tracking_number_id) & (number.lease_id == lease.id))
        .where(lease.visit_id.in_(_VISITS), *_free())
        .order_by(lease.granted_at)
        .with_for_update(of=number, skip_locked=True)
    )
