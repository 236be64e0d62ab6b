"""Bring the database's schema to this version; does nothing, and does not load Alembic, if it is current."""

from __future__ import annotations

import ast
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, inspect, text
from sqlalchemy.exc import OperationalError

from hub.errors import ConfigError
from hub.model import every_table
from hub.store import row_security, triggers
from hub.store.engine import Store
from hub.store.locks import TransactionLock, lock_transaction
from hub.store.migrations import baseline
from hub.store.vacuum import scrub

if TYPE_CHECKING:
    from alembic.config import Config

    from hub.store.encryption.vault import Vault

MIGRATIONS = Path(__file__).parent / "migrations"
VERSIONS = (MIGRATIONS / "versions",)
NEWEST = "head"
"""The newest revision, as Alembic names it."""
LOCK_MS = 500
"""How long a migration waits for a table, and others behind it: less than PostgreSQL's `deadlock_timeout`, so that it is never
another process that is ended."""
LOCK_NOT_AVAILABLE = "55P03"
"""SQLSTATE. Source: PostgreSQL manual, appendix A."""
TRIES, PAUSE_SECONDS = 60, 1.0
GUARDED = (
    "SELECT relname, obj_description(pg_policy.oid, 'pg_policy') FROM pg_policy JOIN pg_class ON pg_class.oid = polrelid "
    "WHERE pg_table_is_visible(pg_class.oid)"
)
"""Each table with the comment of its policy."""


def revisions() -> list[str]:
    """Every revision that this version of the hub knows, oldest first, from the file names: a start must not load
    Alembic only to see that the schema is current."""
    return [number for number, _ in _files()]


def _files() -> list[tuple[str, Path]]:
    """Revisions with their files, oldest first."""
    numbered = sorted((file.name.split("_", 1)[0], file) for folder in VERSIONS for file in folder.glob("[0-9]*.py"))
    return [(baseline.baseline_revision() if each == baseline.NUMBER else each, file) for each, file in numbered]


def oldest_kept() -> str:
    """The oldest revision whose processes may go on with this version's schema. A migration that only adds what they need
    not know says so: `keeps = "0101"`. Without it, none but those of the migration's own revision may."""
    kept = max(_literal(file, "keeps") or number for number, file in _files())
    return next(each for each in revisions() if each.startswith(kept))


def _literal(file: Path, name: str) -> str | None:
    """The text that a migration gives a name at its top; it is not imported, because that loads Alembic."""
    for statement in ast.parse(file.read_text(encoding="utf-8")).body:
        match statement:
            case ast.Assign([ast.Name(target)], ast.Constant(str(value))) if target == name:
                return value
    return None


def refusal(found: str) -> str | None:
    """Why this version cannot take a database or a backup of schema `found`, and what to do; None if it knows the schema."""
    known = revisions()
    if found in known:
        return None
    if found.split(".")[0] > known[-1].split(".")[0]:
        return f"belongs to a newer version of Ringfence (schema {found}); update the hub"
    return (
        f"is of schema {found}, which no released version has, so it cannot be migrated; start with an empty database, or "
        "keep the version that made it"
    )


def current(store: Store) -> str | None:
    """The database's revision; None for an empty database."""
    with store.engine.connect() as connection:
        return _revision(connection)


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def fits(store: Store) -> bool:
    """Whether processes of this version may work on the database: its schema is theirs, or a newer one that keeps them."""
    with store.engine.connect() as connection:
        return _revision(connection) == revisions()[-1] or _keeps_us(connection)


def _keeps_us(connection: Connection) -> bool:
    if not _tells_oldest(connection):
        return False
    found, kept = connection.execute(text("SELECT version_num, oldest_process FROM alembic_version")).one()
    return any(kept == f"{found}: {each}" for each in revisions() if found not in revisions())


def _tells_oldest(connection: Connection) -> bool:
    return any(each["name"] == "oldest_process" for each in inspect(connection).get_columns("alembic_version"))


def upgrade(
    store: Store, vault: Callable[[], Vault] | None = None, sleep: Callable[[float], None] = time.sleep
) -> bool:
    """Bring the database to the newest revision; True if something was changed. `vault` returns the vault that encrypts data
    that an older revision left in clear; ConfigError if there is such data and no vault, or a vault with another key.

    An empty database gets the declared tables directly; a test ensures that they equal the migrated ones. Only an older
    database is migrated. If several processes start together, one migrates (PostgreSQL: advisory lock; SQLite: write lock).

    Other processes may work meanwhile: on PostgreSQL a migration waits half a second for a table, in which they wait too, and
    then begins again. ConfigError if none of many tries got all tables.
    """
    found = current(store)
    if found == revisions()[-1]:
        return False
    if found is not None and (reason := refusal(found)):
        if fits(store):
            return False
        raise ConfigError(f"The database {reason}.")
    for _ in range(TRIES):
        try:
            return _upgrade(store, vault)
        except OperationalError as error:
            if getattr(error.orig, "sqlstate", None) != LOCK_NOT_AVAILABLE:
                raise
            sleep(PAUSE_SECONDS)
    raise ConfigError(
        "The migration found no moment in which no other process used a table that it changes; nothing was changed. End long "
        "reports and exports, or stop the workers, and try again."
    )


def _upgrade(store: Store, vault: Callable[[], Vault] | None) -> bool:
    with _alone(store) as connection:
        found = _revision(connection)
        if found is None:
            _create(connection)
        elif found != revisions()[-1]:
            _migrate(connection, vault)
    if found not in (None, revisions()[-1]):
        scrub(store, every_table().tables)
    return found != revisions()[-1]


def migrate(store: Store, to: str = NEWEST) -> None:
    """Run every migration that the database lacks, up to the revision `to`; all of them if it is empty."""
    with _alone(store) as connection:
        _migrate(connection, None, to)


def pending(found: str) -> list[tuple[str, str]]:
    """The migrations that a database of revision `found` lacks, oldest first: revision, and what it does in a line."""
    docstrings = (
        (each, ast.get_docstring(ast.parse(file.read_text("utf-8")))) for each, file in _files() if each > found
    )
    return [(each, " ".join((docstring or "").split())) for each, docstring in docstrings]


@contextmanager
def _alone(store: Store) -> Iterator[Connection]:
    # A write transaction from its start: on SQLite it waits here while another process writes.
    with store.engine.execution_options(ringfence_write=True).connect() as connection:
        if store.is_sqlite:
            with _foreign_keys_checked_at_the_end(connection):
                yield connection
        else:
            lock_transaction(connection, TransactionLock.MIGRATION)
            connection.execute(text(f"SET LOCAL lock_timeout = '{LOCK_MS} ms'"))
            yield connection
            connection.commit()


@contextmanager
def _foreign_keys_checked_at_the_end(connection: Connection) -> Iterator[None]:
    """To change a constraint, SQLite must rebuild the table. It refuses that while rows refer to it, unless foreign keys were
    turned off before the transaction (https://sqlite.org/lang_altertable.html, section 7)."""
    driver: Any = connection.connection.driver_connection
    driver.execute("PRAGMA foreign_keys=OFF")
    try:
        yield
        broken = connection.execute(text("PRAGMA foreign_key_check")).all()
        if broken:
            raise ConfigError(
                f"The migration would leave rows of {broken[0][0]} that refer to nothing; nothing was changed."
            )
        connection.commit()
    finally:
        connection.rollback()
        driver.execute("PRAGMA foreign_keys=ON")


def guard(connection: Connection) -> None:
    """Create or replace the triggers, and on PostgreSQL the policies of row-level security. There a table's are left alone if
    they are made by the same statements already, which its policy's comment says: nobody may use a table meanwhile."""
    if connection.dialect.name == "sqlite":
        for statement in triggers.on_sqlite():
            connection.execute(text(statement))
        return
    for statement in triggers.functions():
        connection.execute(text(statement))
    made = {row.relname: row.obj_description for row in connection.execute(text(GUARDED))}
    for table in every_table().sorted_tables:
        statements = [*triggers.on_postgresql(table.name), *row_security.statements(table)]
        digest = sha256("\n".join(statements).encode()).hexdigest()
        if made.get(table.name) != digest:
            for statement in (*statements, f"COMMENT ON POLICY {row_security.POLICY} ON {table.name} IS '{digest}'"):
                connection.execute(text(statement))


def _create(connection: Connection) -> None:
    every_table().create_all(connection)
    guard(connection)
    connection.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)"))
    connection.execute(text("INSERT INTO alembic_version VALUES (:newest)"), {"newest": revisions()[-1]})
    _write_oldest(connection)


def _write_oldest(connection: Connection) -> None:
    """Write whether processes of older versions may go on: beside Alembic's own column stand the schema's revision, so that
    a migration by other means ends this, and the oldest revision whose processes may work on it."""
    if not _tells_oldest(connection):
        connection.execute(text("ALTER TABLE alembic_version ADD COLUMN oldest_process VARCHAR(80)"))
    kept = {"kept": f"{revisions()[-1]}: {oldest_kept()}"}
    connection.execute(text("UPDATE alembic_version SET oldest_process = :kept"), kept)


def _migrate(connection: Connection, vault: Callable[[], Vault] | None, to: str = NEWEST) -> None:
    from alembic import command

    config = alembic_config()
    config.attributes |= {"connection": connection, "vault": vault}
    if connection.dialect.name != "sqlite":
        # PostgreSQL refuses to alter a table while a deferred trigger waits for one of its rows.
        connection.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
    command.upgrade(config, to)
    if to == NEWEST:  # the guards are those of the declared tables
        guard(connection)
        _write_oldest(connection)


def alembic_config() -> Config:
    """Alembic's configuration, without a file."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    config.set_main_option("version_locations", os.pathsep.join(map(str, VERSIONS)))
    return config


def write_revision(message: str) -> None:
    """Bring the migrations to the declared tables (`make migration`): before the first release the baseline is written again,
    later a migration from the newest revision (`M="Add a column"`)."""
    from alembic import command

    if baseline.RELEASED is None:
        baseline.FILE.write_text(baseline.declared(), encoding="utf-8")
        return
    if not message:
        raise ConfigError('The baseline is released; say what the migration does: make migration M="Add a column"')
    number = f"{int(revisions()[-1].split('.')[0]) + 1:04}"
    store = Store("sqlite://")
    with store.engine.connect() as connection:
        config = alembic_config()
        config.attributes["connection"] = connection
        command.upgrade(config, NEWEST)
        command.revision(config, message, autogenerate=True, rev_id=number, version_path=str(VERSIONS[-1]))
    file = next(VERSIONS[-1].glob(f"{number}_*.py"))
    source = file.read_text().replace("sqlmodel.sql.sqltypes.AutoString(", "sa.String(")
    source = source.replace("hub.model.columns.UTCTime(timezone=True)", "sa.DateTime(timezone=True)")
    file.write_text(source.replace("astext_type=Text()", "astext_type=sa.Text()"))
