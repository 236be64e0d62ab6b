"""Copies a whole database into a scratch while the hub works on it: SQLite by its online backup, PostgreSQL table by table."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing

from sqlalchemy import Connection, MetaData, Table, delete, func, select, text

from hub.store.dialects import database_bytes, database_file
from hub.store.engine import Store
from hub.store.schema import migrate

Progress = Callable[[str, int, int], None]
"""Called after each table: its name, tables copied so far, tables in all; and at the end with `ALL_COPIED`."""
ALL_COPIED = "all tables"
FUNCTIONS = (
    "SELECT pg_get_functiondef(p.oid) FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace LEFT JOIN pg_depend d ON "
    "d.objid = p.oid AND d.deptype = 'e' WHERE n.nspname = 'public' AND p.prokind = 'f' AND d.objid IS NULL"
)
TRIGGERS = "SELECT t.tgrelid::regclass::text, {} FROM pg_trigger t WHERE NOT t.tgisinternal"


def copy(source: Store, database: str, revision: str, progress: Progress) -> None:
    """Copy what a database holds at one moment into the empty one at the address `database`, which is of the same kind."""
    file, target = database_file(source.url), database_file(database)
    if file is None or target is None:
        _copy_server(source, database, revision, progress)
        return
    # In one step, so that writers neither wait nor make it begin again.
    with closing(sqlite3.connect(file)) as read, closing(sqlite3.connect(target)) as written:
        read.backup(written)


def _copy_server(source: Store, database: str, revision: str, progress: Progress) -> None:
    """The schema of the source's revision is made again, and all rows of one snapshot are copied by COPY in binary."""
    target = Store(database)
    try:
        migrate(target, revision)
        with source.snapshot() as session, target.engine.begin() as written:
            tables = _tables(session.connection())
            _drop_guards(written)
            for table in reversed(tables):
                written.execute(delete(table))  # what migrations wrote into the empty database
            for done, table in enumerate(tables, start=1):
                _copy(session.connection(), written, table)
                progress(table.name, done, len(tables))
            written.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))  # else a table with waiting checks cannot be altered
            _copy_guards(session.connection(), written)
        with target.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("ANALYZE"))
        progress(ALL_COPIED, len(tables), len(tables))
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
    if (file := database_file(store.url)) is not None:
        return sum(each.stat().st_size for each in (file, file.with_name(f"{file.name}-wal")) if each.exists())
    with store.engine.connect() as connection:
        return database_bytes(connection)


def _tables(connection: Connection) -> list[Table]:
    """The tables that are there, each after those that it refers to."""
    found = MetaData()
    found.reflect(connection)
    return [table for table in found.sorted_tables if table.name != "alembic_version"]


def _drop_guards(connection: Connection) -> None:
    """Triggers would write rows and refuse changes, and COPY is refused by row-level security. Source: PostgreSQL manual,
    COPY, notes."""
    for table, name in connection.execute(text(TRIGGERS.format("tgname"))).all():
        connection.execute(text(f'DROP TRIGGER "{name}" ON {table}'))
    for name in connection.execute(text("SELECT relname FROM pg_class WHERE relrowsecurity")).scalars().all():
        connection.execute(text(f'ALTER TABLE "{name}" DISABLE ROW LEVEL SECURITY'))
    for name, table in connection.execute(text("SELECT policyname, tablename FROM pg_policies")).all():
        connection.execute(text(f'DROP POLICY "{name}" ON "{table}"'))


def _copy_guards(read: Connection, written: Connection) -> None:
    """The functions, triggers and policies of the source, because a migration may stumble over them."""
    for statement in read.execute(text(FUNCTIONS)).scalars().all():
        written.exec_driver_sql(statement.replace("%", "%%"))
    for _, statement in read.execute(text(TRIGGERS.format("pg_get_triggerdef(t.oid)"))).all():
        written.exec_driver_sql(statement.replace("%", "%%"))
    for row in read.execute(text("SELECT * FROM pg_policies WHERE schemaname = 'public'")).mappings():
        using = f" USING ({row['qual']})" if row["qual"] else ""
        checked = f" WITH CHECK ({row['with_check']})" if row["with_check"] else ""
        written.exec_driver_sql(
            f'CREATE POLICY "{row["policyname"]}" ON "{row["tablename"]}" AS {row["permissive"]} FOR {row["cmd"]}'
            f"{using}{checked}".replace("%", "%%")
        )
    secured = text("SELECT relname, relforcerowsecurity FROM pg_class WHERE relrowsecurity")
    for name, forced in read.execute(secured).all():
        written.execute(text(f'ALTER TABLE "{name}" ENABLE ROW LEVEL SECURITY'))
        if forced:
            written.execute(text(f'ALTER TABLE "{name}" FORCE ROW LEVEL SECURITY'))


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
