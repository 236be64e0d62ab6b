"""Roll-ups: add up the credits of marked days again, and write the differences to the days, their months and years.

Adding up happens without a lock. The short transaction that writes first deletes the marks that were read before. If
another worker has deleted them in the meantime, the transaction rolls back. A mark added in the meantime stays, so its
day is rolled up again.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Table, bindparam, delete, func, select
from sqlmodel import Session, col

from hub.model import Company, DayRollup, DirtyDay, MonthRollup, YearRollup
from hub.reports.calendar import OwnDays, bounds, month_of, year_of
from hub.reports.credits import MODELS, Model
from hub.reports.dirty_days import is_archived
from hub.reports.hours import HOUR_TABLE, CallFigures, count_hours, write_hours
from hub.reports.tally import DIMENSIONS, MEASURES, Dimension, Key, Tally, merge, tally_day
from hub.store.dialects import upsert
from hub.store.engine import Store
from hub.store.locks import TransactionLock, lock_transaction

DAY_TABLE: Table = DayRollup.__table__
MONTH_TABLE: Table = MonthRollup.__table__
YEAR_TABLE: Table = YearRollup.__table__
ROLL_UPS = (HOUR_TABLE.name, DAY_TABLE.name, MONTH_TABLE.name, YEAR_TABLE.name)
KEY_COLUMNS = [DAY_TABLE.c[name] for name in Key._fields]
MEASURE_COLUMNS = [DAY_TABLE.c[name] for name in MEASURES]
MAX_DIRTY_DAYS = 10_000


@dataclass(frozen=True)
class MarkedDay:
    """A day to roll up, and its marks that were read."""

    company_id: str
    day: date
    zone: ZoneInfo
    marks: list[str]


class RollUpTurn:
    """Rolls up, some at each call, the days that were marked when its turn began. A day that is marked meanwhile waits for the
    next turn, so that a busy day is not added up again and again."""

    def __init__(self, store: Store, most: int) -> None:
        self._store, self._most = store, most
        self._until: str | None = None
        """The newest mark of the turn; None between two turns."""

    def __call__(self) -> int:
        """Roll up the next days of the turn; 0 if it is over."""
        if self._until is None:
            with self._store.reading() as session:
                self._until = session.execute(select(func.max(col(DirtyDay.id)))).scalar()
        done = roll_up(self._store, self._most, self._until) if self._until is not None else 0
        if not done:
            self._until = None
        return done


def roll_up(store: Store, most: int = 50, until: str | None = None) -> int:
    """Roll up the days that were marked first, at most `most`, by marks up to `until`; returns how many. Idempotent."""
    with store.reading() as session:
        marked = marked_days(session, most, until)
    for each in marked:
        with store.reading() as session:
            kept = is_archived(session, each.company_id, each.day)
            sums = None if kept else sums_of(session, each)
        write_marked(store, each, sums)
    return len(marked)


def sums_of(session: Session, marked: MarkedDay) -> tuple[Tally, Mapping[datetime, CallFigures]]:
    """The credits of a day, and its calls by the hour."""
    own = OwnDays(marked.zone, (marked.company_id,), *bounds(marked.day, marked.zone))
    return tally_day(session, marked.company_id, marked.zone, marked.day), count_hours(session, own)


def write_marked(store: Store, marked: MarkedDay, sums: tuple[Tally, Mapping[datetime, CallFigures]] | None) -> bool:
    """Write the sums of a marked day, unless those that it has remain, and delete its marks; False if another worker deleted
    some of them in the meantime."""
    with store.writing() as session:
        if not _take_marks(session, store, marked.marks):
            session.rollback()
            return False
        if sums is not None:
            tally, hours = sums
            write_day(session, marked.company_id, marked.day, tally)
            write_hours(session, marked.company_id, marked.day, hours)
        return True


def stored_days(
    session: Session,
    company_id: str,
    days: Collection[date],
    models: Sequence[Model] = MODELS,
    dimensions: Sequence[Dimension] = DIMENSIONS,
) -> Mapping[date, Tally]:
    """The stored roll-ups of days."""
    stored: dict[date, Tally] = {day: {} for day in days}
    query = select(DAY_TABLE.c.day, *KEY_COLUMNS, *MEASURE_COLUMNS).where(
        DAY_TABLE.c.company_id == company_id,
        DAY_TABLE.c.model.in_(models),  # listed, so that the query can use the primary key
        DAY_TABLE.c.dimension.in_(dimensions),
        DAY_TABLE.c.day.in_(days),
    )
    for day, model, dimension, value, currency, *numbers in session.execute(query):
        stored[day][Key(model, dimension, value, currency)] = numbers
    return stored


def write_day(session: Session, company_id: str, day: date, tally: Tally) -> None:
    """Set a day's stored roll-ups to `tally`, and update its month and year."""
    stored = stored_days(session, company_id, [day])[day]
    change = {key: list(numbers) for key, numbers in tally.items()}
    merge(change, stored.items(), sign=-1)
    if not change:
        return
    gone = [_row(key, company_id, day) for key in sorted(stored.keys() - tally.keys())]
    if gone:
        session.execute(
            delete(DAY_TABLE).where(*(DAY_TABLE.c[name] == bindparam(f"of_{name}") for name in gone[0])), _of(gone)
        )
    _upsert(session, DAY_TABLE, [_row(key, company_id, day, tally[key]) for key in sorted(change) if key in tally])
    for table, begins in ((MONTH_TABLE, month_of(day)), (YEAR_TABLE, year_of(day))):
        _upsert(session, table, [_row(key, company_id, begins, change[key]) for key in sorted(change)], adding=True)
        if gone:
            same = (table.c[name] == bindparam(f"of_{name}") for name in gone[0])
            nothing = (table.c[name] == 0 for name in MEASURES)
            session.execute(delete(table).where(*same, *nothing), _of([{**row, "day": begins} for row in gone]))


def marked_days(session: Session, most: int, until: str | None = None) -> list[MarkedDay]:
    """The days that were marked first, at most `most`, with their marks up to `until`."""
    marked = select(col(DirtyDay.id), col(DirtyDay.company_id), col(DirtyDay.day), col(Company.time_zone))
    marked = (
        marked.join(Company, col(Company.id) == DirtyDay.company_id).order_by(col(DirtyDay.id)).limit(MAX_DIRTY_DAYS)
    )
    if until is not None:
        marked = marked.where(col(DirtyDay.id) <= until)
    days: dict[tuple[str, date], MarkedDay] = {}
    for mark_id, company_id, day, time_zone in session.execute(marked):
        if (company_id, day) in days or len(days) < most:
            found = days.setdefault((company_id, day), MarkedDay(company_id, day, ZoneInfo(time_zone), []))
            found.marks.append(mark_id)
    return list(days.values())


def _take_marks(session: Session, store: Store, marks: Sequence[str]) -> bool:
    """Delete the marks of a day; False if another worker deleted some of them, because its sums may be newer."""
    lock_transaction(session, TransactionLock.ROLL_UPS)
    taken: Any = session.execute(delete(DirtyDay).where(col(DirtyDay.id).in_(marks)))
    return int(taken.rowcount) == len(marks)


def _row(key: Key, company_id: str, day: date, numbers: Sequence[int] = ()) -> dict[str, Any]:
    return {"company_id": company_id, "day": day, **key._asdict(), **dict(zip(MEASURES, numbers, strict=False))}


def _of(rows: Sequence[Mapping[str, object]]) -> list[dict[str, Any]]:
    return [{f"of_{name}": value for name, value in row.items()} for row in rows]


def _upsert(session: Session, table: Table, rows: Sequence[Mapping[str, object]], *, adding: bool = False) -> None:
    """Insert rows; if a row exists, replace its numbers, or add to them with `adding`."""
    key = [column.name for column in table.primary_key]
    upsert(session, table, rows, key, **{"add" if adding else "replace": MEASURES})
