"""Housekeeping: the periodic jobs of a worker, each with its own interval, in threads of their own."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial

from hub.access.idempotency import delete_old_requests
from hub.access.sign_in.expired import delete_expired
from hub.alerts.digests import queue_digests
from hub.alerts.report_mails import queue_reports
from hub.alerts.spread import spread
from hub.alerts.watch import Watch, watch_volume
from hub.backup.old_calls import archive_next
from hub.backup.save import end_backup_keys
from hub.connecting.companions import check_companions
from hub.connecting.recording import end_recordings
from hub.leaving.run import carry_on
from hub.numbers.health.audit import audit_live_carriers, audit_numbers
from hub.numbers.pool_hours import roll_up_pools
from hub.numbers.purchases import settle_old
from hub.platform.backoff import exponential
from hub.platform.liveness import Liveness, report_failure
from hub.plugin_host.thread_pool import DaemonThreadPool
from hub.privacy.datamap.recipients import recipients_of
from hub.privacy.datamap.versions import note_recipients
from hub.privacy.holds import on_hold
from hub.privacy.ledger.daily import write_expired
from hub.privacy.retention import sweep
from hub.privacy_requests.erased_bytes import ErasedBytes
from hub.privacy_requests.reminders import close_unconfirmed, drop_old_files, drop_old_proofs, remind
from hub.privacy_requests.run import work_tasks
from hub.recordings.keep import end_expired
from hub.reports.rollups import RollUpTurn
from hub.runtime import Hub
from hub.store.journal import sign_due
from hub.store.locks import hold_locks
from hub.store.violations import write_refusals
from hub.store.writers.health import write_figures, write_health
from hub.texts.doubts import lapse
from hub.webhooks_out.event_order import release_waiting
from hub.worker.queue_call_backs import tend_queues
from hub.worker.scheduler import Ticker
from hub.worker.stand_in_call_backs import StandInCallBacks

FIRST_RETRY_SECONDS = 5.0
"""After a failure; doubled after each further one, up to the job's interval."""
POLL_SECONDS = 0.25
MAX_THREADS = 4
DAYS_PER_ROLL_UP = 5
RECIPIENTS_LOCK = "housekeeping/recipients"
LOCK_SECONDS = 5.0


@dataclass(frozen=True)
class Job:
    """Work that is done every `every` seconds, counted from one start to the next."""

    name: str
    every: float
    run: Callable[[], object]
    drain: bool = False
    """Run it again at once for as long as it returns that it did something."""


def periodic_jobs(hub: Hub, ticker: Ticker) -> list[Job]:
    """All of them. Each worker process runs them all; any number of processes may run the same job at the same time."""
    store, clock = hub.store, hub.clock
    stand_ins = StandInCallBacks(hub)
    return [
        *([Job("calls back of stand-ins", 2.0, stand_ins.look)] if stand_ins.has_work else []),
        Job("queues", 2.0, partial(tend_queues, hub)),
        Job("catch up syncs", 10.0, ticker.catch_up),
        Job("count violations", 60.0, partial(write_refusals, store, hub.refusals)),
        Job("recordings of connectors", 60.0, partial(end_recordings, hub)),
        Job("destroy backup keys", 60.0, partial(end_backup_keys, hub)),
        Job("retention", 60.0, partial(_end_what_is_over, hub)),
        Job("retention of recordings", 60.0, partial(end_expired, hub)),
        Job("doubtful texts", 60.0, lambda: lapse(hub, clock()), drain=True),
        # Once a day is enough for these two: they look each hour, so they are an hour late at most.
        Job("expired consents", 3_600.0, lambda: write_expired(store, clock()), drain=True),
        Job("sign journal", 3_600.0, lambda: sign_due(store, hub.keyring, clock())),
        Job("recipients", 600.0, partial(_note_recipients, hub)),
        # A report adds up what was marked since the last roll-up, so it is never late.
        Job("roll-ups", 60.0, RollUpTurn(store, DAYS_PER_ROLL_UP), drain=True),
        Job("archive of old calls", 3_600.0, partial(archive_next, hub), drain=True),
        Job("numbers at the carriers", 21_600.0, partial(audit_live_carriers, hub)),
        Job("health of numbers", 600.0, partial(audit_numbers, hub)),
        Job("processes beside the hub", 60.0, partial(check_companions, hub)),
        Job("open orders of numbers", 300.0, partial(settle_old, hub)),
        Job("hours of pools", 60.0, lambda: roll_up_pools(store, clock()), drain=True),
        Job("privacy requests", 2.0, partial(work_tasks, hub), drain=True),
        Job("companies that leave", 5.0, partial(carry_on, hub), drain=True),
        Job("erased bytes", 20.0, ErasedBytes(hub).clear),
        Job("privacy request reminders", 60.0, partial(remind, hub)),
        Job("unconfirmed opt-ins", 60.0, partial(close_unconfirmed, hub)),
        Job("privacy request files", 60.0, partial(drop_old_files, hub)),
        Job("health report", 30.0, lambda: write_health(store, hub.liveness, clock())),
        Job("health figures", 600.0, lambda: write_figures(store, clock())),
        Job("sign-ins", 600.0, lambda: delete_expired(store, clock())),
        Job("repeated requests", 600.0, lambda: delete_old_requests(store, clock())),
        Job("identity proofs", 60.0, partial(drop_old_proofs, hub)),
        Job("alerts", 2.0, partial(spread, hub), drain=True),
        Job("alerts about connectors and pools", 60.0, Watch(hub).look),
        Job("alerts about volume", 300.0, partial(watch_volume, hub)),
        Job("webhooks that wait", 60.0, partial(release_waiting, hub)),
        Job("digests", 60.0, partial(queue_digests, hub)),
        Job("reports by email", 60.0, partial(queue_reports, hub)),
    ]


class Housekeeping:
    """Runs each job when it is due, at most once at a time. A job that fails or hangs delays no other.

    A failed job is tried again sooner than at its next interval. After `stopping` is set, no job begins. `monotonic` gives
    seconds.
    """

    def __init__(
        self,
        jobs: Sequence[Job],
        liveness: Liveness,
        stopping: threading.Event,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._jobs, self._liveness, self._stopping, self._monotonic = jobs, liveness, stopping, monotonic
        for job in jobs:
            liveness.expect_success(job.name, job.every)
        self._due = {job.name: monotonic() for job in jobs}
        self._failures = dict.fromkeys(self._due, 0)
        self._running: dict[str, Future[None]] = {}
        self._pool = DaemonThreadPool("housekeeping", MAX_THREADS)

    def start_due(self) -> list[Future[None]]:
        """Start the jobs that are due and do not run yet; their futures never hold an error."""
        started: list[Future[None]] = []
        for job in self._jobs:
            before = self._running.get(job.name)
            if (before is None or before.done()) and self._due[job.name] <= self._monotonic():
                future: Future[None] = Future()
                self._pool.submit(future, partial(self._run, job))
                self._running[job.name] = future
                started.append(future)
        return started

    def close(self, seconds: float) -> None:
        """Drop the jobs that have not begun, and wait up to `seconds` for those that run."""
        until = time.monotonic() + seconds
        self._pool.close()
        while not all(future.done() for future in self._running.values()) and time.monotonic() < until:
            time.sleep(0.05)

    def _run(self, job: Job) -> None:
        begun = self._monotonic()
        try:
            while not self._stopping.is_set() and job.run() and job.drain:
                pass
        except BaseException as error:  # noqa: BLE001 - it is tried again, and the other jobs go on
            report_failure(job.name, error)
            self._liveness.failed(job.name, error)
            wait = exponential(FIRST_RETRY_SECONDS, self._failures[job.name], job.every)
            self._failures[job.name] += 1
            self._due[job.name] = self._monotonic() + wait
        else:
            self._failures[job.name] = 0
            self._due[job.name] = begun + job.every
            self._liveness.succeeded(job.name)


def _end_what_is_over(hub: Hub) -> None:
    now = hub.clock()
    with hub.store.reading() as session:
        held = on_hold(session, hub.config, now, hub.vault)
    sweep(hub.store, now, hub.config.retention, held, hub.keyring)


def _note_recipients(hub: Hub) -> None:
    # Two processes that compare at the same time would both note a change.
    with hold_locks(hub.store, [RECIPIENTS_LOCK], LOCK_SECONDS) as free:
        if free:
            with hub.store.writing() as session:
                note_recipients(session, recipients_of(hub.config), hub.clock())
