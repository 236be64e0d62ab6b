"""How large each table of the database is and will be, and when a disk is full: figures for `hub store plan`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import LargeBinary, Text, cast, func, literal, select
from sqlmodel import Session, SQLModel

from hub.backup.old_calls import columns
from hub.config.retention import RetentionSection
from hub.model import Call
from hub.privacy.retention_rules import RETENTION_RULES, RetentionRule
from hub.store.dialects import table_bytes

MONTH = timedelta(days=30)
SAMPLE = 1_000
"""Rows of a table that are looked at for the size of what is emptied."""
ARCHIVE = "archive_calls_after"
MAX_MONTHS = 1_200
"""A plan looks no further ahead."""


@dataclass(frozen=True, kw_only=True)
class TablePlan:
    """One table with its indexes. What it will take follows from the rows of the last 30 days."""

    table: str
    bytes: int
    rows: int
    monthly_rows: float
    life: timedelta | None
    """After which its rows are deleted or their personal columns emptied; None if neither happens."""
    setting: str | None
    """The key in `retention:` of config.yaml that says so, or `ARCHIVE`."""
    share: float = 1.0
    """The share of its bytes that ends then: 1 if its rows are deleted."""

    @property
    def monthly_bytes(self) -> float:
        """What 30 days add, with rows as large as its rows are on average."""
        return self.bytes / self.rows * self.monthly_rows if self.rows else 0.0

    def after(self, months: float) -> float:
        """Its bytes after some time: the space of what is deleted or emptied is used for new rows."""
        grown = self.bytes + self.monthly_bytes * months
        if self.life is None:
            return grown
        ending = min(grown, max(float(self.bytes), self.monthly_bytes * (self.life / MONTH)))
        return self.share * ending + (1 - self.share) * grown


@dataclass(frozen=True, kw_only=True)
class StorePlan:
    """The tables, largest first, and what they become."""

    tables: Sequence[TablePlan]
    monthly_calls: float

    def after(self, months: float) -> float:
        """The bytes of all tables after some time."""
        return sum(each.after(months) for each in self.tables)

    def months_until(self, limit: float) -> int | None:
        """The first month after which all tables together take more than `limit` bytes; None within a hundred years."""
        low, high = 0, MAX_MONTHS
        if self.after(high) <= limit:
            return None
        while low < high:
            middle = (low + high) // 2
            low, high = (low, middle) if self.after(middle) > limit else (middle + 1, high)
        return low


def store_plan(
    session: Session,
    retention: RetentionSection,
    now: datetime,
    monthly_calls: float | None = None,
    archive_after: timedelta | None = None,
) -> StorePlan:
    """Measure the database. With `monthly_calls` everything grows as for that many calls a month instead of those of the last
    30 days. It reads every page of an SQLite database. After `archive_after`, calls and what hangs on them move into files."""
    called = _new_rows(session, Call.__table__, now) or 0
    times = monthly_calls / called if monthly_calls and called else 1.0
    rules = {
        rule.table.__tablename__: rule
        for rule in RETENTION_RULES
        if rule.ending != "own" and not rule.where and not rule.columns
    }
    tables = SQLModel.metadata.tables
    found = []
    for name, size, rows in table_bytes(session):
        if name in tables:
            table, rule = tables[name], rules.get(name)
            life, setting = (retention.life(rule.kind), rule.kind) if rule else (None, None)
            share = 1.0
            if archive_after is not None and name in columns():
                life, setting = max(archive_after, retention.life("call_metadata")), ARCHIVE
            counted = (
                rows if rows is not None else session.execute(select(func.count()).select_from(table)).scalar_one()
            )
            if rule and counted and setting != ARCHIVE:
                share = _emptied(session, table, rule, size / counted)
            found.append(
                TablePlan(
                    table=name,
                    bytes=size,
                    rows=counted,
                    monthly_rows=times * _new_rows(session, table, now),
                    life=life,
                    setting=setting,
                    share=share,
                )
            )
    found.sort(key=lambda each: (-each.after(MAX_MONTHS), each.table))
    return StorePlan(tables=found, monthly_calls=times * called)


def _emptied(session: Session, table: Any, rule: RetentionRule, row_bytes: float) -> float:
    """The share of a row's bytes that its retention rule ends, by a sample of rows."""
    if rule.ending == "deleted":
        return 1.0
    columns = [table.c[name] for name in rule.categories()]
    lengths = [
        func.coalesce(func.length(each if isinstance(each.type, LargeBinary) else cast(each, Text)), 0)
        for each in columns
    ]
    sample = select(sum(lengths, start=literal(0)).label("size")).select_from(table).limit(SAMPLE).subquery()
    emptied = session.execute(select(func.avg(sample.c.size))).scalar_one()
    return min(1.0, float(emptied or 0) / row_bytes)


def _new_rows(session: Session, table: Any, now: datetime) -> int:
    """The rows of the last 30 days. Ids begin with their time in milliseconds, so the primary key finds them."""
    key = next(iter(table.primary_key.columns))
    if getattr(key.type, "length", None) != 36:
        return 0
    digits = f"{int((now - MONTH).timestamp() * 1_000):012x}"
    since = f"{digits[:8]}-{digits[8:]}"
    return int(session.execute(select(func.count()).select_from(table).where(key >= since)).scalar_one())
