"""The desk at the door: visitors that wait are recorded in one transaction, and each is answered after its commit."""

from __future__ import annotations

import queue
import threading
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import Future
from typing import Any

import structlog
from sqlalchemy.exc import InterfaceError, OperationalError

from hub import metrics
from hub.assembly import Hub
from hub.flow.arrival import Arrival, Arrived, Shown, arrive
from hub.flow.visit import Departure, count_visit, record_visits
from hub.model import Company
from hub.numbers.directory import Directory
from hub.numbers.limits import Limits
from hub.numbers.robots import is_robot

log = structlog.get_logger(__name__)

MOST_IN_ONE_COMMIT = 400


class VisitDesk:
    """A thread that groups the visitors of this process into transactions; other processes have desks of their own."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._limits = Limits()
        self._waiting: queue.SimpleQueue[tuple[Arrived | Departure, Future[Any]] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._serve, name="visits", daemon=True)
        self._thread.start()

    def receive(self, directory: Directory, company: Company, arrival: Arrival) -> Future[Shown]:
        """What a visitor is shown, once it is durable. A robot is shown the number for everybody, and nothing is written."""
        arrived = arrive(directory, company, arrival)
        if not is_robot(arrival.user_agent):
            return self._queue(arrived)
        count_visit(self._limits, arrived, self._hub.clock())
        metrics.VISITS.labels(company.name, "robot").inc()
        answered: Future[Shown] = Future()
        answered.set_result(arrived.unrecorded())
        return answered

    def dismiss(self, company: Company, visit_id: str) -> Future[None]:
        """A visitor left; done when that is durable."""
        return self._queue(Departure(company, visit_id))

    def close(self) -> None:
        """Serve those who wait, then end."""
        self._waiting.put(None)
        self._thread.join(timeout=10)

    def _queue(self, job: Arrived | Departure) -> Future[Any]:
        answer: Future[Any] = Future()
        self._waiting.put((job, answer))
        return answer

    def _serve(self) -> None:
        ending = False
        while not ending:
            group = [self._waiting.get()]
            while len(group) < MOST_IN_ONE_COMMIT:
                try:
                    group.append(self._waiting.get_nowait())
                except queue.Empty:
                    break
            ending = None in group
            jobs = [job for job in group if job is not None]
            if jobs:
                self._record(jobs)

    def _record(self, jobs: Sequence[tuple[Arrived | Departure, Future[Any]]]) -> None:
        try:
            with self._hub.store.writing() as session:
                shown = record_visits(session, [job for job, _ in jobs], self._hub.clock(), self._limits)
        except Exception as error:  # noqa: BLE001 - the desk must go on, or no visitor is ever answered again
            if len(jobs) > 1 and not isinstance(error, OperationalError | InterfaceError):
                for one in jobs:
                    self._record([one])
                return
            log.error("visits not recorded", visits=len(jobs), error=type(error).__name__)
            for _, answer in jobs:
                answer.set_exception(error)
            return
        for (_, answer), each in zip(jobs, shown, strict=True):
            answer.set_result(each)
        counts = Counter(
            (job.company.name, "own" if each.lease_until else "shared")
            for (job, _), each in zip(jobs, shown, strict=True)
            if each is not None
        )
        for labels, count in counts.items():
            metrics.VISITS.labels(*labels).inc(count)
