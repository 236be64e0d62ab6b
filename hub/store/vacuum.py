"""Overwrite the bytes of deleted rows on disk, because deleting rows alone leaves them there."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import text

from hub.model import every_table
from hub.store.engine import Store


def scrub(store: Store, tables: Collection[str]) -> None:
    """On SQLite, empty the write-ahead log; in the file itself deleted data is overwritten directly (`secure_delete`). On
    PostgreSQL, VACUUM frees the rows of `tables`, and new rows overwrite them over time; its WAL keeps them until it is
    recycled."""
    if store.is_sqlite:
        raw = store.engine.raw_connection()
        try:
            busy, *_ = raw.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        finally:
            raw.close()
        if busy:
            import structlog

            structlog.get_logger(__name__).warning(
                "SQLite's log is not empty yet, because there is still a reader; it is emptied after the next erasure"
            )
        return
    with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for table in tables:
            if table in every_table().tables:
                connection.execute(text(f'VACUUM "{table}"'))
