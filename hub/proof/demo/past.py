"""The time before now: a clock that is set to the played instant, and a hub that works in the calling thread at that time."""

from __future__ import annotations

import heapq
import itertools
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta

import uvicorn
from sqlalchemy import delete, event, update
from sqlmodel import col, select

from hub.config.models import Config
from hub.delivery.deliver import deliver
from hub.delivery.fetch_media import fetch_media
from hub.delivery.place_calls import place_calls
from hub.delivery.send_texts import send_texts
from hub.errors import CircuitOpen, RetryLater
from hub.model import Cursor, Delivery, Recording, TrackingNumber, TranscriptRow
from hub.model.states import DeliveryState
from hub.platform.clock import utc_now
from hub.plugin_host.sandboxes import RunningSandboxes
from hub.recordings.keep import fetch_due
from hub.recordings.transcribe import transcribe_due
from hub.serving.http_server import edge_settings
from hub.startup.opening import Opened, open_hub
from hub.store.claims import due_groups
from hub.store.connectors import paused_connectors
from hub.store.rows import write_slot
from hub.texts.queue import SEND
from hub.web.app import WebEdge, WebProcess
from hub.worker import run_due_sync
from hub.worker.due_work import CALLS, PICTURES, SYNCS, TEXTS, DueWork, flow_work, outgoing_work
from hub.worker.housekeeping import periodic_jobs
from hub.worker.scheduler import Ticker, schedules
from hub.worker.worker import flow_step

RECORDINGS, TRANSCRIPTS = "recordings", "transcripts"
TICK = timedelta(milliseconds=1)
ELSEWHERE = ("numbers at the carriers", "health of numbers", "processes beside the hub", "sign journal")
"""Jobs that look at the machine or the carriers as they are now."""


class PlayedClock:
    """The time of the demo's hub and of its providers: the played one until `release`, then the real one."""

    def __init__(self) -> None:
        self._at: datetime | None = None

    def __call__(self) -> datetime:
        """The time, a little later each time that somebody asks."""
        if (at := self._at) is None:
            return utc_now()
        self._at = at + TICK
        return at

    def begin(self, at: datetime) -> None:
        """Play from `at` on."""
        self._at = at

    def go(self, at: datetime) -> None:
        """It is `at`, or later."""
        self._at = max(at, self())

    def release(self) -> None:
        """From now on it is as late as it is."""
        self._at = None


class Agenda:
    """What will happen, in the order of time. `go` waits until a time; `after` is called after each thing."""

    def __init__(self, go: Callable[[datetime], None], after: Callable[[], None]) -> None:
        self.go, self._after = go, after
        self._entries: list[tuple[datetime, int, Callable[[], object]]] = []
        self._count = itertools.count()

    def add(self, at: datetime, act: Callable[[], object]) -> None:
        """Let `act` happen at `at`."""
        heapq.heappush(self._entries, (at, next(self._count), act))

    def run(self, until: datetime) -> None:
        """Let everything happen that is due before `until`; what is due later does not happen."""
        while self._entries and self._entries[0][0] < until:
            at, _, act = heapq.heappop(self._entries)
            self.go(at)
            act()
            self._after()


class PastWorker:
    """Does a worker's work in the calling thread, at the hub's time."""

    def __init__(self, opened: Opened) -> None:
        self._hub, self._directory = opened.hub, opened.directory
        due = {
            **outgoing_work(),
            RECORDINGS: due_groups(Recording, "connector"),
            TRANSCRIPTS: due_groups(TranscriptRow, "connector"),
        }
        self._flow, self._outgoing = DueWork(flow_work()), DueWork(due)
        self.newest = True
        self._jobs = [each for each in periodic_jobs(self._hub, Ticker(self._hub)) if each.name not in ELSEWHERE]

    def turn(self) -> None:
        """Work until nothing is due."""
        while self._step():
            pass

    def sync(self) -> None:
        """Deliver what is due."""
        due = select(Delivery.connector, Delivery.hook).where(
            Delivery.hook != SEND, Delivery.state == DeliveryState.READY, col(Delivery.due_at) <= self._hub.clock()
        )
        with self._hub.store.reading() as session:
            waiting, paused = set(session.exec(due.distinct())), paused_connectors(session)
        for connector, hook in sorted(waiting):
            if connector not in paused:
                # Days are played in seconds, and a provider's limits are of real ones.
                with suppress(RetryLater, CircuitOpen):
                    deliver(self._hub, self._directory.current(), connector, hook)

    def end_day(self) -> None:
        """Look for what happened at the CRMs, and for calls whose webhooks were lost."""
        self._sync_all("crm", "carrier")

    def end_week(self) -> None:
        """Sync everything, and do each periodic job once."""
        self._sync_all("crm", "carrier", "ads")
        for job in self._jobs:
            while job.run() and job.drain:
                pass

    def _sync_all(self, *kinds: str) -> None:
        """Sync the connectors of these kinds. What was played before lies in the future now, and carriers list it already:
        they are not asked."""
        for name in schedules(self._hub):
            kind = self._hub.config.connectors[name].kind
            if kind in kinds and (self.newest or kind != "carrier"):
                write_slot(self._hub.store, name, self._hub.clock(), "command")
        self.turn()
        self.sync()

    def rewind(self, *, newest: bool) -> None:
        """Forget how far the days were played that have not come yet: what was read of the providers, and who holds numbers.
        Nothing later than what follows has been played if it is the `newest`."""
        self.newest = newest
        self._hub.listed_calls.clear()
        with self._hub.store.writing() as session:
            session.execute(delete(Cursor))
            session.execute(update(TrackingNumber).values(leased_until=None, lease_id=None))

    def _step(self) -> int:
        taken = flow_step(self._hub, self._directory, self._flow)
        due = self._outgoing.look(self._hub.store, self._hub.clock())
        for connector in due.get(TEXTS, ()):
            taken += send_texts(self._hub, self._directory.current(), connector).total()
        for connector in due.get(CALLS, ()):
            taken += place_calls(self._hub, self._directory.current(), connector).total()
        if PICTURES in due:
            taken += fetch_media(self._hub)
        for connector in due.get(SYNCS, ()):
            taken += run_due_sync(self._hub, self._directory, connector) is not None
        if TRANSCRIPTS in due:
            taken += transcribe_due(self._hub, self._directory.current())
        return taken + (fetch_due(self._hub) if RECORDINGS in due else 0)


@contextmanager
def open_past(
    config: Config, clock: PlayedClock, sandboxes: RunningSandboxes, listen: str
) -> Iterator[tuple[Opened, str]]:
    """A hub in the past without a worker of its own, and the address at which its web edge listens."""
    with open_hub(config, clock, sandboxes) as opened:
        if opened.hub.store.is_sqlite:
            event.listen(opened.hub.store.engine, "checkout", _hurry)
        process = WebProcess(opened.hub)
        edge = WebEdge(opened.hub, opened.directory, process)
        with serving(edge, listen) as address:
            edge.start()
            try:
                yield opened, address
            finally:
                edge.close()
                process.close()


def _hurry(connection: object, *_: object) -> None:
    """What a crash would lose is played again, so no commit waits for the disk."""
    connection.execute("PRAGMA synchronous=OFF")  # type: ignore[attr-defined]


@contextmanager
def serving(app: object, listen: str) -> Iterator[str]:
    """Serve a web edge in a thread; its address."""
    settings = edge_settings(app, listen)
    server = uvicorn.Server(settings)
    thread = threading.Thread(target=server.run, name="web", daemon=True)
    thread.start()
    try:
        while not server.started:
            if not thread.is_alive():
                raise RuntimeError(f"the web edge did not start on {listen}")
            time.sleep(0.01)
        yield f"http://{settings.host}:{settings.port}"
    finally:
        server.should_exit = True
        thread.join(timeout=10)
