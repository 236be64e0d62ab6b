"""Write many rows in one call, on both databases, by column name."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, TypeVar, cast

from sqlalchemy import Connection, CursorResult, Dialect, Executable, func
from sqlmodel import Session, SQLModel

from hub import model
from hub.model.columns import Row
from hub.store.engine import Store
from hub.store.writers.bulk import BulkInsert, BulkUpdate

Read = TypeVar("Read", bound=Row)
Columns = dict[str, Any]
"""A row as a dictionary by column name, for latency-critical code: SQLAlchemy's objects are slow."""


def write_rows(session: Session, table: type[Row], rows: Sequence[SQLModel | Columns]) -> int:
    """Insert `rows`, given as table objects or as dictionaries of every column; an existing row stays unchanged. Returns how
    many were new."""
    if not rows:
        return 0
    return insert_rows(session.connection(), table, [row if isinstance(row, dict) else vars(row) for row in rows])


def insert_rows(connection: Connection, table: type[Row], rows: Sequence[Columns]) -> int:
    """The same as `write_rows`, without a session."""
    return _insert(table, connection.dialect).run(connection, rows) if rows else 0


def change_rows(session: Session, table: type[Row], rows: Sequence[dict[str, object]]) -> None:
    """Set columns of rows by their `id`; all the dictionaries name the same columns."""
    if rows:
        connection = session.connection()
        columns = tuple(sorted(rows[0].keys() - {"id"}))
        _update(table, columns, connection.dialect).run(connection, rows)


def read(session: Session, statement: Executable, **values: Any) -> Sequence[Any]:
    """The rows of a statement that was built once. `session.execute` takes longer: it would also look for objects."""
    session.flush()
    return session.connection().execute(statement, values).all()


def read_objects(session: Session, table: type[Read], statement: Executable, **values: Any) -> list[Read]:
    """The rows of a `select(*Table.__table__.c)` that was built once, as objects of `table` that can only be read."""
    names = table.__table__.c.keys()
    return [table.from_columns(names, row) for row in read(session, statement, **values)]


def indexless(column: object, blank: object = "") -> Any:
    """The same column, for a condition for which the database must not choose an index: others are more selective."""
    return func.coalesce(column, blank)


def count_changed(session: Session, statement: Executable) -> int:
    """Run an update or a delete; how many rows it was for."""
    return cast(CursorResult[Any], session.execute(statement)).rowcount


def write_slot(store: Store, connector: str, due_at: datetime, why: str) -> None:
    """Write a due sync; an existing slot, from another node or an earlier run, stays unchanged."""
    with store.writing() as session:
        write_rows(session, model.SyncSlot, [model.SyncSlot(connector=connector, due_at=due_at, why=why)])


@lru_cache(maxsize=64)  # an engine has a dialect of its own, and tests make many engines
def _insert(table: type[Row], dialect: Dialect) -> BulkInsert:
    target = table.__table__
    return BulkInsert(target, [column.key for column in target.columns], dialect)


@lru_cache(maxsize=64)  # an engine has a dialect of its own, and tests make many engines
def _update(table: type[Row], columns: tuple[str, ...], dialect: Dialect) -> BulkUpdate:
    return BulkUpdate(table.__table__, columns, "id", dialect)
