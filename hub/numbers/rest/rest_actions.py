"""Giving numbers up: first out of use, then at rest while old ads still show them, then back to the carrier."""

from __future__ import annotations

from sqlmodel import Session, select

from hub.errors import CannotDo
from hub.hookspecs import NumberHooks
from hub.model import Tracker, TrackingNumber
from hub.numbers.ownership import carrier_of
from hub.numbers.rest.moves import finish_moves
from hub.numbers.rest.rules import REST, end_of_rest
from hub.runtime import Hub
from hub.store import audit


def put_to_rest(hub: Hub, number: str, actor: str) -> None:
    """Take a bought number out of use: no visitor is shown it, no tracker gets it, and who knows it still reaches the business.
    Doing so again changes nothing. CannotDo if config.yaml lists it."""
    _refuse_listed(hub, number)
    with hub.store.writing() as session:
        row = _row(session, number)
        if row is None or row.released_at is not None:
            raise CannotDo("That number is not ours; hub numbers list shows ours.")
        if row.retired_at is None:
            row.retired_at, row.leased_until, row.rest_reason, row.rest_until = hub.clock(), None, "by_hand", None
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
        if row.rest_reason == "moved":
            raise CannotDo("config.yaml names it for another tracker, which gets it after its rest; change that there.")
        if row.retired_at is not None:
            row.retired_at, row.rest_reason, row.rest_until, row.bought = None, None, None, True
            session.add(row)
            audit.note(session, hub.clock(), actor, "numbers.use", number)


def end_rest(hub: Hub, number: str, actor: str) -> None:
    """End a number's rest now: it may be given back, and a tracker that config.yaml names gets it. Callers who know it from
    before then reach a stranger, or count for the new tracker. CannotDo if it does not rest."""
    now = hub.clock()
    with hub.store.writing() as session:
        row = _row(session, number)
        if row is None or row.released_at is not None or row.retired_at is None:
            raise CannotDo("That number does not rest; hub numbers list shows ours.")
        ends = end_of_rest(session, row, now)
        if ends <= now:
            raise CannotDo("Its rest is over already; it may be given back.")
        row.rest_until = now
        session.add(row)
        session.flush()
        audit.note(session, now, actor, "numbers.end_rest", number, f"it would have rested until {ends:%Y-%m-%d}")
        finish_moves(session, hub.config, now)


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
        ends = end_of_rest(session, row, now) if row else now
    if carrier is None:
        raise CannotDo("That number is not ours; name its carrier with --connector to release it anyway.")
    if row is not None and row.released_at is not None and connector is None:
        return carrier
    if ends > now and not early:
        raise CannotDo(
            f"People know this number. It may be given back on {ends:%Y-%m-%d}, after a rest of {REST.days} days."
        )
    hub.plugins.call(carrier, NumberHooks.release_number, number)
    give_up(hub, number, actor, "numbers.release", carrier)
    return carrier


def give_up(hub: Hub, number: str, actor: str, action: str, carrier: str) -> None:
    """Record that a number is no longer ours, with an audit entry `action`. Nothing is asked of its carrier."""
    now = hub.clock()
    with hub.store.writing() as session:
        row = _row(session, number)
        if row is not None:
            row.retired_at, row.released_at, row.bought = row.retired_at or now, now, False
            row.leased_until, row.rest_reason, row.rest_until = None, None, None
            session.add(row)
        audit.note(session, now, actor, action, number, carrier)


def _refuse_listed(hub: Hub, number: str) -> None:
    if any(number in tracker.numbers for company in hub.config.companies for tracker in company.trackers):
        raise CannotDo("config.yaml still uses that number; remove it there first, so that no ad shows it anymore.")


def _row(session: Session, number: str) -> TrackingNumber | None:
    return session.exec(select(TrackingNumber).where(TrackingNumber.number == number)).first()
