"""Why, and for how long, a number rests before another tracker or another customer of the carrier gets it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

from sqlmodel import Session, col, func, select

from hub.model import Call, Lease, Tracker, TrackingNumber

REST = timedelta(days=90)
"""How long a number that people may know is kept after its last use, so that no caller reaches a stranger."""
MOVE_REST = timedelta(days=30)
"""How long such a number rests between a pool and a tracker of another kind or company: a late caller must not count for
them."""
RestReason = Literal["removed", "moved", "by_hand"]
"""`removed`: config.yaml no longer names it, or its tracker; `moved`: config.yaml names it for another tracker, which gets it
after the rest; `by_hand`: a user took it out of use."""


def rest_ends(row: TrackingNumber, last_call_at: datetime | None, *, lent: bool, now: datetime) -> datetime:
    """When a number's rest ends, if it rests from now on at the latest: when the owner said, at once if nobody was ever shown
    it or called it, otherwise as `REST` and `MOVE_REST` say."""
    since = row.retired_at or now
    if row.rest_until is not None:
        return row.rest_until
    if not lent and last_call_at is None:
        return since
    return since + (MOVE_REST if row.rest_reason == "moved" else REST)


def must_rest(before: tuple[str, str], after: tuple[str, str]) -> bool:
    """Whether a number rests between two trackers, each as (company id, type): if it leaves a pool or comes to one, because a
    late caller would count for a stranger. Within a company one pool takes over the numbers of another at once, and so does
    a source those of another."""
    return before != after and "session" in (before[1], after[1])


def may_move(session: Session, row: TrackingNumber, tracker_id: str, now: datetime) -> bool:
    """Whether a tracker may get a number of another tracker now, or gets it after its rest."""
    before, tracker = session.get_one(Tracker, row.tracker_id), session.get_one(Tracker, tracker_id)
    if not must_rest((before.company_id, before.type), (tracker.company_id, tracker.type)):
        return True
    last, lent = _uses(session, row)
    if last is None and not lent:
        return True
    return (row.rest_until or (row.retired_at or now) + MOVE_REST) <= now


def end_of_rest(session: Session, row: TrackingNumber, now: datetime) -> datetime:
    """When a number of ours may be given back, if it rests from now on at the latest."""
    last, lent = _uses(session, row)
    return rest_ends(row, last, lent=lent, now=now)


def _uses(session: Session, row: TrackingNumber) -> tuple[datetime | None, bool]:
    """A number's last call, and whether a visitor was ever shown it."""
    last = session.exec(select(func.max(col(Call.started_at))).where(Call.tracking_number == row.number)).one()
    return last, session.exec(select(Lease.id).where(Lease.tracking_number_id == row.id).limit(1)).first() is not None
