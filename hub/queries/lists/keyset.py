"""Pages of rows in the order of some columns, with one form of cursor for every list.

A cursor holds the values by which its row is sorted, so that a page costs the same however far it is, and rows with equal
values, or that come and go in between, are neither left out nor sent twice.
"""

from __future__ import annotations

import json
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache, partial
from itertools import chain
from typing import Any, Generic, NamedTuple, TypeVar

from sqlalchemy import Integer, and_, func, or_
from sqlalchemy import select as select_columns
from sqlmodel import Session, col

from hub.errors import CannotDo
from hub.model.columns import UTCTime, storable

Item = TypeVar("Item")
Other = TypeVar("Other")
Place = tuple[Any, ...]
"""The values by which a row is sorted."""
MAX_CURSOR_CHARACTERS = 600
FEW_READS = 3
"""So many parts of a list are read as far as its page goes; of more, few rows of each are in it."""
MIN_YEAR, MAX_YEAR, MAX_NUMBER = 1_900, 2_200, 1 << 60
"""What a cursor may hold, so that every database takes it."""
BAD_CURSOR = (
    "The place where this page begins cannot be read; use the value of `next` from the page before as it is, or begin with "
    "the first page."
)


class Cursor(NamedTuple):
    """Where a page begins: after the row at a place, or with `backward` before it."""

    place: Place
    backward: bool = False

    def __str__(self) -> str:
        """As a URL holds it."""
        values = [each.isoformat() if isinstance(each, datetime) else each for each in self.place]
        written = json.dumps([int(self.backward), *values], separators=(",", ":"))
        return urlsafe_b64encode(written.encode()).rstrip(b"=").decode()


@dataclass(frozen=True)
class Order:
    """The columns to sort by; the last one is unique, and none has missing values."""

    columns: tuple[Any, ...]
    descending: bool = True

    @property
    def clauses(self) -> list[object]:
        """What ORDER BY has."""
        return [each.desc() if self.descending else each.asc() for each in self.columns]

    def reversed(self) -> Order:
        """The opposite order."""
        return replace(self, descending=not self.descending)

    def after(self, place: Place) -> Any:
        """The condition that a row comes after a place. Its first part alone lets the database begin in its index at the
        right place."""
        condition: Any = None
        for column, value in zip(reversed(self.columns), reversed(place), strict=True):
            beyond = column < value if self.descending else column > value
            if condition is not None:
                beyond = and_(column <= value if self.descending else column >= value, or_(beyond, condition))
            condition = beyond
        return condition

    def cursor(self, text: str | None) -> Cursor | None:
        """The cursor in a URL; None for the first page. CannotDo if it cannot be read."""
        if not text:
            return None
        try:
            if len(text) > MAX_CURSOR_CHARACTERS:
                raise ValueError
            backward, *values = json.loads(b64decode(text + "=" * (-len(text) % 4), b"-_", validate=True))
            place = tuple(_value(*each) for each in zip(values, self.columns, strict=True))
            return Cursor(place, {0: False, 1: True}[backward])
        except (ValueError, TypeError, KeyError, RecursionError):
            raise CannotDo(BAD_CURSOR, param="after") from None


def newest_first(*columns: object) -> Order:
    """The order of most lists: by time and then by id, or by an id that sorts by time."""
    return Order(tuple(map(col, columns)))


@dataclass(frozen=True)
class Part:
    """A statement that finds rows of a list along an index, and the values with which it is executed, each time for other
    rows. The list has the rows of all its parts, whose orders have columns of the same types."""

    query: Any
    order: Order
    values: Sequence[Mapping[str, Any]] = ({},)


class Row(NamedTuple):
    """A row of a page: its place, and the first thing that its query selects."""

    place: Place
    item: Any


@dataclass(frozen=True)
class Page(Generic[Item]):
    """Some items in order, with the cursors of the pages beside it; None at an end of the list."""

    items: list[Item]
    next: str | None
    previous: str | None = None

    def of(self, items: list[Other]) -> Page[Other]:
        """The page with other things at the same places."""
        return Page(items, self.next, self.previous)


Reader = Callable[[Cursor | None, int], list[Row]]
"""Finds at most so many rows beyond a cursor, in its direction."""
Parts = Callable[[Order, Cursor | None, int], Sequence[Part]]
"""The parts of a list in an order, of which rows beyond a cursor are read, and at most so many in all."""


def read_rows(session: Session, parts: Sequence[Part], cursor: Cursor | None, limit: int, offset: int = 0) -> list[Row]:
    """At most `limit` rows beyond a cursor, in its direction, without the first `offset`.

    Of many parts only a share is read at first, and again more of those whose share ends before the page does.
    """
    backward = cursor is not None and cursor.backward
    if not parts:
        return []
    descending, wanted = parts[0].order.descending != backward, offset + limit
    reads = [read for part in parts for read in _reads(session, part, cursor, backward=backward)]
    share = min(wanted, 2 * wanted // len(reads) + 2) if len(reads) > FEW_READS else wanted
    found = [read(share) for read in reads]
    merged = _merged(found, descending=descending)
    if share < wanted:
        last = merged[wanted - 1].place if len(merged) >= wanted else None
        for place, rows in enumerate(found):
            if len(rows) == share and (last is None or (rows[-1].place > last) == descending):
                found[place] = reads[place](wanted)
        merged = _merged(found, descending=descending)
    return merged[offset:wanted]


def _reads(
    session: Session, part: Part, cursor: Cursor | None, *, backward: bool
) -> Iterator[Callable[[int], list[Row]]]:
    """For each of a part's values a function that reads at most so many rows."""
    order = part.order.reversed() if backward else part.order
    query = part.query.add_columns(*order.columns).order_by(*order.clauses)
    if cursor is not None:
        query = query.where(order.after(cursor.place))
    limited = cache(query.limit)

    def read(values: Mapping[str, Any], count: int) -> list[Row]:
        rows = session.execute(limited(count), values)
        return [Row(tuple(row)[-len(order.columns) :], row[0]) for row in rows]

    return (partial(read, values) for values in part.values)


def _merged(found: Sequence[list[Row]], *, descending: bool) -> list[Row]:
    """The rows of several reads in one order."""
    if len(found) == 1:
        return found[0]
    return sorted(chain.from_iterable(found), key=lambda row: row.place, reverse=descending)


def page_from(read: Reader, cursor: Cursor | None, limit: int) -> Page[Row]:
    """The page that begins at a cursor. One towards the beginning that is not full is the first page."""
    if cursor is not None and cursor.backward:
        rows = read(cursor, limit + 1)
        if len(rows) > limit:
            rows = rows[:limit][::-1]
            return Page(rows, str(Cursor(rows[-1].place)), str(Cursor(rows[0].place, backward=True)))
        cursor = None
    rows = read(cursor, limit + 1)
    more, rows = len(rows) > limit, rows[:limit]
    previous = str(Cursor(rows[0].place, backward=True)) if cursor is not None and rows else None
    return Page(rows, str(Cursor(rows[-1].place)) if more and rows else None, previous)


def page_of(session: Session, parts: Sequence[Part], after: str | None, limit: int, offset: int = 0) -> Page[Any]:
    """One page of what the parts select. `after` is the `next` or `previous` of another page; CannotDo if it is not."""
    cursor = parts[0].order.cursor(after) if parts else None
    page = page_from(lambda start, count: read_rows(session, parts, start, count, offset), cursor, limit)
    return page.of([row.item for row in page.items])


def one_part(query: Any) -> Parts:
    """The parts of a list that is short, or that one index answers: the query itself."""
    return lambda order, _cursor, _rows: [Part(query.with_only_columns(order.columns[-1]), order)]


def ids_of_page(
    session: Session, parts: Parts, order: Order, after: str | None, limit: int, offset: int = 0
) -> Page[str]:
    """The ids of one page, from an offset or after a cursor."""
    cursor = order.cursor(after)

    def read(start: Cursor | None, count: int) -> list[Row]:
        return read_rows(session, parts(order, start, offset + count), start, count, offset)

    page = page_from(read, cursor, limit)
    return page.of([row.place[-1] for row in page.items])


def count_rows(session: Session, parts: Sequence[Part]) -> int:
    """How many rows all parts have."""
    number = 0
    for part in parts:
        ids = part.query.with_only_columns(part.order.columns[-1]).order_by(None).subquery()
        counted = select_columns(func.count()).select_from(ids)
        number += sum(session.execute(counted, values).scalar_one() for values in part.values)
    return number


def in_order(rows: Sequence[Any], ids: Sequence[str]) -> list[Any]:
    """Rows in the order of their ids."""
    by_id = {row.id: row for row in rows}
    return [by_id[each] for each in ids if each in by_id]


def _value(value: Any, column: Any) -> Any:
    """A value of a cursor as its column has it; ValueError or TypeError if it has none like it."""
    if isinstance(column.type, UTCTime):
        at = datetime.fromisoformat(value)
        if at.tzinfo is None or not MIN_YEAR < at.year < MAX_YEAR:
            raise ValueError
        return at
    kind = int if isinstance(column.type, Integer) else str
    if type(value) is not kind or storable(value) != value:
        raise ValueError
    if isinstance(value, int) and abs(value) > MAX_NUMBER:
        raise ValueError
    return value
