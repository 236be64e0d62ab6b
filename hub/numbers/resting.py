"""Giving numbers up: first out of use, then at rest while old ads still show them, then back to the carrier."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlmodel import Session, col, func, select

from hub.errors import CannotDo
from hub.hookspecs import NumberHooks
from hub.model import Call, Lease, Tracker, TrackingNumber
from hub.numbers.ownership import carrier_of
from hub.runtime import Hub
from hub.store import audit

REST = timedelta(days=90)
"""How long a number that people may know is kept after its last use, so that no caller reaches a stranger."""


def rest_ends(retired_at: datetime, last_call_at: datetime | None, *, lent: bool) -> datetime:
    """When a number may be given back: at once if nobody was ever shown it or called it."""
    return retired_at + REST if lent or last_call_at is not None else retired_at


def put_to_rest(hub: Hub, number: str, actor: str) -> None:
    """Take a bought number out of use: no visitor is shown it, and callers hear that it is not in use. Doing so again changes
    nothing. CannotDo if config.yaml lists it."""
    _refuse_listed(hub, number)
    with hub.store.writing() as session:
        row = _row(session, number)
        if row is None or row.released_at is not None:
            raise CannotDo("That number is not ours; hub numbers list shows ours.")
        if row.retired_at is None:
            row.retired_at, row.leased_until = hub.clock(), None
            session.add(row)
            audit.note(session, hub.clock(), actor, "numbers.rest", number)


def put_back(hub: Hub, number: str, actor: str) -> None:
    """Use a resting number of a tracker again."""
    with hub.store.writing() as session:
        row = _row(session, number)
        if row is None or row.released_at is not None:
            raise CannotDo("That number is not ours anymore.")
        tracker = session.get(Tracker, row.tracker_id)
        if tracker is None or tracker.retired_at is not None:
            raise CannotDo("Its tracker is not in config.yaml anymore; add the number to another tracker there.")
        if row.retired_at is not None:
            row.retired_at, row.bought = None, True
            session.add(row)
            audit.note(session, hub.clock(), actor, "numbers.use", number)


def release_number(hub: Hub, number: str, actor: str, *, connector: str | None = None, early: bool = False) -> str:
    """Give a number back to its carrier, and return the carrier's connector. It cannot be recovered. Doing so again changes
    nothing.

    CannotDo if config.yaml lists it, or if it must rest first; `early` gives it back all the same.
    """
    _refuse_listed(hub, number)
    now = hub.clock()
    with hub.store.reading() as session:
        row = _row(session, number)
        carrier = connector or carrier_of(session, number)
        ends = _rest_ends(session, row, now) if row else now
    if carrier is None:
        raise CannotDo("That number is not ours; name its carrier with --connector to release it anyway.")
    if row is not None and row.released_at is not None and connector is None:
        return carrier
    if ends > now and not early:
        raise CannotDo(
            f"People know this number. It may be given back on {ends:%Y-%m-%d}, after a rest of {REST.days} days."
        )
    hub.plugins.call(carrier, NumberHooks.release_number, number)
    with hub.store.writing() as session:
        row = _row(session, number)
        if row is not None:
            row.retired_at, row.released_at, row.bought = row.retired_at or now, now, False
            session.add(row)
        audit.note(session, now, actor, "numbers.release", number, carrier)
    return carrier


def _rest_ends(session: Session, row: TrackingNumber, now: datetime) -> datetime:
    last = session.exec(select(func.max(col(Call.started_at))).where(Call.tracking_number == row.number)).one()
    lent = session.exec(select(Lease.id).where(Lease.tracking_number_id == row.id).limit(1)).first() is not None
    return rest_ends(row.retired_at or now, last, lent=lent)


def _refuse_listed(hub: Hub, number: str) -> None:
    if any(number in tracker.numbers for company in hub.config.companies for tracker in company.trackers):
        raise CannotDo("config.yaml still uses that number; remove it there first, so that no ad shows it anymore.")


def _row(session: Session, number: str) -> TrackingNumber | None:
    return session.exec(select(TrackingNumber).where(TrackingNumber.number == number)).first()
