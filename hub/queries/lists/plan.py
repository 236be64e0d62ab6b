"""How the database is led along an index for a list: every hint to it, and every limit that keeps a list fast, stands here."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnClause, bindparam, func
from sqlalchemy.sql.visitors import replacement_traverse
from sqlmodel import Session, col, select

from hub.access.scope import AccessScope
from hub.model import Company
from hub.queries.lists.keyset import Order, Part

MAX_COMPANIES_APART, MAX_ROWS_APART = 12, 2_000
"""Up to so many companies, and so many rows before the end of a page, companies are read one by one."""
COMPANY: Any = bindparam("one_company")
"""The company of a statement that is executed for one company after the other: to make a statement takes longer."""


def indexless(column: Any) -> Any:
    """The same column, for a condition for which the database must not choose an index: others are more selective."""
    return func.coalesce(column, "")


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


def visible_companies(session: Session, scope: AccessScope) -> tuple[str, ...]:
    """The ids of the companies that a user may see."""
    return tuple(session.execute(scope.select(Company).with_only_columns(col(Company.id))).scalars())


def by_company(query: Any, company: Any, companies: Collection[str], order: Order, rows: int = 0) -> list[Part]:
    """The parts of a list of several companies, `rows` long at most: each company along its own index of `company` and
    `order`, or all along the index of the order alone, because the database would sort all their rows."""
    if len(companies) <= MAX_COMPANIES_APART and rows <= MAX_ROWS_APART:
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
    wanted = visible_companies(session, scope)
    if companies is not None:
        wanted = tuple(each for each in wanted if each in companies)
    return by_company(select(table).where(*where), col(table.company_id), wanted, order)
