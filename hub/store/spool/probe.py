"""Does the main database answer, and does it take writes? Asked on a connection of its own."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from hub.store.dialects import database_file, is_in_memory
from hub.store.engine import Store
from hub.store.outage import DatabaseAway

PROBE_SECONDS = 2


def probe(store: Store) -> None:
    """Return if the database takes writes; raise an error of its driver or DatabaseAway otherwise."""
    if is_in_memory(store.url):
        return
    if (file := database_file(store.url)) is not None:
        _probe_file(file)
        return
    engine = create_engine(store.url, poolclass=NullPool, connect_args={"connect_timeout": PROBE_SECONDS})
    with engine.connect() as connection:
        connection.execute(text(f"SET statement_timeout = {PROBE_SECONDS * 1_000}"))
        if connection.execute(text("SHOW transaction_read_only")).scalar() != "off":
            raise DatabaseAway
        connection.execute(text("SELECT version_num FROM alembic_version"))


def _probe_file(file: Path) -> None:
    address = f"{file.resolve().as_uri()}?mode=rw"
    with closing(sqlite3.connect(address, uri=True, timeout=PROBE_SECONDS, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("SELECT version_num FROM alembic_version")
        connection.execute("ROLLBACK")
