"""Writes what a process knows of its health to the database: jobs, threads, kinds of errors, sizes."""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import Connection, Table, delete, func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import col

from hub.model import ErrorHour, HealthReport, Recording
from hub.platform.error_counts import COUNTS, ErrorCounts
from hub.platform.liveness import NONE, Failures, Liveness
from hub.store.dialects import database_bytes, upsert
from hub.store.engine import Store

log = structlog.get_logger(__name__)
ERRORS_KEPT = timedelta(days=7)
REPORTS_KEPT = timedelta(days=1)
"""A job or thread that nothing reports for longer belongs to an older version."""
WRITE_SECONDS, DATABASE_BYTES, RECORDING_BYTES = "write seconds", "database bytes", "recording bytes"
RECORDINGS_MONTH = "recording bytes of 30 days"
"""Bytes recorded in the last 30 days; absent while the oldest recording is younger than that."""
MONTH = timedelta(days=30)


def write_health(store: Store, liveness: Liveness, now: datetime, counts: ErrorCounts = COUNTS) -> None:
    """Write the ages of this process's jobs and threads, its counts of errors, and how long a write took."""
    reports = [
        _report("job", name, now, every=job.every, at=_ago(now, job.succeeded), **_failures(job.failed))
        for name, job in liveness.jobs().items()
    ]
    limits, failures = liveness.thread_limits(), liveness.thread_failures()
    reports += [
        _report("thread", name, now, every=limits.get(name), at=_ago(now, age), **_failures(failures.get(name, NONE)))
        for name, age in liveness.thread_ages().items()
    ]
    begun = time.perf_counter()
    with store.connected() as connection:
        _write_reports(connection, reports)
        connection.execute(delete(HealthReport).where(col(HealthReport.written_at) < now - REPORTS_KEPT))
        connection.execute(delete(ErrorHour).where(col(ErrorHour.hour) < now - ERRORS_KEPT))
    seconds = time.perf_counter() - begun
    with store.connected() as connection:
        _write_reports(connection, [_report("figure", WRITE_SECONDS, now, value=seconds)])
    write_errors(store, now, counts)


def write_errors(store: Store, now: datetime, counts: ErrorCounts = COUNTS) -> int:
    """Add the pending counts to those of their hour; how many kinds. If the database is away, they wait."""
    seen = counts.take()
    if not seen:
        return 0
    monotonic = time.monotonic()
    rows = [
        {
            **kind._asdict(),
            "hour": now.replace(minute=0, second=0, microsecond=0),
            "count": each.count,
            "first_at": _ago(now, monotonic - each.first),
            "last_at": _ago(now, monotonic - each.last),
        }
        for kind, each in sorted(seen.items())
    ]
    errors: Table = ErrorHour.__table__
    key = ("event", "connector", "code", "hour")
    try:
        with store.connected() as connection:
            upsert(connection, errors, rows, key, add=("count",), replace=("last_at",))
    except SQLAlchemyError as error:
        counts.give_back(seen)
        log.error("error counts not written", error=type(error).__name__)
        return 0
    return len(rows)


def write_figures(store: Store, now: datetime) -> None:
    """Write the sizes of the database and of the recordings."""
    size = func.coalesce(func.sum(Recording.size), 0)
    stored = select(size).where(col(Recording.path).is_not(None))
    with store.reading() as session:
        figures: dict[str, float | None] = {
            DATABASE_BYTES: database_bytes(session),
            RECORDING_BYTES: session.execute(stored).scalar_one(),
        }
        oldest = session.execute(select(func.min(Recording.recorded_at))).scalar()
        month = session.execute(stored.where(col(Recording.recorded_at) >= now - MONTH)).scalar_one()
        figures[RECORDINGS_MONTH] = month if oldest is not None and oldest <= now - MONTH else None
    with store.connected() as connection:
        _write_reports(
            connection, [_report("figure", name, now, value=_number(value)) for name, value in figures.items()]
        )


def _report(kind: str, name: str, now: datetime, **values: object) -> dict[str, Any]:
    row: dict[str, object] = {"every": None, "at": None, "failures": 0, "error": None, "value": None}
    return {"kind": kind, "name": name[:64], "written_at": now, **row, **values}


def _failures(failed: Failures) -> dict[str, object]:
    return {"failures": failed.count, "error": failed.error[:64] or None}


def _write_reports(connection: Connection, rows: list[dict[str, object]]) -> None:
    reports: Table = HealthReport.__table__
    latest = ("every", "failures", "error", "value", "written_at")
    upsert(connection, reports, rows, ("kind", "name"), replace=latest, newest=("at",))


def _ago(now: datetime, seconds: float | None) -> datetime | None:
    return None if seconds is None else now - timedelta(seconds=seconds)


def _number(value: Any) -> float | None:
    return None if value is None else float(value)
