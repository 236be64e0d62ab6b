"""Bulk statements, prepared once: for the busiest tables SQLAlchemy would take more time than the database."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from itertools import chain
from typing import Any

from sqlalchemy import JSON, Connection, Dialect, Table

MAX_ROWS_PER_INSERT = 128
FEW_ROWS = 16
Rows = Sequence[Mapping[str, Any]]


class BulkInsert:
    """`INSERT … ON CONFLICT DO NOTHING` of rows that all have the same `columns`.

    On SQLite a statement takes 128, 64, 32 or up to 16 rows, so there are few statement texts and the driver keeps them
    prepared. One statement for many rows also lets SQLite run in parallel with Python: it releases the GIL once per
    statement. On PostgreSQL one statement takes all rows, as one document.
    """

    def __init__(self, table: Table, columns: Sequence[str], dialect: Dialect) -> None:
        quoted = dialect.identifier_preparer.quote
        names = ", ".join(map(quoted, columns))
        head, tail = f"INSERT INTO {quoted(table.name)} ({names}) ", " ON CONFLICT DO NOTHING"
        self.run: Callable[[Connection, Rows], int]
        """Insert rows; a row whose unique key already exists is ignored. Returns how many were new."""
        if dialect.name == "postgresql":
            source = _document(table, dialect)
            self.run = _OneStatement(columns, f"{head}SELECT {names} FROM {source}{tail}")  # noqa: S608 - names of our own tables
        else:
            self.run = _FewStatements(table, columns, dialect, head, tail)


class BulkUpdate:
    """`UPDATE … SET columns WHERE key`, for many rows, each with its own values. Each row contains every column and the key,
    and no key occurs twice."""

    def __init__(self, table: Table, columns: Sequence[str], key: str, dialect: Dialect) -> None:
        quoted = dialect.identifier_preparer.quote
        name, key_name = quoted(table.name), quoted(key)
        self.run: Callable[[Connection, Rows], object]
        """Update rows."""
        if dialect.name == "postgresql":
            values = ", ".join(f"{quoted(each)} = changed.{quoted(each)}" for each in columns)
            source = f"{_document(table, dialect)} AS changed WHERE {name}.{key_name} = changed.{key_name}"
            self.run = _OneStatement((*columns, key), f"UPDATE {name} SET {values} FROM {source}")  # noqa: S608 - names of our own tables
        else:
            values = ", ".join(f"{quoted(each)} = ?" for each in columns)
            self.run = _EachRow(table, (*columns, key), dialect, f"UPDATE {name} SET {values} WHERE {key_name} = ?")  # noqa: S608 - names of our own tables


class _OneStatement:
    """A statement for PostgreSQL that reads all rows from one JSON document: psycopg would take longer to bind thousands of
    values than PostgreSQL takes to write them."""

    def __init__(self, columns: Sequence[str], statement: str) -> None:
        self._columns, self._statement = columns, statement

    def __call__(self, connection: Connection, rows: Rows) -> int:
        if not rows:
            return 0
        document = json.dumps([{name: row[name] for name in self._columns} for row in rows], default=_text)
        return connection.exec_driver_sql(self._statement, (document,)).rowcount


class _FewStatements:
    """Inserts for SQLite of many rows at once."""

    def __init__(self, table: Table, columns: Sequence[str], dialect: Dialect, head: str, tail: str) -> None:
        self._columns = _binders(table, columns, dialect)
        self._row = f"({', '.join('?' * len(columns))})"
        self._head, self._tail = f"{head}VALUES ", tail

    def __call__(self, connection: Connection, rows: Rows) -> int:
        bound = _bound(self._columns, rows)
        start, size, written = 0, MAX_ROWS_PER_INSERT, 0
        while start < len(bound):
            left = len(bound) - start
            if size > left:
                size = left if left <= FEW_ROWS else size // 2
                continue
            statement = self._head + ", ".join([self._row] * size) + self._tail
            values = tuple(chain.from_iterable(bound[start : start + size]))
            written += connection.exec_driver_sql(statement, values).rowcount
            start += size
        return written


class _EachRow:
    """A statement for SQLite that runs once for each row."""

    def __init__(self, table: Table, columns: Sequence[str], dialect: Dialect, statement: str) -> None:
        self._columns, self._statement = _binders(table, columns, dialect), statement

    def __call__(self, connection: Connection, rows: Rows) -> None:
        if rows:
            connection.exec_driver_sql(self._statement, _bound(self._columns, rows))


def _document(table: Table, dialect: Dialect) -> str:
    """The rows of a JSON document, with the table's types."""
    return f"json_populate_recordset(NULL::{dialect.identifier_preparer.quote(table.name)}, %s)"


def _text(value: object) -> str:
    """A value that JSON has no type for, as PostgreSQL reads it."""
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError("a time without a zone cannot be stored")
        return value.isoformat()
    if isinstance(value, date):
        return value.isoformat()
    return f"\\x{bytes(value).hex()}" if isinstance(value, bytes | bytearray | memoryview) else str(value)


def _bound(columns: Sequence[tuple[str, object]], rows: Rows) -> list[tuple[object, ...]]:
    """The rows as the driver takes them."""
    by_column = ([row[name] for row in rows] for name, _ in columns)
    return list(zip(*(_each(bind, values) for (_, bind), values in zip(columns, by_column, strict=True)), strict=True))


def _each(bind: Any, values: list[Any]) -> list[object]:
    """A column's values. Rows that are written together often hold the same object, which is bound one time."""
    if bind is None:
        return values
    bound, before, made = [], values, None
    for value in values:
        if value is not before:
            before, made = value, bind(value)
        bound.append(made)
    return bound


def _binders(table: Table, columns: Sequence[str], dialect: Dialect) -> list[tuple[str, object]]:
    return [(name, _binder(table, name, dialect)) for name in columns]


def _binder(table: Table, column: str, dialect: Dialect) -> object:
    kind = table.columns[column].type
    if isinstance(kind, JSON):
        return _json
    return kind.dialect_impl(dialect).bind_processor(dialect)


def _json(value: object) -> str:
    """As SQLAlchemy writes it. Most are empty."""
    return "{}" if value == {} else "[]" if value == [] else json.dumps(value)
