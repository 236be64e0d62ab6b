"""The hub's own account filter for every query of the API, in addition to the database's row-level security."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlmodel import col, select

from hub.model import AuditEntry, Call, Company, Recording, User

Narrow = Callable[[Any, Any, User], Any]
"""Takes a query, the table that it reads, and the user; returns the query limited to that user's rows."""


def to_account(query: Any, table: Any, user: User) -> Any:
    """`query` with the condition that rows of `table` belong to the user's account."""
    if table is AuditEntry:
        return query.where(AuditEntry.chain == user.account_id)
    companies: Any = select(Company.id).where(Company.account_id == user.account_id)
    if table is Company:
        return query.where(col(Company.id).in_(companies))
    if table is Recording:
        return query.where(col(Recording.call_id).in_(select(Call.id).where(col(Call.company_id).in_(companies))))
    return query.where(table.company_id.in_(companies))


def to_own_calls(query: Any, user: User) -> Any:
    """`query`, which reads calls, with the condition that the user answered them."""
    numbers = (user.phone_numbers or "").split()
    return query.where(col(Call.answered_at).is_not(None), col(Call.answered_by).in_(numbers))
