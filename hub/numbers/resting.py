"""Numbers that are given up: out of use, at rest while old ads still show them, and then back to the carrier."""

from __future__ import annotations

from datetime import datetime, timedelta

REST = timedelta(days=90)
"""How long a number that people may know is kept after its last use, so that no caller reaches a stranger."""


def rest_ends(retired_at: datetime, last_call_at: datetime | None, *, lent: bool) -> datetime:
    """When a number may be given back: at once if nobody was ever shown it or called it."""
    return retired_at + REST if lent or last_call_at is not None else retired_at
