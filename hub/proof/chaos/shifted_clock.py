"""A clock that a chaos run sets wrong: the hub reads how many seconds it is off from a file."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

VARIABLE = "CHAOS_CLOCK"
"""The environment variable that names the file."""


class ShiftedClock:
    """The time now plus the seconds in the file; the right time if there is none."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def __call__(self) -> datetime:
        """The time, aware UTC."""
        try:
            shift = float(self._file.read_text() or 0)
        except OSError:
            shift = 0.0
        return datetime.now(UTC) + timedelta(seconds=shift)


def set_clock(file: Path, seconds: float) -> None:
    """Let the clock jump to `seconds` ahead of the right time, or behind it."""
    draft = file.with_suffix(".draft")
    draft.write_text(str(seconds))
    draft.replace(file)
