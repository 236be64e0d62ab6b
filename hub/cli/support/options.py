"""Parses the values of options: a time, or a text that is stored."""

from __future__ import annotations

from datetime import UTC, datetime

from hub.errors import CannotDo
from hub.queries.lookup import shown, typed


def since(text: str | None, now: datetime) -> datetime | None:
    """`2h` or `3 days` before `now`, or a date or time (UTC if it has no zone)."""
    from hub.config.durations import parse_span

    if text is None:
        return None
    try:
        return now - parse_span(text)
    except (ValueError, OverflowError):
        pass
    try:
        at = datetime.fromisoformat(text.strip())
    except ValueError:
        raise CannotDo(f"{shown(text)!r} is not a time; write it like 2h, 3d or 2026-05-01.") from None
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def in_words(text: str, option: str) -> str:
    """The text of an option that must not be empty; CannotDo if it is empty."""
    said = typed(text)
    if not said:
        raise CannotDo(f"{option} is empty; say it in words, for it is kept as the record of what you did.")
    return said
