"""How the database is led along an index for a list: every hint to it, and every limit that keeps a list fast, stands here."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import bindparam
from sqlmodel import Session, col, select

from hub.access.scope import AccessScope
from hub.model import Company
from hub.queries.lists.keyset import Cursor, Order, Page, Part, newest_first, page_of
from hub.store.rows import indexless

Period = tuple[datetime | None, datetime | None]
"""Its beginning and the moment after it; None: no bound."""
MAX_COMPANIES_APART, MAX_ROWS_APART = 12, 2_000
"""Up to so many companies, and so many rows before the end of a page, companies are read one by one."""
MAX_NARROWED = 5_000
"""Up to so many ids that a selective filter gives, rows are read by id, else in their order."""
MAX_SCANNED = 3_000
"""So many of the newest rows of a kind are looked at to count those that match a filter."""
MAX_COUNTED = 10_000
WINDOWS = (150, 350, 1_000, 1_500)
"""Texts that one page of threads reads: at first few, which is enough for most pages, and then more."""
COMPANY: Any = bindparam("one_company")
TRACKER: Any = bindparam("one_tracker")
"""Values of a statement that is executed for one company or tracker after the other: to make a statement takes longer."""


def period_beyond(period: Period, cursor: Cursor | None, order: Order) -> Period:
    """A period without the bound that a cursor by time makes needless: SQLite would begin in its index at the wider one."""
    begins, ends = period
    at = cursor.place[0] if cursor is not None else None
    if cursor is None or not isinstance(at, datetime):
        return period
    if order.descending != cursor.backward:
        return begins, ends if ends is not None and ends <= at else None
    return begins if begins is not None and begins > at else None, ends


def visible_companies(session: Session, scope: AccessScope, among: Collection[str] | None = None) -> tuple[str, ...]:
    """The ids of the companies that a user may see, of all or of some."""
    query = scope.select(Company).with_only_columns(col(Company.id))
    query = query if among is None else query.where(col(Company.id).in_(among))
    return tuple(sorted(session.execute(query).scalars()))


def few_ids(session: Session, queries: Iterable[Any], most: int = MAX_NARROWED) -> frozenset[str] | None:
    """The ids that the first query finds that finds few; None if none does."""
    for query in queries:
        # Too many are counted past in the database: to fetch them costs more than all else of the page.
        if session.execute(query.offset(most).limit(1)).first() is None:
            return frozenset(session.execute(query).scalars())
    return None


def is_apart(companies: Collection[str], rows: int = 0) -> bool:
    """Whether the rows of each company (or tracker) are read along its own index and merged, because the database would
    sort all their rows; `rows` is how long the list is until the end of the page."""
    return len(companies) <= MAX_COMPANIES_APART and rows <= MAX_ROWS_APART


def by_company(query: Any, company: object, companies: Collection[str], order: Order, rows: int = 0) -> list[Part]:
    """The parts of a list of several companies: each along its index of `company` and `order`, or all along the index of the
    order alone."""
    if is_apart(companies, rows):
        return [Part(query.where(company == COMPANY), order, [{COMPANY.key: each} for each in companies])]
    return [Part(query.where(indexless(company).in_(companies)), order)]


def rows_of(
    session: Session,
    scope: AccessScope,
    table: Any,
    order: Order,
    *where: Any,
    companies: Collection[str] | None = None,
) -> list[Part]:
    """The parts of a list of the rows of `table` that a user may see, of all companies or of some, and as `where` says."""
    wanted = visible_companies(session, scope, companies)
    return by_company(select(table).where(*where), col(table.company_id), wanted, order)


@dataclass(frozen=True, kw_only=True)
class RowFilter:
    """Selects rows of one table; what is None or empty leaves a condition out, and all must hold."""

    TABLE: ClassVar[Any]
    AT: ClassVar[str]
    """The column by which its lists are ordered, and which the period is about."""
    EQUAL: ClassVar[Mapping[str, str]]
    """Field of the filter → the column that has its value."""
    since: datetime | None = None
    until: datetime | None = None
    """The moment after the period."""

    @property
    def order(self) -> Order:
        """The newest first."""
        return newest_first(getattr(self.TABLE, self.AT), self.TABLE.id)

    def conditions(self) -> list[Any]:
        """All that must hold of a row."""
        at, row = getattr(self.TABLE, self.AT), self.TABLE
        given = ((column, getattr(self, name)) for name, column in self.EQUAL.items())
        found = [getattr(row, column) == value for column, value in given if value]
        if self.since is not None:
            found.append(at >= self.since)
        if self.until is not None:
            found.append(at < self.until)
        return [*found, *self.others()]

    def others(self) -> Iterable[Any]:
        """The conditions that are more than a column and its value."""
        return ()

    def page(
        self, session: Session, scope: AccessScope, companies: Collection[str], after: str | None, limit: int
    ) -> Page[Any]:
        """At most `limit` rows of some companies that the user may see. `after` is the `next` of the page before."""
        parts = rows_of(session, scope, self.TABLE, self.order, *self.conditions(), companies=companies)
        return page_of(session, parts, after, limit)
