"""Copies of rows that are in a database already, made by the database itself: many times faster than Python writes new ones.

Each copy has ids of its own and is shifted in time; what it refers to is the copy of the same number.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlmodel import SQLModel

from benchmarks.postgres import superuser
from hub.model.columns import UTCTime
from hub.store.engine import Store

MAX_COPIES = 26
IDS = frozenset(
    (
        "id",
        "subject_id",
        "person_id",
        "visit_id",
        "conversion_id",
        "decision_id",
        "call_id",
        "submission_key",
        "dedup_key",
    )
) | {"carrier_call_id", "carrier_message_id", "carrier_recording_id"}
KEYS = frozenset(("key", "item_key", "visitor_id"))
NUMBERS = frozenset(("caller_number", "phone_number", "person_number"))
LETTERS = "ghijklmnopqrstuvwxyzGHIJKL"
"""None of them is in an id that was not copied."""


def copy_rows(store: Store, tables: Sequence[type[SQLModel]], copies: int, seconds: float) -> None:
    """Add `copies` copies of all rows, each `seconds` earlier than the one before it. Nobody else may use the database."""
    if copies > MAX_COPIES:
        raise ValueError(f"{copies} copies are more than {MAX_COPIES}")
    connection: Any = store.engine.raw_connection() if store.is_sqlite else superuser(store)
    cursor = connection.cursor()
    for setting in _settings(store):
        cursor.execute(setting)
    for table in tables:
        with _without_indexes(store, cursor, str(table.__tablename__)):
            cursor.execute(_statement(store, table, copies, seconds))
    if not store.is_sqlite:  # PostgreSQL does this by itself; the hub never does on SQLite
        cursor.execute("ANALYZE")
    connection.commit()
    if store.is_sqlite:
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.invalidate()  # its settings are for filling only
    else:
        connection.close()


def _settings(store: Store) -> tuple[str, ...]:
    if store.is_sqlite:
        return ("PRAGMA synchronous=OFF", "PRAGMA cache_size=-400000", "PRAGMA foreign_keys=OFF")
    return "SET session_replication_role = replica", "SET maintenance_work_mem = '512MB'"


def _statement(store: Store, table: type[SQLModel], copies: int, seconds: float) -> str:
    columns = table.__table__.columns  # type: ignore[attr-defined]
    names = ", ".join(f'"{column.name}"' for column in columns)
    values = ", ".join(_value(store, column, seconds) for column in columns)
    numbers = f"WITH RECURSIVE copy (k) AS (SELECT 1 UNION ALL SELECT k + 1 FROM copy WHERE k < {copies})"
    source = f'{numbers} SELECT {values} FROM "{table.__tablename__}" AS t CROSS JOIN copy'
    return f'INSERT INTO "{table.__tablename__}" ({names}) {source}'


def _value(store: Store, column: Any, seconds: float) -> str:
    name, find = f't."{column.name}"', "instr" if store.is_sqlite else "strpos"
    letter = f"substr('{LETTERS}', k, 1)"
    if isinstance(column.type, UTCTime):
        if store.is_sqlite:
            return f"strftime('%Y-%m-%d %H:%M:%f', {name}, (-k * {seconds}) || ' seconds') || '000'"
        return f"{name} - k * interval '{seconds} seconds'"
    if column.name in IDS:
        dash = f"{find}({name}, '-')"
        return f"substr({name}, 1, {dash}) || {letter} || substr({name}, {dash} + 2)"
    if column.name in NUMBERS:
        return f"substr({name}, 1, 3) || k || substr({name}, 5)"
    return f"{name} || {letter}" if column.name in KEYS else name


@contextmanager
def _without_indexes(store: Store, cursor: Any, table: str) -> Iterator[None]:
    """Make a table's indexes anew after the rows are there, which sorts once."""
    if store.is_sqlite:
        known = f"SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL AND tbl_name = '{table}'"
    else:
        known = (
            f"SELECT indexname, indexdef FROM pg_indexes WHERE tablename = '{table}' AND indexname NOT IN "
            "(SELECT conname FROM pg_constraint)"
        )
    cursor.execute(known)
    indexes = cursor.fetchall()
    for name, _ in indexes:
        cursor.execute(f'DROP INDEX "{name}"')
    yield
    for _, definition in indexes:
        cursor.execute(definition)
