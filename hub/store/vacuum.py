"""Overwrite the bytes of deleted rows on disk, because deleting rows alone leaves them there."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any

import structlog
from sqlalchemy import text

from hub.model import every_table
from hub.store.engine import BUSY_SECONDS, Store

log = structlog.get_logger(__name__)
CHECKPOINT_MILLISECONDS = 500
"""How long a checkpoint waits for readers, and writers for it."""
PAGES_PER_TRANSACTION = 200
MAX_PAGES = 1 << 24
"""Below this many pages, a page outside of a b-tree begins with a zero byte, of the next page's number in four bytes."""
LEAF_HEADER_BYTES, INNER_HEADER_BYTES = 8, 12
HEADER_BYTES = {2: INNER_HEADER_BYTES, 5: INNER_HEADER_BYTES, 10: LEAF_HEADER_BYTES, 13: LEAF_HEADER_BYTES}
"""Kind of a b-tree page → length of its header. Source: sqlite.org/fileformat2.html#b_tree_pages."""
FILE_HEADER_BYTES = 100


def scrub(store: Store, tables: Collection[str]) -> bool:
    """Overwrite what deleted rows left. On SQLite, in the file and in its write-ahead log; False if a reader still needs the
    log, and then it must be tried again. On PostgreSQL, VACUUM frees the rows of `tables`, and new rows overwrite them over
    time; its WAL keeps them until it is recycled."""
    if store.is_sqlite:
        _clear_free_space(store)
        emptied = _empty_log(store)
        if not emptied:
            log.warning("SQLite's log is not empty yet, because there is still a reader; it is tried again")
        return emptied
    with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for table in tables:
            if table in every_table().tables:
                connection.execute(text(f'VACUUM "{table}"'))
    return True


def _empty_log(store: Store) -> bool:
    with _cursor(store) as cursor:
        cursor.execute(f"PRAGMA busy_timeout={CHECKPOINT_MILLISECONDS}")
        try:
            busy, *_ = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        finally:
            cursor.execute(f"PRAGMA busy_timeout={BUSY_SECONDS * 1000}")
    return not busy


def _clear_free_space(store: Store) -> None:
    """Write zeros into the unused middle of pages. `secure_delete` overwrites a deleted row in its page; but if SQLite has
    moved the row there from another page, to balance the tree, the unused part of that other page still has it."""
    with _cursor(store) as cursor:
        known = cursor.execute("SELECT 1 FROM pragma_module_list WHERE name = 'sqlite_dbpage'").fetchone()
        (pages,) = cursor.execute("PRAGMA page_count").fetchone()
        if not known or pages >= MAX_PAGES:
            cursor.execute("VACUUM")
            return
        wanted = [
            number for number, data in cursor.execute("SELECT pgno, data FROM sqlite_dbpage") if _cleared(data, number)
        ]
    for first in range(0, len(wanted), PAGES_PER_TRANSACTION):
        with store.connected() as connection:
            for number in wanted[first : first + PAGES_PER_TRANSACTION]:
                one: Any = connection.exec_driver_sql(
                    "SELECT data FROM sqlite_dbpage WHERE pgno = ?", (number,)
                ).scalar()
                cleared = _cleared(one, number)
                if cleared is not None:
                    connection.exec_driver_sql("UPDATE sqlite_dbpage SET data = ? WHERE pgno = ?", (cleared, number))


def _cleared(page: bytes, number: int) -> bytes | None:
    """The page with zeros between the pointers to its cells and the first cell; None if there are only zeros, or if it
    belongs to no b-tree."""
    start = FILE_HEADER_BYTES if number == 1 else 0
    header = HEADER_BYTES.get(page[start])
    if header is None:
        return None
    cells = int.from_bytes(page[start + 3 : start + 5], "big")
    begin = start + header + 2 * cells
    end = int.from_bytes(page[start + 5 : start + 7], "big") or 65_536
    if begin >= end or end > len(page) or not page[begin:end].strip(b"\0"):
        return None
    return page[:begin] + bytes(end - begin) + page[end:]


@contextmanager
def _cursor(store: Store) -> Iterator[Any]:
    """A cursor of the driver, outside of a transaction."""
    raw = store.engine.raw_connection()
    try:
        yield raw.cursor()
    finally:
        raw.close()
