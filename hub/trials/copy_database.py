"""Copies a whole database into a scratch while the hub works on it: SQLite by its online backup, PostgreSQL table by table."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from sqlalchemy import Connection, MetaData, Table, delete, func, select, text
from sqlalchemy.engine import make_url

from hub.store.engine import Store
from hub.store.schema import migrate

Progress = Callable[[str, int, int], None]
"""Called after each table: its name, tables copied so far, tables in all."""


def copy_sqlite(source: Store, database: str) -> None:
    """One snapshot, in one step, so that writers neither wait nor make it begin again."""
    target = make_url(database).database
    assert source.url.database is not None and target is not None
    with closing(sqlite3.connect(source.url.database)) as read, closing(sqlite3.connect(target)) as written:
        read.backup(written)


def copy_postgres(source: Store, database: str, revision: str, progress: Progress) -> None:
    """The schema of the source's revision is made again, and all rows of one snapshot are copied by COPY in binary."""
    target = Store(database)
    try:
        migrate(target, revision)
        with source.snapshot() as session, target.engine.begin() as written:
            tables = _tables(session.connection())
            with _unguarded(written, tables):
                for done, table in enumerate(tables, start=1):
                    _copy(session.connection(), written, table)
                    progress(table.name, done, len(tables))
        with target.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("ANALYZE"))
    finally:
        target.close()


def counts(store: Store) -> dict[str, int]:
    """Table → rows, of the tables that are there now."""
    with store.engine.connect() as connection:
        return {
            table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in _tables(connection)
        }


def size_of(store: Store) -> int:
    """The bytes of the database on its disk."""
    if store.is_sqlite:
        file = Path(str(store.url.database))
        return sum(each.stat().st_size for each in (file, file.with_name(f"{file.name}-wal")) if each.exists())
    with store.engine.connect() as connection:
        return int(connection.execute(text("SELECT pg_database_size(current_database())")).scalar_one())


def _tables(connection: Connection) -> list[Table]:
    """The tables that are there, each after those that it refers to."""
    found = MetaData()
    found.reflect(connection)
    return [table for table in found.sorted_tables if table.name != "alembic_version"]


@contextmanager
def _unguarded(connection: Connection, tables: Sequence[Table]) -> Iterator[None]:
    """While the block runs, triggers write nothing, and COPY is possible, which row-level security would refuse. Foreign keys
    hold. Source: PostgreSQL manual, COPY, notes."""
    forced = connection.execute(text("SELECT relname FROM pg_class WHERE relforcerowsecurity")).scalars().all()
    for table in tables:
        connection.execute(text(f'ALTER TABLE "{table.name}" DISABLE TRIGGER USER'))
    for name in forced:
        connection.execute(text(f'ALTER TABLE "{name}" NO FORCE ROW LEVEL SECURITY'))
    for table in reversed(tables):
        connection.execute(delete(table))  # what migrations wrote into the empty database
    yield
    connection.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))  # else a table with waiting checks cannot be altered
    for table in tables:
        connection.execute(text(f'ALTER TABLE "{table.name}" ENABLE TRIGGER USER'))
    for name in forced:
        connection.execute(text(f'ALTER TABLE "{name}" FORCE ROW LEVEL SECURITY'))


def _copy(read: Connection, written: Connection, table: Table) -> None:
    columns = ", ".join(f'"{column.name}"' for column in table.columns)
    source, target = read.connection.driver_connection, written.connection.driver_connection
    assert source is not None and target is not None
    with (
        source.cursor() as giving,
        target.cursor() as taking,
        giving.copy(f'COPY "{table.name}" ({columns}) TO STDOUT (FORMAT BINARY)') as rows,
        taking.copy(f'COPY "{table.name}" ({columns}) FROM STDIN (FORMAT BINARY)') as copy,
    ):
        for chunk in rows:
            copy.write(chunk)
