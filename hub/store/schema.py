"""Bring the database's schema to this version with Alembic; nothing is done where it is there already."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import inspect, text

from hub.errors import ConfigError
from hub.store.engine import Store

if TYPE_CHECKING:
    from alembic.config import Config

MIGRATIONS = Path(__file__).parent / "migrations"


def revisions() -> list[str]:
    """Every revision that this version of the hub knows, oldest first, read off the file names: a start need not load
    Alembic to see that nothing is to be done."""
    return sorted(path.name.split("_", 1)[0] for path in (MIGRATIONS / "versions").glob("[0-9]*.py"))


def current(store: Store) -> str | None:
    """The database's revision; None for an empty database."""
    with store.engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def upgrade(store: Store) -> bool:
    """Migrate to the newest revision; True where something was done.

    Of several processes that start at once, one migrates (PostgreSQL: an advisory lock; SQLite: the write lock).
    """
    found = current(store)
    if found == revisions()[-1]:
        return False
    if found is not None and found not in revisions():
        raise ConfigError(
            f"The database is of a newer Ringfence (schema {found}); update the hub or point hub.database elsewhere."
        )
    from alembic import command

    # A transaction that writes, from its beginning: on SQLite it waits here while another process migrates.
    with store.engine.execution_options(ringfence_write=True).connect() as connection:
        config = alembic_config()
        config.attributes["connection"] = connection
        if not store.is_sqlite:
            connection.execute(text("SELECT pg_advisory_xact_lock(7246001)"))
        command.upgrade(config, "head")
        connection.commit()
    return True


def alembic_config() -> Config:
    """Alembic's configuration, without a file."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    return config


def write_revision(message: str) -> None:
    """Write the migration from the newest revision to the declared tables (`make migration M="Add a column"`)."""
    from alembic import command

    store = Store("sqlite://")
    with store.engine.connect() as connection:
        config = alembic_config()
        config.attributes["connection"] = connection
        if revisions():
            command.upgrade(config, "head")
        command.revision(config, message, autogenerate=True, rev_id=f"{len(revisions()) + 1:04}")
    file = next((MIGRATIONS / "versions").glob(f"{len(revisions()):04}_*.py"))
    source = file.read_text().replace("sqlmodel.sql.sqltypes.AutoString(", "sa.String(")
    source = source.replace("hub.model.columns.UTCTime(timezone=True)", "sa.DateTime(timezone=True)")
    file.write_text(source.replace("astext_type=Text()", "astext_type=sa.Text()"))
