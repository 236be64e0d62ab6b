"""The worker: folds what came in, takes calls through the flow, runs the syncs that are due. One, or many on PostgreSQL."""

from __future__ import annotations

import threading
import time
from concurrent.futures import Future
from datetime import timedelta
from functools import partial
from typing import Any

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import col, select

from hub.assembly import Hub
from hub.backup.save import end_backup_keys
from hub.crew import Crew
from hub.errors import AuthError, ConfigError, place_of
from hub.flow.fetch_media import fetch_media, media_is_due
from hub.flow.fold import fold_inbox
from hub.flow.pipeline import process
from hub.flow.send_text import due_connectors, send_texts
from hub.flow.sync import SyncReport, next_retry, sync
from hub.model import Call, FormSubmission, SyncSlot, TextMessage
from hub.numbers.directory import LiveDirectory
from hub.privacy.datamap.versions import note_recipients
from hub.privacy.holds import on_hold
from hub.privacy.ledger.daily import close_day
from hub.privacy.retention import sweep
from hub.recordings.keep import end_expired, fetch_due
from hub.recordings.transcribe import transcribe_due
from hub.reports.rollups import roll_up
from hub.requests.watch import watch
from hub.scheduler import Ticker
from hub.store.claims import claim, complete, is_due
from hub.store.connectors import pause, paused_connectors
from hub.store.journal import take_waiting
from hub.store.refusals import write_refusals
from hub.store.rows import write_slot
from hub.texts.doubts import lapse

log = structlog.get_logger(__name__)
IDLE = 0.25
"""Seconds to wait for new work when none is there."""
SWEEP_EVERY = 60.0
CLOSE_EVERY = 3_600.0
"""Seconds; the ledger is closed once a day, an hour late at most."""
CATCH_UP_EVERY = 10.0
SYNCS_AT_ONCE = 8
ENDING = 1.0
"""Seconds that the line of transcripts is given to end."""
REQUESTS_EVERY = 2.0
REQUESTS = "requests/of people"
ROLL_UP_EVERY = 60.0
"""Seconds; a report adds up by itself what was marked since."""
ROLLED_AT_ONCE = 5
NOTED_EVERY = 600.0
"""Seconds between two looks whether the night's comparison is due."""
ROLL_UPS = "reports/roll-ups"
"""What runs among the syncs under this name is no connector's."""
TEXTS = "texts/"
PICTURES = "texts/pictures"
SOONEST_RETRY = timedelta(seconds=1)


class Worker:
    """Lines of work that never wait for each other: the flow of calls, recordings, transcripts, and the syncs (each
    connector at most once)."""

    def __init__(self, hub: Hub, directory: LiveDirectory, wake: threading.Event | None = None) -> None:
        self._hub, self._directory = hub, directory
        self._wake = wake or threading.Event()
        self._stopping = threading.Event()
        self._ticker = Ticker(hub)
        self._running: set[str] = set()
        self._syncs = Crew("sync", SYNCS_AT_ONCE)
        self._threads = [
            threading.Thread(target=self._loop, args=(self._flow_step,), name="flow", daemon=True),
            threading.Thread(target=self._loop, args=(self._recording_step,), name="recordings", daemon=True),
            threading.Thread(target=self._loop, args=(self._sync_step,), name="syncs", daemon=True),
        ]
        # Hardly waited for in the end: a transcript takes minutes, and one that was not finished is heard again later.
        self._transcripts = threading.Thread(
            target=self._loop, args=(self._transcript_step,), name="transcripts", daemon=True
        )
        self._next_sweep = self._next_ending = self._next_catch_up = self._next_roll_up = 0.0
        self._next_close = self._next_noting = self._next_requests = 0.0

    def start(self) -> None:
        """Start the lines and the ticker."""
        self._ticker.start()
        for thread in self._threads:
            thread.start()
        if self._hub.config.recordings.transcribe is not None:
            self._transcripts.start()

    def stop(self, seconds: float = 20.0) -> None:
        """Finish what is at hand, within `seconds`; what is not finished is claimed again later."""
        self._stopping.set()
        self._wake.set()
        self._ticker.stop()
        until = time.monotonic() + seconds
        for thread in self._threads:
            thread.join(max(0.0, until - time.monotonic()))
        if self._transcripts.is_alive():
            self._transcripts.join(ENDING)
        while self._running and time.monotonic() < until:
            time.sleep(0.05)
        self._syncs.close()

    def _loop(self, step: Any) -> None:
        while not self._stopping.is_set():
            try:
                busy = step()
            except SQLAlchemyError as error:
                log.error("database trouble", error=type(error).__name__, line=threading.current_thread().name)
                busy = False
                self._stopping.wait(1.0)
            except Exception as error:  # noqa: BLE001 - the line must go on: what failed is claimed again
                log.error(
                    "step failed", error=type(error).__name__, at=place_of(error), line=threading.current_thread().name
                )
                busy = False
                self._stopping.wait(1.0)
            if not busy:
                self._wake.wait(IDLE)
                self._wake.clear()

    def _flow_step(self) -> bool:
        directory = self._directory.current()
        taken = take_waiting(self._hub.store)
        taken += fold_inbox(self._hub, directory)
        taken += process(self._hub, directory, Call)
        taken += process(self._hub, directory, TextMessage)
        taken += process(self._hub, directory, FormSubmission)
        if time.monotonic() > self._next_sweep:
            self._next_sweep = time.monotonic() + SWEEP_EVERY
            write_refusals(self._hub.store, self._hub.refusals)
            end_backup_keys(self._hub)
            self._sweep()
        if time.monotonic() > self._next_close:
            self._next_close = time.monotonic() + CLOSE_EVERY
            close_day(self._hub.store, self._hub.keyring, self._hub.clock())
        return taken > 0

    def _sweep(self) -> None:
        hub, now = self._hub, self._hub.clock()
        with hub.store.reading() as session:
            held = on_hold(session, hub.config, now, hub.vault)
        lapse(hub, now)
        sweep(hub.store, now, hub.config.retention, held, hub.keyring)

    def _recording_step(self) -> bool:
        if time.monotonic() > self._next_ending:
            self._next_ending = time.monotonic() + SWEEP_EVERY
            end_expired(self._hub)
        return fetch_due(self._hub) > 0

    def _transcript_step(self) -> bool:
        return transcribe_due(self._hub, self._directory.current()) > 0

    def _sync_step(self) -> bool:
        if time.monotonic() > self._next_catch_up:
            self._next_catch_up = time.monotonic() + CATCH_UP_EVERY
            self._ticker.catch_up()
        if time.monotonic() > self._next_noting:
            self._next_noting = time.monotonic() + NOTED_EVERY
            with self._hub.store.writing() as session:
                note_recipients(session, self._hub.config.connectors, self._hub.clock())
        if time.monotonic() > self._next_roll_up and ROLL_UPS not in self._running:
            self._next_roll_up = time.monotonic() + ROLL_UP_EVERY
            self._running.add(ROLL_UPS)
            self._syncs.submit(Future(), self._roll_up)
        if time.monotonic() > self._next_requests and REQUESTS not in self._running:
            self._next_requests = time.monotonic() + REQUESTS_EVERY
            self._running.add(REQUESTS)
            self._syncs.submit(Future(), self._watch_requests)
        with self._hub.store.reading() as session:
            due = set(session.exec(select(SyncSlot.connector).where(is_due(SyncSlot, self._hub.clock())).distinct()))
        for connector in due - self._running:
            if connector in self._hub.plugins.connectors:
                self._running.add(connector)
                self._syncs.submit(Future(), partial(self._run_sync, connector))
        self._send_texts()
        return False

    def _send_texts(self) -> None:
        with self._hub.store.reading() as session:
            paused = paused_connectors(session)
        for connector in due_connectors(self._hub) - paused.keys():
            if connector in self._hub.plugins.connectors and TEXTS + connector not in self._running:
                self._running.add(TEXTS + connector)
                self._syncs.submit(Future(), partial(self._run_texts, connector))
        if PICTURES not in self._running and media_is_due(self._hub):
            self._running.add(PICTURES)
            self._syncs.submit(Future(), self._run_pictures)

    def _run_texts(self, connector: str) -> None:
        try:
            send_texts(self._hub, self._directory.current(), connector)
        except (AuthError, ConfigError) as error:
            pause(self._hub.store, connector, str(error), self._hub.clock())
        except Exception as error:  # noqa: BLE001 - what was claimed is claimed again, and held where it was tried
            log.error("texts failed", connector=connector, error=type(error).__name__, at=place_of(error))
        finally:
            self._running.discard(TEXTS + connector)

    def _run_pictures(self) -> None:
        try:
            fetch_media(self._hub)
        except Exception as error:  # noqa: BLE001 - the lease runs out and it is tried again
            log.error("pictures failed", error=type(error).__name__, at=place_of(error))
        finally:
            self._running.discard(PICTURES)

    def _watch_requests(self) -> None:
        try:
            while not self._stopping.is_set() and watch(self._hub):
                pass
        except Exception as error:  # noqa: BLE001 - what was claimed is claimed again
            log.error("requests failed", error=type(error).__name__, at=place_of(error))
        finally:
            self._running.discard(REQUESTS)

    def _roll_up(self) -> None:
        try:
            while not self._stopping.is_set() and roll_up(self._hub.store, ROLLED_AT_ONCE):
                pass
        except Exception as error:  # noqa: BLE001 - the marks stay, so it is tried again
            log.error("roll-up failed", error=type(error).__name__, at=place_of(error))
        finally:
            self._running.discard(ROLL_UPS)

    def _run_sync(self, connector: str) -> None:
        try:
            report = run_due_sync(self._hub, self._directory, connector)
            if report and (report.counts or (report.troubles and not report.was_paused)):
                log.info("synced", connector=connector, result=str(report))
        except Exception as error:  # noqa: BLE001 - the slot's lease runs out and it is tried again
            log.error("sync failed", connector=connector, error=type(error).__name__, at=place_of(error))
        finally:
            self._running.discard(connector)


def run_due_sync(hub: Hub, directory: LiveDirectory, connector: str) -> SyncReport | None:
    """Claim all due slots of a connector and run one sync for them; None where none is due or another process syncs it."""
    mine = (col(SyncSlot.connector) == connector,)
    token, slots = claim(hub.store, SyncSlot, now=hub.clock(), limit=1_000, where=mine, alone=True)
    if not slots:
        return None
    with hub.heartbeat.keeping(SyncSlot, token):
        report = sync(hub, directory.current(), connector)
    with hub.store.writing() as session:
        ids = [slot.id for slot in slots]
        complete(session, SyncSlot, ids, token, state="done", finished_at=hub.clock(), result=str(report)[:500])
    retry_at = None if report.paused else next_retry(hub, connector)
    if retry_at is not None:
        write_slot(hub.store, connector, max(retry_at, hub.clock() + SOONEST_RETRY), "retry")
    return report
