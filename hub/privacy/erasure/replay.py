"""After a restore: erases again what the tombstones name."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from sqlmodel import Session, select

from hub.model import every_table
from hub.privacy.erasure.days import days_changed
from hub.privacy.erasure.reach import TABLES, PersonData
from hub.privacy.erasure.rows import erase_rows
from hub.reports.dirty_days import Change, mark_dirty
from hub.store.encryption.vault import Vault

ROWS_PER_STATEMENT = 200


def replay_tombstones(session: Session, vault: Vault, rows: frozenset[str], now: datetime) -> Counter[str]:
    """Erase the rows whose marks are among `rows`, with all rows that depend on them, and mark the days to recalculate.
    Returns the number of rows by table.
    """
    counts: Counter[str] = Counter()
    changes: list[Change] = []
    for table, field in TABLES.items():
        named = _named(session, vault, table, rows)
        for start in range(0, len(named), ROWS_PER_STATEMENT):
            reach = PersonData(**{field: frozenset(named[start : start + ROWS_PER_STATEMENT])})
            changes += days_changed(session, reach)
            counts += erase_rows(session, reach, now)
    mark_dirty(session, changes, now)
    return counts


def _named(session: Session, vault: Vault, table: str, rows: frozenset[str]) -> list[str]:
    target = every_table().tables[table]
    ids = session.scalars(select(target.c.id)).yield_per(1_000)
    return [row_id for row_id in ids if vault.row_mark(session, table, row_id) in rows]
