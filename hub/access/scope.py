"""What one user may see: every query for a user starts here."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

from sqlalchemy import func
from sqlmodel import Session, col, select

from hub.access.narrowing import Narrow, to_account, to_own_calls
from hub.access.permissions import WHOLE_ACCOUNT, Action, Reach
from hub.access.users import may
from hub.errors import NotFound, existing
from hub.model import Call, User, UserCompany

EVER = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class AccessScope:
    """The rows of the companies that a user may see; with the reach `own`, only the calls that the user answered."""

    user: User
    reach: Reach = "account"
    narrow: Narrow = to_account
    companies: tuple[str, ...] | None = None
    """The ids of the companies that the user is limited to; None: all of the account."""

    def select(self, table: object) -> Any:
        """A query for rows of `table`, of the companies that the user may see."""
        return self.narrow(select(table), table, self.user)

    def having(self, column: Any, values: Collection[str]) -> Any:
        """As `select`, for the rows with one of some values in a column, such as ids, that finds few rows for each. With
        hundreds of values SQLite would read all rows of the companies instead, so their index is hidden from it."""
        table = column.class_
        unindexed = SimpleNamespace(company_id=func.coalesce(table.company_id, ""))
        return self.narrow(select(table).where(column.in_(values)), unindexed, self.user)

    def one(self, session: Session, table: Any, row_id: str) -> Any:
        """The row with this id; NotFound both if there is none and if it belongs to another account."""
        return existing(session.exec(self.select(table).where(table.id == row_id)).first())

    def calls(self) -> Any:
        """A query for the calls that the user may see."""
        query = self.select(Call).where(col(Call.company_id).is_not(None))
        return to_own_calls(query, self.user) if self.reach == "own" else query

    def call(self, session: Session, call_id: str) -> Call:
        """The call of an id; NotFound if the user may not see it."""
        row: Call | None = session.exec(self.calls().where(Call.id == call_id)).first()
        if row is None:
            raise NotFound("Not found")
        return row


def scope_of(session: Session, user: User, action: Action, narrow: Narrow = to_account) -> AccessScope | None:
    """What a user may see and do of `action`; None if the role, or the limit to companies, does not permit it."""
    return scope_within(user, action, limit_of(session, user), narrow)


def scope_within(
    user: User, action: Action, companies: tuple[str, ...] | None, narrow: Narrow = to_account
) -> AccessScope | None:
    """As `scope_of`, where the limit to companies is known (`limit_of`)."""
    reach = may(user, action)
    if reach is None or (companies is not None and action in WHOLE_ACCOUNT):
        return None
    return AccessScope(user, reach, narrow, companies)


def scope_of_operator() -> AccessScope:
    """Of somebody at the command line of the hub's machine, who can read the database anyway: every company there is."""
    operator = User(account_id="", name="operator", role="owner", made_at=EVER)
    return AccessScope(operator, narrow=lambda query, table, user: query)


def limit_of(session: Session, user: User) -> tuple[str, ...] | None:
    """The ids of the companies that a user is limited to; None: all of the account."""
    chosen = session.exec(select(UserCompany.company_id).where(UserCompany.user_id == user.id)).all()
    return tuple(sorted(chosen)) or None
