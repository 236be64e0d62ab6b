"""What one user may see: every query for a user starts here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlmodel import Session, col, select

from hub.access.narrowing import Narrow, to_account, to_own_calls
from hub.access.permissions import Reach
from hub.errors import NotFound
from hub.model import Call, User


@dataclass(frozen=True)
class AccessScope:
    """The rows of a user's account; with the reach `own`, only the calls that the user answered."""

    user: User
    reach: Reach = "account"
    narrow: Narrow = to_account

    def select(self, table: Any) -> Any:
        """A query for rows of `table`, of the user's account."""
        return self.narrow(select(table), table, self.user)

    def one(self, session: Session, table: Any, row_id: str) -> Any:
        """The row with this id; NotFound both if there is none and if it belongs to another account."""
        row = session.exec(self.select(table).where(table.id == row_id)).first()
        if row is None:
            raise NotFound("Not found")
        return row

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
