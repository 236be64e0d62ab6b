"""The time now. A hub is given its clock, so that a test can stop it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """The time now, aware UTC."""
    return datetime.now(UTC)
