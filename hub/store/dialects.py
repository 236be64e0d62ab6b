"""What SQLite and PostgreSQL do differently, as functions that callers use for both alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Integer, Select, String, Table, TypeDecorator, func, make_url, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.expression import FunctionElement
from sqlmodel import Session

NAMES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
DATABASE_SIZE = {
    "sqlite": "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()",
    "postgresql": "SELECT pg_database_size(current_database())",
}
TABLE_SIZES = {
    "sqlite": "SELECT m.tbl_name, sum(d.pgsize), NULL FROM dbstat d JOIN sqlite_master m ON m.name = d.name "
    "WHERE d.aggregate = TRUE GROUP BY m.tbl_name",
    "postgresql": "SELECT relname, pg_total_relation_size(oid), reltuples FROM pg_class "
    "WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace",
}


def _dialect(bind: Session | Connection) -> str:
    return (bind.get_bind() if isinstance(bind, Session) else bind).dialect.name


def has_row_security(bind: Session | Connection) -> bool:
    """Whether the database limits the rows itself, so that its planner uses no index of an expression."""
    return _dialect(bind) != "sqlite"


def database_file(address: URL | str) -> Path | None:
    """The file of an SQLite database; None for a server, and for a database in memory."""
    url = make_url(address)
    return None if url.get_backend_name() != "sqlite" or is_in_memory(url) else Path(str(url.database))


def is_in_memory(address: URL | str) -> bool:
    """Whether the database ends with its process."""
    url = make_url(address)
    return url.get_backend_name() == "sqlite" and (not url.database or url.database.startswith((":memory:", "file:")))


def beside(address: str, config_file: Path | None) -> Path | None:
    """The file beside which the hub puts files of its own: that of an SQLite database, else config.yaml. None for a database
    in memory."""
    return None if is_in_memory(address) else database_file(address) or config_file


def upsert(
    bind: Session | Connection,
    table: Table,
    rows: Sequence[Mapping[str, object]],
    key: Sequence[str],
    *,
    replace: Sequence[str] = (),
    add: Sequence[str] = (),
    newest: Sequence[str] = (),
) -> None:
    """Insert rows; if one with the same `key` exists, its columns `replace` take the new values, those in `add` the sum of
    both, and those in `newest` the later of both. Safe while another process writes the same row."""
    if not rows:
        return
    dialect = _dialect(bind)
    insert = sqlite.insert(table) if dialect == "sqlite" else postgresql.insert(table)
    old, new = table.c, insert.excluded
    later = func.max if dialect == "sqlite" else func.greatest
    changes = {name: new[name] for name in replace} | {name: old[name] + new[name] for name in add}
    changes |= {
        name: later(func.coalesce(old[name], new[name]), func.coalesce(new[name], old[name])) for name in newest
    }
    bind.execute(insert.on_conflict_do_update(index_elements=list(key), set_=changes), rows)


def lock_rows(session: Session, query: Select[Any], **how: Any) -> None:
    """Lock the rows of a query until the transaction ends. SQLite has one writer at a time, and needs no such lock.

    A query that is read anyway needs only `with_for_update`, which SQLAlchemy leaves out on SQLite.
    """
    if _dialect(session) != "sqlite":
        session.execute(query.with_for_update(**how)).all()


def server_version(bind: Session | Connection) -> str:
    """The database's name and version."""
    dialect = (bind.get_bind() if isinstance(bind, Session) else bind).dialect
    return f"{NAMES[dialect.name]} {'.'.join(map(str, dialect.server_version_info or ()))}"


def server_time(session: Session) -> datetime | None:
    """The time on the clock of the database's server; None for SQLite, which has none of its own."""
    return None if _dialect(session) == "sqlite" else session.execute(text("SELECT clock_timestamp()")).scalar_one()


def database_bytes(bind: Session | Connection) -> int:
    """The size of the database."""
    return int(bind.execute(text(DATABASE_SIZE[_dialect(bind)])).scalar_one())


def table_bytes(session: Session) -> list[tuple[str, int, int | None]]:
    """Each table: its bytes with its indexes, and the rows that the database's statistics say; None if they say nothing."""
    found = session.execute(text(TABLE_SIZES[_dialect(session)]))
    return [(name, int(size), int(rows) if rows is not None and rows >= 0 else None) for name, size, rows in found]


def bypassed_row_security(connection: Connection) -> str | None:
    """Why row-level security does not apply to the connection's role; None if it does, and on SQLite."""
    if _dialect(connection) == "sqlite":
        return None
    query = "SELECT rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user"
    superuser, bypasses = connection.execute(text(query)).one()
    return "is a superuser" if superuser else "has BYPASSRLS" if bypasses else None


class _BeginningOfStretch(TypeDecorator[datetime]):
    """PostgreSQL returns a time in UTC; SQLite `2026-11-24 09:` for an hour, and `2026-11-24 09:1` for its quarter from
    9:15."""

    impl, cache_ok = String, True

    def process_result_value(self, value: Any, dialect: object) -> datetime | None:
        if value is None or isinstance(value, datetime):
            return value and value.replace(tzinfo=UTC)
        return datetime.fromisoformat(f"{value[:14]}{15 * int(value[14:] or 0):02}+00:00")


class UtcHour(FunctionElement[datetime]):
    """The hour of UTC in which a time is."""

    type, inherit_cache = _BeginningOfStretch(), True
    stretch, on_sqlite = "1 hour", "substr({0}, 1, 14)"


class UtcQuarter(UtcHour):
    """The quarter of an hour of UTC in which a time is. Every zone's offset is whole quarters."""

    inherit_cache = True
    stretch, on_sqlite = "15 minutes", "substr({0}, 1, 14) || (CAST(substr({0}, 15, 2) AS INTEGER) / 15)"


@compiles(UtcHour, "sqlite")
def _cut_text(element: UtcHour, compiler: Any, **options: object) -> str:
    return element.on_sqlite.format(compiler.process(element.clauses, **options))


@compiles(UtcHour, "postgresql")
def _binned(element: UtcHour, compiler: Any, **options: object) -> str:
    at = compiler.process(element.clauses, **options)
    return f"date_bin('{element.stretch}', timezone('UTC', {at}), TIMESTAMP '2000-01-01')"


class WeeksSince(FunctionElement[int]):
    """How many whole weeks a day, the first argument, comes after another one that is not later."""

    type, inherit_cache = Integer(), True


@compiles(WeeksSince, "sqlite")
def _weeks_of_texts(element: WeeksSince, compiler: Any, **options: object) -> str:
    day, since = (compiler.process(each, **options) for each in element.clauses)
    return f"CAST((julianday({day}) - julianday({since})) / 7 AS INTEGER)"


@compiles(WeeksSince, "postgresql")
def _weeks_of_days(element: WeeksSince, compiler: Any, **options: object) -> str:
    day, since = (compiler.process(each, **options) for each in element.clauses)
    return f"({day} - {since}) / 7"


class SecondsBetween(FunctionElement[int]):
    """How many seconds, rounded, a time, the second argument, comes after another one."""

    type, inherit_cache = Integer(), True


@compiles(SecondsBetween, "sqlite")
def _seconds_of_texts(element: SecondsBetween, compiler: Any, **options: object) -> str:
    begins, ends = (compiler.process(each, **options) for each in element.clauses)
    return f"CAST(round((julianday({ends}) - julianday({begins})) * 86400) AS INTEGER)"


@compiles(SecondsBetween, "postgresql")
def _seconds_of_times(element: SecondsBetween, compiler: Any, **options: object) -> str:
    begins, ends = (compiler.process(each, **options) for each in element.clauses)
    return f"CAST(round(EXTRACT(EPOCH FROM {ends} - {begins})) AS INTEGER)"


class BytePosition(FunctionElement[int]):
    """Where bytes begin in a column of bytes, from 1; 0 if they are not in it."""

    type, inherit_cache = Integer(), True


@compiles(BytePosition, "sqlite")
def _instr(element: BytePosition, compiler: Any, **options: object) -> str:
    return f"instr({compiler.process(element.clauses, **options)})"


@compiles(BytePosition, "postgresql")
def _position(element: BytePosition, compiler: Any, **options: object) -> str:
    column, value = (compiler.process(each, **options) for each in element.clauses)
    return f"position({value} IN {column})"
