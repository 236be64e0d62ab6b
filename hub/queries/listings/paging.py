"""Pages of a query in any order: by number, or after a cursor, which costs the same however far it is.

A cursor holds the value by which its row is sorted and the row's id, so that rows with equal values are neither left out
nor sent twice. A missing value sorts as the `blank` of its order.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, bindparam, func, or_
from sqlalchemy import select as select_columns
from sqlmodel import Session

from hub.errors import CannotDo
from hub.queries.lists.plan import without_company_index

NARROW = "few_ids"
"""The execution option of a query that can find only few rows, which it names by id."""
MAX_COMPANIES_APART, MAX_ROWS_APART = 8, 2_000
"""Up to so many companies, and so many rows before the end of a page, companies are read one by one."""
MIN_YEAR, MAX_YEAR, MAX_NUMBER = 1_900, 2_200, 1 << 60
"""What a cursor may hold, so that every database takes it."""
BAD_CURSOR = "The address of this page cannot be read; begin again with the first page."


@dataclass(frozen=True)
class Order:
    """A column to sort by, and the column of the id, which decides between equal values."""

    column: Any
    row_id: Any
    descending: bool = True
    blank: Any = None
    """What a missing value sorts as; None if the column is never empty."""
    kind: Callable[[str], Any] = str
    """Reads a value of the column from a cursor; `datetime.fromisoformat` of a time."""
    company: Any = None
    """The column of the company, if an index of it continues with `column`."""

    @property
    def key(self) -> Any:
        """The expression that is sorted."""
        return self.column if self.blank is None else func.coalesce(self.column, self.blank)

    @property
    def clauses(self) -> tuple[Any, Any]:
        """What ORDER BY has."""
        key, row_id = self.key, self.row_id
        return (key.desc(), row_id.desc()) if self.descending else (key.asc(), row_id.asc())

    def after(self, cursor: str) -> Any:
        """The condition that a row comes after a cursor. Its first part alone lets the database begin in its index at the
        right place."""
        text, _, row_id = cursor.rpartition("~")
        value, key = self._read(text), self.key
        if self.descending:
            return and_(key <= value, or_(key < value, self.row_id < row_id))
        return and_(key >= value, or_(key > value, self.row_id > row_id))

    def cursor(self, value: Any, row_id: str) -> str:
        """The cursor of a row."""
        value = self.blank if value is None else value
        return f"{value.isoformat() if isinstance(value, datetime) else value}~{row_id}"

    def _read(self, text: str) -> Any:
        try:
            value = self.kind(text)
        except (ValueError, ArithmeticError):
            raise CannotDo(BAD_CURSOR) from None
        if isinstance(value, datetime) and (value.tzinfo is None or not MIN_YEAR < value.year < MAX_YEAR):
            raise CannotDo(BAD_CURSOR)
        if isinstance(value, int) and abs(value) > MAX_NUMBER:
            raise CannotDo(BAD_CURSOR)
        return value


@dataclass(frozen=True)
class Rows:
    """The ids of one page in order, and the cursor after which the next page begins; None on the last page."""

    ids: Sequence[str]
    next: str | None


def page_of_ids(
    session: Session,
    query: Select[Any],
    order: Order,
    limit: int,
    *,
    offset: int = 0,
    after: str | None = None,
    companies: Sequence[str] | None = None,
) -> Rows:
    """One page of a query, which must read the table of `order`.

    `companies` are all whose rows the query has, if it has those of several: then few are read one by one, each along its
    own index, and many along the index of the order alone, because the database would sort all their rows.
    """
    if after is not None:
        query = query.where(order.after(after))
    if query.get_execution_options().get(NARROW):
        companies = None
    is_apart = order.company is not None and companies is not None and len(companies) <= MAX_COMPANIES_APART
    if is_apart and offset + limit <= MAX_ROWS_APART:
        found = _merged(session, query, order, offset, limit + 1, companies or ())
    else:
        if companies is not None:
            query = without_company_index(query, order.row_id.class_)
        columns = query.with_only_columns(order.row_id, order.key).order_by(*order.clauses)
        found = list(session.execute(columns.offset(offset).limit(limit + 1)))
    shown = found[:limit]
    is_last = len(found) <= limit or not shown
    return Rows([row[0] for row in shown], None if is_last else order.cursor(shown[-1][1], shown[-1][0]))


def _merged(
    session: Session, query: Select[Any], order: Order, offset: int, limit: int, companies: Sequence[str]
) -> list[Any]:
    """The rows of several companies in one order: one statement, asked of each company."""
    of_one = query.where(order.company == bindparam("one_company"))
    columns = of_one.with_only_columns(order.row_id, order.key).order_by(*order.clauses).limit(offset + limit)
    rows = [row for each in companies for row in session.execute(columns, {"one_company": each})]
    rows.sort(key=lambda row: (row[1], row[0]), reverse=order.descending)
    return rows[offset : offset + limit]


def count_of(session: Session, query: Select[Any], row_id: Any) -> int:
    """How many rows a query has."""
    counted = select_columns(func.count()).select_from(query.with_only_columns(row_id).order_by(None).subquery())
    return int(session.execute(counted).scalar_one())


def in_order(rows: Sequence[Any], ids: Sequence[str]) -> list[Any]:
    """Rows in the order of their ids."""
    by_id = {row.id: row for row in rows}
    return [by_id[each] for each in ids if each in by_id]
