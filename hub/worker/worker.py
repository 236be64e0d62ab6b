"""The threads of a worker, and what each of them waits for."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial

import structlog

from hub.alerts.kinds import Channel
from hub.alerts.report_mails import Printer
from hub.alerts.send import send_due
from hub.delivery.fetch_media import fetch_media
from hub.delivery.place_calls import place_calls
from hub.delivery.send_texts import send_texts
from hub.errors import AuthError, ConfigError
from hub.flow.inbox import fold_inbox
from hub.flow.leads import convert_leads
from hub.flow.pipeline import PIPELINE_BATCH_SIZE, process
from hub.numbers.directory import LiveDirectory
from hub.platform.liveness import TURN_LIMIT_SECONDS, report_failure
from hub.plugin_host.thread_pool import DaemonThreadPool
from hub.recordings.keep import fetch_due
from hub.recordings.transcribe import transcribe_due
from hub.runtime import Hub
from hub.store.connectors import pause, paused_connectors
from hub.store.journal import take_waiting
from hub.webhooks_out.send import send_events
from hub.worker.due_sync import run_due_sync
from hub.worker.due_work import (
    ALERTS,
    CALLS,
    INBOX,
    JOURNAL,
    LEADS,
    PICTURES,
    SUBJECTS,
    SYNCS,
    TEXTS,
    WEBHOOKS,
    DueWork,
    flow_work,
    outgoing_work,
)
from hub.worker.housekeeping import POLL_SECONDS, Housekeeping, periodic_jobs
from hub.worker.scheduler import Ticker

log = structlog.get_logger(__name__)
IDLE = 0.25
"""Seconds between two looks for new work if there was none. A commit of webhooks wakes the flow at once."""
REST = 0.25
"""Seconds that the flow rests after a small batch, so that webhooks that come one by one are folded together."""
RECORDINGS_IDLE = 1.0
"""The same as `IDLE`, for recordings and transcripts: nobody waits for them."""
BACK_OFF_SECONDS = 1.0
"""Wait after a failed turn."""
TRANSCRIPT_LIMIT_SECONDS = 12 * 3_600.0
"""A transcription may take twice the duration of its recording (hub.recordings.transcribe)."""
FULL_BATCH = PIPELINE_BATCH_SIZE
"""After a turn that took this much there is more."""
CONCURRENT_SYNCS = 8
CONCURRENT_TEXTS = 8
"""Carriers' texts and calls back, and channels of alerts, at the same time: people wait for these, and for no sync."""
CONCURRENT_WEBHOOKS = 4
"""Endpoints that are sent to at the same time: in threads of their own, so that slow ones delay nothing else."""
JOIN_SECONDS = 1.0
"""Seconds that the transcription thread gets to end."""


def flow_step(hub: Hub, live: LiveDirectory, work: DueWork) -> int:
    """Take what is due of `flow_work`; how much that was."""
    due = work.look(hub.store, hub.clock())
    if not due:
        return 0
    directory, taken = live.current(), 0
    if JOURNAL in due:
        taken += take_waiting(hub.store)
    folded = fold_inbox(hub, directory) if INBOX in due else 0
    for table in SUBJECTS:
        if folded or table.__tablename__ in due:
            taken += process(hub, directory, table)
    if LEADS in due:
        taken += convert_leads(hub, directory)
    return taken + folded


class Worker:
    """Threads that never wait for each other: the flow of calls, recordings, transcripts, syncs (at most one at a time for each
    connector), and housekeeping. Whatever a turn raises, its thread continues."""

    def __init__(
        self,
        hub: Hub,
        directory: LiveDirectory,
        wake: threading.Event | None = None,
        printer: Callable[[], Printer] | None = None,
    ) -> None:
        self._hub, self._directory, self._printer = hub, directory, printer
        self._wake = wake or threading.Event()
        self._stopping = threading.Event()
        self._ticker = Ticker(hub)
        self._running: set[str] = set()
        self._syncs = DaemonThreadPool("sync", CONCURRENT_SYNCS)
        self._texts = DaemonThreadPool("text", CONCURRENT_TEXTS)
        self._webhooks = DaemonThreadPool("webhook", CONCURRENT_WEBHOOKS)
        self._housekeeping = Housekeeping(periodic_jobs(hub, self._ticker), hub.liveness, self._stopping)
        self._flow_work, self._outgoing_work = DueWork(flow_work()), DueWork(outgoing_work())
        self._threads = [
            self._thread("flow", self._flow_step, self._rest_of_flow),
            self._thread("recordings", self._recording_step, self._pace(RECORDINGS_IDLE)),
            self._thread("syncs", self._sync_step, self._pace(IDLE)),
        ]
        self._threads.append(threading.Thread(target=self._keep_house, name="housekeeping", daemon=True))
        # stop() hardly waits for it: a transcription takes minutes, and an unfinished one is repeated later.
        self._transcripts = self._thread("transcripts", self._transcript_step, self._pace(RECORDINGS_IDLE))

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
        for pool in (self._syncs, self._texts, self._webhooks):
            pool.close()
        self._hub.liveness.forget()

    def _thread(self, name: str, step: Callable[[], int], rest: Callable[[int], None]) -> threading.Thread:
        return threading.Thread(target=self._loop, args=(name, step, rest), name=name, daemon=True)

    def _loop(self, name: str, step: Callable[[], int], rest: Callable[[int], None]) -> None:
        while not self._stopping.is_set():
            if self._hub.store.outage.since is not None:
                self._hub.liveness.turned(name)
                self._stopping.wait(BACK_OFF_SECONDS)
            else:
                rest(self._turn(name, step))

    def _rest_of_flow(self, taken: int) -> None:
        """A full batch is followed by the next one at once; after a small one, others come together for the next."""
        if taken >= FULL_BATCH:
            return
        if taken:
            self._stopping.wait(REST)
        else:
            self._wake.wait(IDLE)
        self._wake.clear()

    def _pace(self, seconds: float) -> Callable[[int], None]:
        """Wait `seconds` if there was nothing to do; nothing wakes the thread sooner."""

        def rest(taken: int) -> None:
            if not taken:
                self._stopping.wait(seconds)

        return rest

    def _keep_house(self) -> None:
        while not self._stopping.wait(POLL_SECONDS):
            if self._hub.store.outage.since is None:
                self._turn("housekeeping", lambda: len(self._housekeeping.start_due()))

    def _turn(self, name: str, step: Callable[[], int]) -> int:
        """One turn of a thread; a failure is only reported. Returns how much work it took."""
        self._hub.liveness.turned(name)
        try:
            taken = step()
        except BaseException as error:  # noqa: BLE001 - failed work is claimed again
            report_failure(name, error)
            self._hub.liveness.failed(name, error)
            self._stopping.wait(BACK_OFF_SECONDS)
            return 0
        self._hub.liveness.recovered(name)
        return taken

    def _flow_step(self) -> int:
        return flow_step(self._hub, self._directory, self._flow_work)

    def _recording_step(self) -> int:
        return 0 if self._hub.disk.short else fetch_due(self._hub)

    def _transcript_step(self) -> int:
        return transcribe_due(self._hub, self._directory.current())

    def _sync_step(self) -> int:
        for kind, names in self._outgoing_work.look(self._hub.store, self._hub.clock()).items():
            self._start_each(kind, names)
        return 0

    def _start_each(self, kind: str, names: set[str]) -> None:
        if kind == ALERTS:
            for channel in names:
                self._start(ALERTS + channel, partial(self._run_alerts, channel), self._texts)
        elif kind == WEBHOOKS:
            for endpoint in names:
                self._start(WEBHOOKS + endpoint, partial(self._run_webhooks, endpoint), self._webhooks)
        elif kind == PICTURES:
            if not self._hub.disk.short:
                self._start(PICTURES, partial(fetch_media, self._hub))
        else:
            runs = {SYNCS: self._run_sync, TEXTS: self._run_texts, CALLS: self._run_calls}
            pool = self._syncs if kind == SYNCS else self._texts
            for connector in names & self._hub.plugins.connectors.keys() - self._paused(kind):
                self._start(kind + connector, partial(runs[kind], connector), pool)

    def _paused(self, kind: str) -> set[str]:
        """The connectors whose texts wait until a person has connected them again. Syncs look for themselves."""
        if kind != TEXTS:
            return set()
        with self._hub.store.reading() as session:
            return set(paused_connectors(session))

    def _start(self, name: str, work: Callable[[], object], pool: DaemonThreadPool | None = None) -> None:
        """Run `work` in a thread pool, unless work with this name is running."""
        if name not in self._running:
            self._running.add(name)
            try:
                (pool or self._syncs).submit(Future(), partial(self._run, name, work))
            except RuntimeError:  # no thread was there for it; the next look starts it
                self._running.discard(name)
                raise

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
            pause(self._hub.store, connector, error, self._hub.clock())

    def _run_calls(self, connector: str) -> None:
        try:
            place_calls(self._hub, self._directory.current(), connector)
        except (AuthError, ConfigError) as error:
            pause(self._hub.store, connector, error, self._hub.clock())

    def _run_alerts(self, channel: str) -> None:
        printer = self._printer() if self._printer and channel == Channel.EMAIL else None
        send_due(self._hub, self._directory.current(), channel, printer=printer)

    def _run_webhooks(self, endpoint: str) -> None:
        send_events(self._hub, self._directory.current(), endpoint)

    def _run_sync(self, connector: str) -> None:
        report = run_due_sync(self._hub, self._directory, connector)
        if report and (report.counts or (report.troubles and not report.was_paused)):
            log.info("synced", connector=connector, result=str(report))
