"""The hub's own filter for every query of the API and the pages, in addition to the database's row-level security."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from sqlalchemy import exists, or_
from sqlmodel import col, select

from hub.model import AuditEntry, Call, Company, Recording, User, UserCompany
from hub.store.rows import indexless

MAX_USERS = 200
"""Of how many users the query is kept."""
Narrow = Callable[[Any, Any, User], Any]
"""Takes a query, the table that it reads, and the user; returns the query limited to that user's rows."""


def to_account(query: Any, table: Any, user: User) -> object:
    """`query` with the condition that rows of `table` belong to the companies that the user may see."""
    if table is AuditEntry:
        return query.where(AuditEntry.chain == user.account_id)
    companies = companies_of(user.id, user.account_id)
    if table is Company:
        return query.where(col(Company.id).in_(companies))
    if table is Recording:
        return query.where(exists().where(col(Call.id) == Recording.call_id, indexless(Call.company_id).in_(companies)))
    return query.where(table.company_id.in_(companies))


@lru_cache(MAX_USERS)
def companies_of(user_id: str, account_id: str) -> Any:
    """A query for the ids of the companies that a user may see: those the user is limited to, or all of the account. It is
    part of nearly every statement of a page, and putting it together costs more than running it."""
    chosen = select(UserCompany.company_id).where(UserCompany.user_id == user_id)
    limited = select(UserCompany.user_id).where(UserCompany.user_id == user_id).exists()
    query: Any = select(Company.id).where(Company.account_id == account_id)
    return query.where(or_(~limited, col(Company.id).in_(chosen)))


def to_own_calls(query: Any, user: User) -> Any:
    """`query`, which reads calls, with the condition that the user answered them."""
    numbers = (user.phone_numbers or "").split()
    return query.where(col(Call.answered_at).is_not(None), col(Call.answered_by).in_(numbers))
