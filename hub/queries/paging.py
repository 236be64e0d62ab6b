"""Pages of rows, newest first, by their ids, which sort by time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnClause, func
from sqlalchemy.sql.visitors import replacement_traverse
from sqlmodel import Session, select

Item = TypeVar("Item")
LOOK_THROUGH = 20
"""Rows of all accounts that are looked through for one row of a page."""


@dataclass(frozen=True)
class Page(Generic[Item]):
    """Some items, newest first."""

    items: list[Item]
    next: str | None
    """The key after which the next page begins; None if this is the last page."""


def page_of(session: Session, query: Any, key: Any, after: str | None, limit: int) -> Page[Any]:
    """At most `limit` rows after the row with the key `after`."""
    rows = _newest(session, query, key, after, limit + 1)
    more = len(rows) > limit
    return Page(rows[:limit], getattr(rows[limit - 1], key.key) if more else None)


def _newest(session: Session, query: Any, key: Any, after: str | None, count: int) -> list[Any]:
    """The newest rows before `after`. SQLite would read and sort all rows of an account. Where most rows are the account's, the
    newest ones of the table hold enough of them; where they do not, it has few to sort."""
    if after is not None:
        query = query.where(key < after)
    if session.get_bind().dialect.name == "sqlite":
        latest = select(key).order_by(key.desc()).limit(count * LOOK_THROUGH)
        latest = latest if after is None else latest.where(key < after)
        along_ids = without_company_index(query, key.class_).where(key.in_(latest))
        rows = list(session.exec(along_ids.order_by(key.desc()).limit(count)))
        if len(rows) == count:
            return rows
    return list(session.exec(query.order_by(key.desc()).limit(count)))


def without_company_index(query: Any, of: Any) -> Any:
    """The same query for rows `of` one table, for which no index of its companies is chosen: others are more selective."""
    if query.whereclause is None:
        return query
    table = of.__table__.name

    def replaced(part: Any, **_: Any) -> Any:
        if isinstance(part, ColumnClause) and part.name == "company_id" and str(part.table) == table:
            return func.coalesce(part, "")
        return None

    traverse: Any = replacement_traverse
    return select(of).where(traverse(query.whereclause, {}, replaced))
