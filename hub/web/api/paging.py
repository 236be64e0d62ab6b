"""Pages of rows, newest first, by their ids, which sort by time."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Query
from sqlmodel import Session

LONGEST = 200
After = Annotated[str | None, Query(max_length=64, description="`next` of the page before.")]
Limit = Annotated[int, Query(ge=1, le=LONGEST, description="The most rows of a page.")]


def page_of(session: Session, query: Any, key: Any, after: Any, limit: int) -> tuple[list[Any], Any]:
    """The rows after `after`, and what the next page begins after; None where this is the last."""
    if after is not None:
        query = query.where(key < after)
    rows = list(session.exec(query.order_by(key.desc()).limit(limit + 1)))
    more = len(rows) > limit
    return rows[:limit], getattr(rows[limit - 1], key.key) if more else None
