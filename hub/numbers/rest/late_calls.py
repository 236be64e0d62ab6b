"""Calls on numbers that are out of use: until when they are led and attributed as before, and what is said of it."""

from __future__ import annotations

from datetime import datetime, timedelta

from hub.model import TrackingNumber

LATE_CALLS = timedelta(days=90)
"""How long after it left its tracker, or was given back, a call on a number counts for the tracker and visitor that had it
last."""


def still_leads(number: TrackingNumber, at: datetime) -> bool:
    """Whether a call at `at` on a number out of use is led by its last flow: always while it is ours, because somebody who
    calls it means the business; after it was given back for as long as `LATE_CALLS`."""
    return number.released_at is None or at - number.released_at <= LATE_CALLS


def said_of(number: TrackingNumber, tracker: str, at: datetime) -> str:
    """What the trace of a late call says of its number."""
    assert number.retired_at is not None
    left = f"the number left tracker {tracker} on {number.retired_at:%Y-%m-%d}"
    if number.released_at is not None:
        left += f" and was given back on {number.released_at:%Y-%m-%d}"
    if at - number.retired_at <= LATE_CALLS:
        return f"{left}; for {LATE_CALLS.days} days a call on it counts for who had it last"
    return f"{left}, more than {LATE_CALLS.days} days before: the call counts for the tracker, and for no visitor"
