"""Many rows at once; a row whose unique key is there already changes nothing, on both databases."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, SQLModel

from hub.model import SyncSlot
from hub.store.engine import Store


def write_rows(session: Session, table: type[SQLModel], rows: Sequence[SQLModel | dict[str, Any]]) -> None:
    """Insert `rows`, given as table objects or as column dictionaries."""
    if not rows:
        return
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    target: Table = table.__table__  # type: ignore[attr-defined]
    values = [row if isinstance(row, dict) else _columns(row, target) for row in rows]
    session.execute(dialect.insert(target).on_conflict_do_nothing(), values)


def write_slot(store: Store, connector: str, due_at: datetime, why: str) -> None:
    """Write a due sync; the same slot from another node, or written before, stays as it is."""
    with store.writing() as session:
        write_rows(session, SyncSlot, [SyncSlot(connector=connector, due_at=due_at, why=why)])


def _columns(row: SQLModel, target: Table) -> dict[str, Any]:
    return {column.key: getattr(row, column.key) for column in target.columns}
