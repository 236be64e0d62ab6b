"""Leases: a pool assigns each visitor a number for a while: the number they had last, or the one that was idle longest.

The number's row is the lock: a transaction that changes `leased_until` holds that row's lock, so a number never has two
holders, however many processes run. Rows of `lease` are the history, written under the same lock. One transaction
serves all waiting visitors (`hub.visits.batch_writer`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, or_, select
from sqlmodel import Session

from hub.model import Lease, PoolOverflow, Tracker, TrackingNumber
from hub.model.columns import new_id
from hub.store.rows import change_rows, write_rows


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
    visit holds it or has held it since.
    """

    visit_id: str
    pools: Sequence[Tracker]
    reserved: bool = True
    returns: bool = False


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
            _lease(held.lease_id, held.number_id, each.visit_id, now, held.until)
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
    session: Session, staying: Collection[str], leaving: Mapping[str, datetime | None], now: datetime
) -> dict[str, Held]:
    """Extend the active leases of the visits that stay, and end those of the visits that leave. If a leaving visit has
    a time, only a lease that ends no later than that is ended.

    Returns the numbers that are still held, by visit. An expired lease is never revived. A number whose lease ended
    goes to the end of its pool's queue.
    """
    visits = {*staying, *leaving}
    if not visits:
        return {}
    number: Any = TrackingNumber
    lease: Any = Lease
    tracker: Any = Tracker
    # The only place that waits for locks of several numbers: always in the order of their ids.
    live = (
        select(
            lease.id, lease.visit_id, number.id, number.number, number.leased_until, tracker.id, tracker.hold_seconds
        )
        .select_from(lease)
        .join(number, (number.id == lease.tracking_number_id) & (number.lease_id == lease.id))
        .join(tracker, tracker.id == number.tracker_id)
        .where(lease.visit_id.in_(visits), number.leased_until > now)
        .order_by(number.id)
    )
    if session.get_bind().dialect.name == "postgresql":
        live = live.with_for_update(of=number)
    kept: dict[str, Held] = {}
    changes = []
    for lease_id, visit_id, number_id, digits, ends, tracker_id, hold_seconds in session.execute(live):
        gone = visit_id in leaving
        if gone and ends > (leaving[visit_id] or ends):
            continue
        until = now if gone else now + timedelta(seconds=hold_seconds)
        changes.append((number_id, lease_id, until))
        if not gone:
            kept[visit_id] = Held(lease_id, tracker_id, number_id, digits, until)
    change_rows(session, TrackingNumber, [{"id": number_id, "leased_until": until} for number_id, _, until in changes])
    change_rows(session, Lease, [{"id": lease_id, "expires_at": until} for _, lease_id, until in changes])
    return kept


def _take(session: Session, pool: Tracker, seekers: Sequence[Wanted], now: datetime) -> list[Held | None]:
    """A number of the pool for each, first come, first served; None if the rest is reserved for others."""
    number: Any = TrackingNumber
    ours = (number.tracker_id == pool.id, number.retired_at.is_(None))
    free = (*ours, or_(number.leased_until.is_(None), number.leased_until <= now))
    modest = sum(not each.reserved for each in seekers)
    if modest:
        size = session.scalar(select(func.count()).where(*ours)) or 0
        unheld = session.scalar(select(func.count()).where(*free)) or 0
        modest = min(modest, max(0, unheld - int(size * pool.reserve) - (len(seekers) - modest)))
    entitled = []
    for each in seekers:
        if each.reserved or modest > 0:
            entitled.append(each)
            modest -= not each.reserved
    if not entitled:
        return [None] * len(seekers)
    own = _own(session, free, [each.visit_id for each in entitled if each.returns])
    others = [each for each in entitled if each.visit_id not in own]
    longest_idle = (
        select(number.id, number.number)
        .where(*free, number.id.not_in([number_id for number_id, _ in own.values()]))
        .order_by(number.leased_until.asc().nulls_first(), number.id)
        .limit(len(others))
    )
    if session.get_bind().dialect.name == "postgresql":
        longest_idle = longest_idle.with_for_update(skip_locked=True)
    idle = session.execute(longest_idle).all() if others else []
    found = own | {each.visit_id: (number_id, digits) for each, (number_id, digits) in zip(others, idle, strict=False)}
    until = now + timedelta(seconds=pool.hold_seconds)
    taken = {
        visit_id: Held(new_id(), pool.id, number_id, digits, until) for visit_id, (number_id, digits) in found.items()
    }
    changes = [{"id": each.number_id, "leased_until": until, "lease_id": each.lease_id} for each in taken.values()]
    change_rows(session, TrackingNumber, changes)
    return [taken.get(each.visit_id) for each in seekers]


def _own(session: Session, free: Sequence[Any], visits: Sequence[str]) -> dict[str, tuple[str, str]]:
    """(id, number) of the free numbers that these visits were the last to hold, by visit; of several, the latest."""
    if not visits:
        return {}
    number: Any = TrackingNumber
    lease: Any = Lease
    held_last = (
        select(lease.visit_id, number.id, number.number)
        .join(number, (number.id == lease.tracking_number_id) & (number.lease_id == lease.id))
        .where(lease.visit_id.in_(visits), *free)
        .order_by(lease.granted_at)
    )
    if session.get_bind().dialect.name == "postgresql":
        held_last = held_last.with_for_update(of=number, skip_locked=True)
    return {visit_id: (number_id, digits) for visit_id, number_id, digits in session.execute(held_last)}


def _lease(lease_id: str, number_id: str, visit_id: str, granted_at: datetime, expires_at: datetime) -> dict[str, Any]:
    return {
        "id": lease_id,
        "tracking_number_id": number_id,
        "visit_id": visit_id,
        "granted_at": granted_at,
        "expires_at": expires_at,
    }
