"""What the filters of the lists of one table have in common: a period, and columns that equal a value."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from sqlmodel import Session

from hub.access.scope import AccessScope
from hub.queries.lists.keyset import Order, Page, newest_first, page_of
from hub.queries.lists.plan import rows_of


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
