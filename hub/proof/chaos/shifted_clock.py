"""A clock that a chaos run sets wrong or stops: the hub reads from a file how many seconds it is off, or what time it is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

VARIABLE = "CHAOS_CLOCK"
"""The environment variable that names the file."""


class ShiftedClock:
    """The time now plus the seconds in the file, or the time in the file; the right time without one."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def __call__(self) -> datetime:
        """The time, aware UTC."""
        try:
            text = self._file.read_text() or "0"
        except OSError:
            text = "0"
        if "T" in text:
            return datetime.fromisoformat(text)
        return datetime.now(UTC) + timedelta(seconds=float(text))


def set_clock(file: Path, seconds: float) -> None:
    """Let the clock jump to `seconds` ahead of the right time, or behind it."""
    _write(file, str(seconds))


def stop_clock(file: Path, at: datetime) -> None:
    """Let the clock stand still at a time."""
    _write(file, at.isoformat())


def _write(file: Path, text: str) -> None:
    draft = file.with_suffix(".draft")
    draft.write_text(text)
    draft.replace(file)
