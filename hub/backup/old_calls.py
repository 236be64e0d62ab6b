"""Moves calls of old months out of the database, into Parquet files of the storage of recordings.

Only calls move whose personal columns retention has emptied, with all that hangs on them, and a file has no column that an
erasure empties: nothing in a file leads to a person. A file is written and read back first; one transaction then finds the
calls as they are in the file, deletes them and notes the file. If that does not happen, the next turn writes the file again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from importlib import import_module
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Column, ColumnElement, and_, delete, func, literal, or_
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, select

from hub.errors import RetryLater
from hub.model import (
    ArchivedCall,
    ArchiveFile,
    Attempt,
    Attribution,
    Call,
    CallEventRow,
    CallStep,
    Company,
    ConversionRow,
    Delivery,
    DirtyDay,
    DoubtfulRefusal,
    FactRow,
    Lead,
    LeadChange,
    Note,
    OutcomeRow,
    QueueEntry,
    Recording,
    SpamMark,
    SpamScore,
    Tag,
    TranscriptRow,
)
from hub.model.columns import Work
from hub.model.states import FINAL_DELIVERY_STATES, RecordingState, SubjectState, WorkState
from hub.privacy.erasure.rows import erased_columns
from hub.privacy.retention_rules import RETENTION_RULES
from hub.reports.calendar import bounds, day_of, month_of
from hub.runtime import Hub
from hub.store.locks import hold_locks
from hub.store.rows import write_rows

CALLS_IN_FILE = 250
"""At most; they are deleted in one transaction, for which other writers on SQLite wait."""
FOLDER = "archive"
LOCK, LOCK_SECONDS = "housekeeping/archive", 5.0
ENDINGS = frozenset({"expires_at", "clicks_end_at"})
MOVED: dict[type[Any], Any] = {
    Call: col(Call.id),
    CallEventRow: col(CallEventRow.call_id),
    Attribution: col(Attribution.subject_id),
    ConversionRow: col(ConversionRow.subject_id),
    Delivery: col(Delivery.subject_id),
    Attempt: col(Delivery.subject_id),
    Lead: col(Lead.subject_id),
    LeadChange: col(LeadChange.subject_id),
    SpamMark: col(SpamMark.subject_id),
    Recording: col(Recording.call_id),
    TranscriptRow: col(Recording.call_id),
}
"""What moves, each with the column that holds the call's id: in the table itself, or in `BELONGING`."""
BELONGING: dict[type[Any], tuple[Any, Any]] = {
    Attempt: (col(Attempt.delivery_id), Delivery),
    TranscriptRow: (col(TranscriptRow.recording_id), Recording),
}


@dataclass(frozen=True)
class _Month:
    """Calls of one company, and of one month in its time zone."""

    company_id: str | None
    first: date
    zone: ZoneInfo

    @property
    def ends(self) -> datetime:
        return bounds(month_of(self.first + timedelta(days=31)), self.zone)[0]

    @property
    def where(self) -> tuple[ColumnElement[bool], ...]:
        at, begins = col(Call.started_at), bounds(self.first, self.zone)[0]
        return col(Call.company_id).is_not_distinct_from(self.company_id), at >= begins, at < self.ends

    @property
    def files(self) -> tuple[ColumnElement[bool], ...]:
        of_company = col(ArchiveFile.company_id).is_not_distinct_from(self.company_id)
        return of_company, col(ArchiveFile.month) == self.first


def archive_next(hub: Hub, after: timedelta | None = None) -> int:
    """Move the next calls of one month and company; how many, 0 if nothing is left to move. `after` is the age, if it is not
    that of config.yaml; calls that are younger than `retention: call_metadata` never move."""
    after = after or hub.config.hub.archive_calls_after
    if after is None:
        return 0
    library: Any = import_module("hub.backup.parquet")
    until = hub.clock() - max(after, hub.config.retention.life("call_metadata"))
    ready = _ready(until)
    with hold_locks(hub.store, [LOCK], LOCK_SECONDS) as free:
        if not free:
            return 0  # another process is doing it
        with hub.store.reading() as session:
            month = _next_month(session, ready)
            if month is None or month.ends > until:
                return 0
            found = _found(session, month, ready)
            number = session.exec(select(func.count()).select_from(ArchiveFile).where(*month.files)).one() + 1
            calls = _read(session, found, library.plain)
        path = f"{FOLDER}/{month.first:%Y-%m}/{month.company_id or 'none'}/{number:04}.parquet"
        data = library.write_calls(calls, columns())
        hub.blob_store.write(path, data)
        if hub.blob_store.read(path) != data or library.read_calls(data) != calls:
            raise RetryLater(f"The archive {path} reads back differently than it was written. Nothing was deleted.")
        with hub.store.writing() as session:
            if found != _found(session, month, ready, found) or calls != _read(session, found, library.plain):
                return 0  # something about them changed meanwhile
            row = ArchiveFile(
                company_id=month.company_id, month=month.first, path=path, size=len(data), calls=len(calls),
                sha256=hashlib.sha256(data).hexdigest(), archived_at=hub.clock(),
            )  # fmt: skip
            session.add(row)
            session.flush()
            write_rows(session, ArchivedCall, [ArchivedCall(id=call_id, file_id=row.id) for call_id in found])
            for table in reversed(MOVED):
                session.execute(delete(table).where(_of(table, found)))
    return len(calls)


def archive_files(session: Session, company_id: str | None = None) -> list[ArchiveFile]:
    """The files, oldest month first; those of one company, or all."""
    query = select(ArchiveFile).order_by(col(ArchiveFile.month), col(ArchiveFile.path))
    return list(session.exec(query if company_id is None else query.where(ArchiveFile.company_id == company_id)))


def is_whole(hub: Hub, file: ArchiveFile) -> bool:
    """Whether a file is in the storage as it was written."""
    data = hub.blob_store.read(file.path)
    return data is not None and hashlib.sha256(data).hexdigest() == file.sha256


@cache
def columns() -> dict[str, list[Column[Any]]]:
    """Table → its columns that a file has: not those of personal data, of the hub's own work, or that an erasure empties."""
    work = Work.model_fields.keys() - {"state"}
    erased = erased_columns()
    return {
        table.__tablename__: [
            column
            for column in table.__table__.columns
            if "category" not in column.info
            and column.name not in work | ENDINGS | erased.get(table.__tablename__, set())
        ]
        for table in MOVED
    }


def _next_month(session: Session, ready: ColumnElement[bool]) -> _Month | None:
    """That of the oldest call that can move."""
    oldest = select(Call.company_id, Call.started_at, Company.time_zone).join(Company, isouter=True)
    found = session.exec(oldest.where(ready).order_by(col(Call.started_at)).limit(1)).first()
    if found is None:
        return None
    company_id, at, time_zone = found
    zone = ZoneInfo(time_zone or "UTC")
    return _Month(company_id, month_of(day_of(at, zone)), zone)


def _ready(until: datetime) -> ColumnElement[bool]:
    """The condition that a call and what hangs on it are finished, hold nothing personal, and are added up."""
    ended = RecordingState.GONE  # as TranscriptState.GONE
    personal = {
        table: [life.left() for life in RETENTION_RULES if life.table is table] for table in (Call, Attribution)
    }
    kept = (
        col(Attribution.expires_at).is_not(None),
        col(Attribution.clicks_end_at).is_not(None),
        *personal[Attribution],
    )
    unfinished: list[tuple[Any, ...]] = [
        (MOVED[Attribution] == Call.id, or_(*kept)),
        (MOVED[Recording] == Call.id, col(Recording.state) != ended),
        (MOVED[Recording] == Call.id, TranscriptRow.recording_id == Recording.id, col(TranscriptRow.state) != ended),
        (MOVED[Delivery] == Call.id, col(Delivery.state).not_in(FINAL_DELIVERY_STATES)),
        (MOVED[LeadChange] == Call.id, col(LeadChange.state) != WorkState.DONE),
        (OutcomeRow.subject_id == Call.id, col(OutcomeRow.expires_at).is_not(None)),
        (DirtyDay.company_id == Call.company_id, col(DirtyDay.day) <= (until + timedelta(days=1)).date()),
        *((each.subject_id == Call.id,) for each in (FactRow, Note, Tag, DoubtfulRefusal)),
        *(
            (each.connector == Call.connector, each.carrier_call_id == Call.carrier_call_id)
            for each in (CallStep, QueueEntry, SpamScore)
        ),
    ]
    return and_(
        col(Call.started_at) < until,
        col(Call.state).in_((SubjectState.DONE, SubjectState.ERASED)),
        col(Call.expires_at).is_(None),
        col(Call.person_id).is_(None),
        *(~left for left in personal[Call]),
        *(~select(literal(1)).where(*where).correlate(Call).exists() for where in unfinished),
    )


def _found(
    session: Session, month: _Month, ready: ColumnElement[bool], among: Sequence[str] | None = None
) -> list[str]:
    """The ids of calls of a month that can move; those `among` some are locked."""
    query = select(Call.id).where(*month.where, ready).order_by(col(Call.started_at), col(Call.id))
    if among is not None:
        query = query.where(col(Call.id).in_(among)).with_for_update()
    return list(session.exec(query.limit(CALLS_IN_FILE)))


def _read(session: Session, found: Sequence[str], plain: Callable[[Column[Any], Any], Any]) -> list[dict[str, Any]]:
    """The calls with all that hangs on them, as a file has them."""
    names = [table.__tablename__ for table in MOVED]
    calls: dict[str, dict[str, Any]] = {call_id: {name: [] for name in names[1:]} for call_id in found}
    for table, holder in MOVED.items():
        wanted = columns()[table.__tablename__]
        query = select_columns(holder, *wanted).where(holder.in_(found)).order_by(*table.__table__.primary_key)
        if table in BELONGING:
            place, parent = BELONGING[table]
            query = query.join_from(table, parent, place == parent.id)
        for call_id, *values in session.execute(query):
            row = {column.name: plain(column, value) for column, value in zip(wanted, values, strict=True)}
            if table is Call:
                calls[call_id] |= row
            else:
                calls[call_id][table.__tablename__].append(row)
    return list(calls.values())


def _of(table: type[Any], found: Sequence[str]) -> Any:
    """The condition that a row hangs on one of the calls."""
    if table in BELONGING:
        place, parent = BELONGING[table]
        return place.in_(select(parent.id).where(MOVED[parent].in_(found)))
    return MOVED[table].in_(found)
