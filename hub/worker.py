"""The worker: processes the inbox, runs calls through the flow, runs due syncs. One, or several on PostgreSQL."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from datetime import timedelta
from functools import partial

import structlog
from sqlmodel import col

from hub.alerts.send import due_channels, send_due
from hub.delivery.fetch_media import fetch_media, media_is_due
from hub.delivery.place_calls import connectors_with_calls, place_calls
from hub.delivery.send_texts import due_connectors, send_texts
from hub.delivery.sync import SyncReport, next_retry, sync
from hub.errors import AuthError, ConfigError
from hub.flow.inbox import fold_inbox
from hub.flow.leads import convert_leads
from hub.flow.pipeline import process
from hub.housekeeping import POLL_SECONDS, Housekeeping, periodic_jobs
from hub.liveness import TURN_LIMIT_SECONDS, report_failure
from hub.model import Call, FormSubmission, SyncSlot, TextMessage
from hub.model.states import WorkState
from hub.numbers.directory import LiveDirectory
from hub.plugins.thread_pool import DaemonThreadPool
from hub.recordings.keep import fetch_due
from hub.recordings.transcribe import transcribe_due
from hub.runtime import Hub
from hub.scheduler import Ticker
from hub.store.claims import claim, complete, due_groups
from hub.store.connectors import pause, paused_connectors
from hub.store.journal import take_waiting
from hub.store.rows import write_slot

log = structlog.get_logger(__name__)
IDLE = 0.25
"""Seconds to wait for new work if there was none."""
BACK_OFF_SECONDS = 1.0
"""Wait after a failed turn."""
TRANSCRIPT_LIMIT_SECONDS = 12 * 3_600.0
"""A transcription may take twice the duration of its recording (hub.recordings.transcribe)."""
CONCURRENT_SYNCS = 8
JOIN_SECONDS = 1.0
"""Seconds that the transcription thread gets to end."""
TEXTS, CALLS, ALERTS = "texts/", "calls/", "alerts/"
PICTURES = "texts/pictures"
"""The sync work under this name does not belong to a connector."""
SOONEST_RETRY = timedelta(seconds=1)


class Worker:
    """Threads that never wait for each other: the flow of calls, recordings, transcripts, syncs (at most one at a time for each
    connector), and housekeeping. Whatever a turn raises, its thread continues."""

    def __init__(self, hub: Hub, directory: LiveDirectory, wake: threading.Event | None = None) -> None:
        self._hub, self._directory = hub, directory
        self._wake = wake or threading.Event()
        self._stopping = threading.Event()
        self._ticker = Ticker(hub)
        self._running: set[str] = set()
        self._syncs = DaemonThreadPool("sync", CONCURRENT_SYNCS)
        self._housekeeping = Housekeeping(periodic_jobs(hub, self._ticker), hub.liveness, self._stopping)
        steps = {"flow": self._flow_step, "recordings": self._recording_step, "syncs": self._sync_step}
        self._threads = [self._thread(name, step) for name, step in steps.items()]
        self._threads.append(threading.Thread(target=self._keep_house, name="housekeeping", daemon=True))
        # stop() hardly waits for it: a transcription takes minutes, and an unfinished one is repeated later.
        self._transcripts = self._thread("transcripts", self._transcript_step)

    def start(self) -> None:
        """Start the threads and the ticker."""
        self._ticker.start()
        for thread in self._threads:
            self._hub.liveness.expect_turns(thread.name, TURN_LIMIT_SECONDS)
            thread.start()
        if self._hub.config.recordings.transcribe is not None:
            self._hub.liveness.expect_turns(self._transcripts.name, TRANSCRIPT_LIMIT_SECONDS)
            self._transcripts.start()

    @property
    def threads(self) -> tuple[int, int]:
        """How many of its threads turn, and how many there are."""
        stuck = set(self._hub.liveness.stuck())
        started = [thread for thread in (*self._threads, self._transcripts) if thread.ident is not None]
        return sum(thread.is_alive() and thread.name not in stuck for thread in started), len(started)

    def begin_stop(self) -> None:
        """Claim nothing more; what is under way goes on."""
        self._stopping.set()
        self._wake.set()
        self._ticker.stop()

    def stop(self, seconds: float = 20.0) -> None:
        """Finish current work within `seconds`; unfinished work is claimed again later."""
        if not self._stopping.is_set():
            self.begin_stop()
        until = time.monotonic() + seconds
        for thread in self._threads:
            thread.join(max(0.0, until - time.monotonic()))
        if self._transcripts.is_alive():
            self._transcripts.join(JOIN_SECONDS)
        self._housekeeping.close(max(0.0, until - time.monotonic()))
        while self._running and time.monotonic() < until:
            time.sleep(0.05)
        self._syncs.close()
        self._hub.liveness.forget()

    def _thread(self, name: str, step: Callable[[], bool]) -> threading.Thread:
        return threading.Thread(target=self._loop, args=(name, step), name=name, daemon=True)

    def _loop(self, name: str, step: Callable[[], bool]) -> None:
        while not self._stopping.is_set():
            if self._hub.store.outage.since is not None:
                self._hub.liveness.turned(name)
                self._stopping.wait(BACK_OFF_SECONDS)
            elif not self._turn(name, step):
                self._wake.wait(IDLE)
                self._wake.clear()

    def _keep_house(self) -> None:
        while not self._stopping.wait(POLL_SECONDS):
            if self._hub.store.outage.since is None:
                self._turn("housekeeping", self._housekeeping.start_due)

    def _turn(self, name: str, step: Callable[[], object]) -> bool:
        """One turn of a thread; a failure is only reported. Returns whether there may be more work immediately."""
        self._hub.liveness.turned(name)
        try:
            return bool(step())
        except BaseException as error:  # noqa: BLE001 - failed work is claimed again
            report_failure(name, error)
            self._stopping.wait(BACK_OFF_SECONDS)
            return False

    def _flow_step(self) -> bool:
        directory = self._directory.current()
        taken = take_waiting(self._hub.store)
        taken += fold_inbox(self._hub, directory)
        taken += process(self._hub, directory, Call)
        taken += process(self._hub, directory, TextMessage)
        taken += process(self._hub, directory, FormSubmission)
        taken += convert_leads(self._hub, directory)
        return taken > 0

    def _recording_step(self) -> bool:
        return not self._hub.disk.short and fetch_due(self._hub) > 0

    def _transcript_step(self) -> bool:
        return transcribe_due(self._hub, self._directory.current()) > 0

    def _sync_step(self) -> bool:
        with self._hub.store.reading() as session:
            due = due_groups(session, SyncSlot, "connector", self._hub.clock())
            paused = paused_connectors(session)
        for connector in due & self._hub.plugins.connectors.keys():
            self._start(connector, partial(self._run_sync, connector))
        for connector in (due_connectors(self._hub) - paused.keys()) & self._hub.plugins.connectors.keys():
            self._start(TEXTS + connector, partial(self._run_texts, connector))
        for connector in connectors_with_calls(self._hub) & self._hub.plugins.connectors.keys():
            self._start(CALLS + connector, partial(self._run_calls, connector))
        for channel in due_channels(self._hub):
            self._start(ALERTS + channel, partial(self._run_alerts, channel))
        if not self._hub.disk.short and media_is_due(self._hub):
            self._start(PICTURES, partial(fetch_media, self._hub))
        return False

    def _start(self, name: str, work: Callable[[], object]) -> None:
        """Run `work` in the thread pool, unless work with this name is running."""
        if name not in self._running:
            self._running.add(name)
            self._syncs.submit(Future(), partial(self._run, name, work))

    def _run(self, name: str, work: Callable[[], object]) -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001 - the lease expires, and the work is tried again
            report_failure(name, error)
        finally:
            self._running.discard(name)

    def _run_texts(self, connector: str) -> None:
        try:
            send_texts(self._hub, self._directory.current(), connector)
        except (AuthError, ConfigError) as error:
            pause(self._hub.store, connector, str(error), self._hub.clock())

    def _run_calls(self, connector: str) -> None:
        try:
            place_calls(self._hub, self._directory.current(), connector)
        except (AuthError, ConfigError) as error:
            pause(self._hub.store, connector, str(error), self._hub.clock())

    def _run_alerts(self, channel: str) -> None:
        send_due(self._hub, self._directory.current(), channel)

    def _run_sync(self, connector: str) -> None:
        report = run_due_sync(self._hub, self._directory, connector)
        if report and (report.counts or (report.troubles and not report.was_paused)):
            log.info("synced", connector=connector, result=str(report))


def run_due_sync(hub: Hub, directory: LiveDirectory, connector: str) -> SyncReport | None:
    """Claim all due slots of a connector and run one sync for them; None if none is due or another process syncs it."""
    mine = (col(SyncSlot.connector) == connector,)
    token, slots = claim(hub.store, SyncSlot, now=hub.clock(), limit=1_000, where=mine, alone=True)
    if not slots:
        return None
    with hub.heartbeat.keeping(SyncSlot, token):
        report = sync(hub, directory.current(), connector)
    with hub.store.writing() as session:
        ids = [slot.id for slot in slots]
        ended = {"state": WorkState.DONE, "finished_at": hub.clock(), "result": str(report)[:500]}
        complete(session, SyncSlot, ids, token, **ended, trouble=_trouble(report))
    retry_at = None if report.paused else next_retry(hub, connector)
    if retry_at is not None:
        write_slot(hub.store, connector, max(retry_at, hub.clock() + SOONEST_RETRY), "retry")
    return report


def _trouble(report: SyncReport) -> str | None:
    """Why tasks of a sync stopped early; that it was paused before says nothing about the provider."""
    return None if report.was_paused else "; ".join(report.troubles)[:500] or None
