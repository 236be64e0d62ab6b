"""Bulk statements, prepared once: for the busiest tables SQLAlchemy would take more time than the database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import chain
from typing import Any

from sqlalchemy import JSON, Connection, Dialect, Table

from hub.model.columns import UTCTime

MAX_ROWS_PER_INSERT = 128
FEW_ROWS = 16


class BulkInsert:
    """`INSERT … ON CONFLICT DO NOTHING` of rows that all have the same `columns`.

    A statement takes 128, 64, 32 or up to 16 rows, so there are few statement texts and drivers keep them prepared. One
    statement for many rows also lets SQLite run in parallel with Python: it releases the GIL once per statement.
    """

    def __init__(self, table: Table, columns: Sequence[str], dialect: Dialect, unique: Sequence[str] = ()) -> None:
        self._columns = [(name, _binder(table, name, dialect)) for name in columns]
        quoted = dialect.identifier_preparer.quote
        mark = "?" if dialect.paramstyle == "qmark" else "%s"
        self._row = f"({', '.join([mark] * len(columns))})"
        self._head = f"INSERT INTO {quoted(table.name)} ({', '.join(map(quoted, columns))}) VALUES "  # noqa: S608 - names of our own tables
        target = f" ({', '.join(map(quoted, unique))})" if unique else ""
        self._tail = f" ON CONFLICT{target} DO NOTHING"

    def run(self, connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
        """Insert `rows`; a row whose unique key already exists is ignored."""
        bound = [[row[name] if bind is None else bind(row[name]) for name, bind in self._columns] for row in rows]
        start, size = 0, MAX_ROWS_PER_INSERT
        while start < len(bound):
            left = len(bound) - start
            if size > left:
                size = left if left <= FEW_ROWS else size // 2
                continue
            statement = self._head + ", ".join([self._row] * size) + self._tail
            connection.exec_driver_sql(statement, tuple(chain.from_iterable(bound[start : start + size])))
            start += size


class BulkUpdate:
    """`UPDATE … SET columns WHERE key`, for many rows, each with its own values."""

    def __init__(self, table: Table, columns: Sequence[str], key: str, dialect: Dialect) -> None:
        self._columns = [(name, _binder(table, name, dialect)) for name in (*columns, key)]
        quoted = dialect.identifier_preparer.quote
        mark = "?" if dialect.paramstyle == "qmark" else "%s"
        values = ", ".join(f"{quoted(name)} = {mark}" for name in columns)
        self._statement = f"UPDATE {quoted(table.name)} SET {values} WHERE {quoted(key)} = {mark}"  # noqa: S608 - names of our own tables

    def run(self, connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
        """Update `rows`; each contains every column and the key."""
        if rows:
            bound = [tuple(row[n] if bind is None else bind(row[n]) for n, bind in self._columns) for row in rows]
            connection.exec_driver_sql(self._statement, bound)


def _binder(table: Table, column: str, dialect: Dialect) -> Any:
    kind = table.columns[column].type
    bind = kind.dialect_impl(dialect).bind_processor(dialect)
    if bind is not None and isinstance(kind, JSON):
        return _binder_of_json(bind)
    # Rows that are written together contain the same few times.
    return lru_cache(maxsize=32)(bind) if bind is not None and isinstance(kind, UTCTime) else bind


def _binder_of_json(bind: Any) -> Any:
    """Most lists are empty, and are written one time."""
    empty = bind([])
    return lambda value: empty if value == [] else bind(value)
