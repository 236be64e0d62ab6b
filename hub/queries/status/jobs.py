"""The periodic jobs, the worker threads and the connectors' syncs: how often, and when they last succeeded."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import func, select
from sqlmodel import Session, col

from hub.config.models import Config
from hub.contracts.titles import titled, titles_of
from hub.model import ConnectorState, HealthReport, SyncSlot
from hub.model.states import WorkState
from hub.platform.liveness import NONE, Failures, Liveness

GRACE = timedelta(seconds=90)
"""Reports are written every 30 seconds, so a short job is late only after this."""
OLD_REPORT = timedelta(minutes=5)
MIN_FAILURES = 3
"""A task that failed this often in a row fails again and again."""
LASTING_INTERVALS, LASTING_SECONDS = 5, 1_800.0
"""So does a job without success for this many intervals, and at least this long: it hangs."""
JobState = Literal["on time", "late", "failed", "stopped", "new"]


@dataclass(frozen=True, kw_only=True)
class JobReport:
    """One job, thread or sync."""

    name: str
    kind: Literal["job", "thread", "sync"]
    every: str | timedelta | None
    """Words for the schedule of a sync; None for a thread, which turns all the time."""
    at: datetime | None
    """The last success."""
    state: JobState
    failures: int = 0
    error: str = ""
    """The class of the last error, if it fails now."""
    is_failing: bool = False
    """Whether it fails again and again, or has had no success for several intervals."""


def jobs(session: Session, config: Config, names: Iterable[str], liveness: Liveness, now: datetime) -> list[JobReport]:
    """Threads, syncs of the connectors that serve companies with these `names`, and periodic jobs.

    The jobs of this process are read from its memory, those of other processes from their newest report. Run it in a
    session of the hub.
    """
    own, ages = liveness.jobs(), liveness.job_ages()
    threads, failures = liveness.thread_ages(), liveness.thread_failures()
    limits = liveness.thread_limits()
    rows = {(row.kind, row.name): row for row in _rows(session)}
    for name in threads:
        rows.setdefault(
            ("thread", name), HealthReport(kind="thread", name=name, every=limits.get(name), written_at=now)
        )
    for name, job in own.items():
        rows.setdefault(("job", name), HealthReport(kind="job", name=name, every=job.every, written_at=now))
    found: list[JobReport] = []
    for row in rows.values():
        here = own.get(row.name) if row.kind == "job" else None
        age = threads.get(row.name) if row.kind == "thread" else here.succeeded if here else None
        at = max(
            (each for each in (row.at, None if age is None else now - timedelta(seconds=age)) if each), default=None
        )
        failed = here.failed if here else failures.get(row.name) if row.kind == "thread" else None
        if failed is None:
            # What a process that has ended reported last is over.
            failed = Failures(row.failures, row.error or "") if now - row.written_at <= OLD_REPORT else NONE
        hangs = here is not None and ages[row.name] > max(LASTING_INTERVALS * here.every, LASTING_SECONDS)
        found.append(_report(row, at, failed, hangs, now))
    order = list(titles_of("job").values())
    found.sort(key=lambda each: (each.kind == "job", order.index(each.name) if each.name in order else len(order)))
    split = sum(each.kind == "thread" for each in found)
    return [*found[:split], *_syncs(session, config, set(names), now), *found[split:]]


def _rows(session: Session) -> list[HealthReport]:
    return list(session.scalars(select(HealthReport).where(col(HealthReport.kind) != "figure")))


def _report(row: HealthReport, at: datetime | None, failed: Failures, hangs: bool, now: datetime) -> JobReport:
    every = timedelta(seconds=row.every or 0)
    allowed = every + GRACE if row.kind == "thread" else max(2 * every, GRACE)
    state: JobState = "on time"
    if failed.count > 1:
        state = "failed"
    elif at is None:
        state = "new" if not failed.count else "failed"
    elif now - at > allowed:
        state = "late"
    kind: Literal["job", "thread"] = "thread" if row.kind == "thread" else "job"
    name = titled("job", row.name)
    return JobReport(
        name=name, kind=kind, every=every if kind == "job" else None, at=at, state=state,
        failures=failed.count, error=failed.error, is_failing=hangs or failed.count >= MIN_FAILURES,
    )  # fmt: skip


def _syncs(session: Session, config: Config, names: set[str], now: datetime) -> list[JobReport]:
    slot: Any = SyncSlot
    ended = select(slot.connector, func.max(slot.finished_at)).where(slot.state == WorkState.DONE)
    last = dict(session.execute(ended.group_by(slot.connector)).all())
    paused = {row.connector for (row,) in session.execute(select(ConnectorState)) if row.paused_at is not None}
    waits = select(slot.connector, func.min(slot.due_at)).where(slot.state.in_((WorkState.READY, WorkState.LEASED)))
    oldest = dict(session.execute(waits.group_by(slot.connector)).all())
    found = []
    for name, entry in config.connectors.items():
        if entry.common.schedule is None or not any(entry.serves(each) for each in names):
            continue
        at, schedule = last.get(name), entry.common.schedule
        late_after = max(2 * schedule.every, GRACE) if schedule.every else timedelta(hours=1)
        due = oldest.get(name)
        is_late = due is not None and now - due > late_after
        is_late = is_late or (schedule.every is not None and at is not None and now - at > late_after)
        state: JobState = "stopped" if name in paused else "late" if is_late else "on time" if at else "new"
        text = schedule.text.removeprefix("every ")
        found.append(
            JobReport(name=f"Sync {config.connector_title(name)}", kind="sync", every=text, at=at, state=state)
        )
    return found
