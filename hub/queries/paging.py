"""Pages of rows, newest first, by their ids, which sort by time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlmodel import Session

Item = TypeVar("Item")


@dataclass(frozen=True)
class Page(Generic[Item]):
    """Some items, newest first."""

    items: list[Item]
    next: str | None
    """The key after which the next page begins; None if this is the last page."""


def page_of(session: Session, query: Any, key: Any, after: str | None, limit: int) -> Page[Any]:
    """At most `limit` rows after the row with the key `after`."""
    if after is not None:
        query = query.where(key < after)
    rows = list(session.exec(query.order_by(key.desc()).limit(limit + 1)))
    more = len(rows) > limit
    return Page(rows[:limit], getattr(rows[limit - 1], key.key) if more else None)
