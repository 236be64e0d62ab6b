"""Group commit for visits: one transaction records all waiting visitors, and each gets the answer after its commit. While the
database is away they are kept in the spool (hub.visits.without_database)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from concurrent.futures import Future
from datetime import datetime
from functools import lru_cache
from typing import Any

import structlog

from hub.model import Company
from hub.numbers.directory import Directory, LiveDirectory
from hub.platform import metrics
from hub.runtime import Hub
from hub.store.outage import DatabaseAway
from hub.store.writers.group_commit import GroupCommitter, WithoutDatabase
from hub.visits.rate_limits import Limits
from hub.visits.record import Departure, count_visit, record_visits
from hub.visits.visit_request import NumberShown, ParsedVisit, VisitRequest, parse_visit
from hub.visits.without_database import SPOOLED_AS, Row, ShownNumbers, spool_rows, spooled_jobs


@lru_cache(maxsize=4_096)
def is_robot(user_agent: str | None) -> bool:
    """Whether a user agent belongs to a crawler, a link preview, a monitor or a script's HTTP client.

    The list is the package `crawler-user-agents`, which has a release every month. A request without a user agent is
    a robot's too, because every browser sends one.
    """
    from crawleruseragents import is_crawler  # compiles its patterns when it is imported: 40 ms and 3 MB

    return not user_agent or bool(is_crawler(user_agent))


log = structlog.get_logger(__name__)

MAX_VISITS_PER_COMMIT = 400
PATIENCE = 3.0
"""Times the patience of a ringing call: on PostgreSQL a page still has its answer within its two seconds."""
Job = tuple[ParsedVisit | Departure, Future[Any]]


class VisitBatchWriter:
    """Groups the visitors of this process into transactions; each process has its own writer."""

    def __init__(self, hub: Hub) -> None:
        self._store, self._clock = hub.store, hub.clock  # the hub is replaced when its configuration changes
        self._spool, self._limits, self._shown = hub.spool, Limits(), ShownNumbers()
        self._group: GroupCommitter[Job, Sequence[NumberShown | None]] = GroupCommitter(
            "visits",
            MAX_VISITS_PER_COMMIT,
            self._record,
            self._answer,
            self._refuse,
            without=WithoutDatabase(hub.store.outage, self._set_aside, PATIENCE),
        )

    def receive(self, directory: Directory, company: Company, request: VisitRequest) -> Future[NumberShown]:
        """What a visitor is shown, after it is durable. A robot is shown the number for everybody, and nothing is
        written."""
        parsed = parse_visit(directory, company, request)
        if not is_robot(request.user_agent):
            return self._queue(self._shown.named(parsed))
        count_visit(self._limits, parsed, self._clock())
        metrics.VISITS.labels(company.name, "robot").inc()
        answered: Future[NumberShown] = Future()
        answered.set_result(parsed.unrecorded())
        return answered

    def dismiss(self, company: Company, visit_id: str, lease_until: datetime | None = None) -> Future[None]:
        """A visitor left; done when that is durable."""
        return self._queue(Departure(company, visit_id, lease_until))

    def close(self) -> None:
        """Serve the waiting visitors, then stop."""
        self._group.close()

    def _queue(self, visitor: ParsedVisit | Departure) -> Future[Any]:
        answer: Future[object] = Future()
        self._group.submit((visitor, answer))
        return answer

    def _record(self, jobs: Sequence[Job]) -> Sequence[NumberShown | None]:
        saved = False
        try:
            with self._store.writing() as session:
                shown = record_visits(session, [visitor for visitor, _ in jobs], self._clock(), self._limits)
                self._group.refuse_if_late()
            saved = True
            return shown
        finally:
            self._limits.saved(done=saved)

    def drain(self, directory: LiveDirectory, rows: Sequence[Row]) -> None:
        """Record visits that were spooled, each as of its time. Those that are there already stay unchanged."""
        with self._store.writing() as session:
            for at, jobs in spooled_jobs(directory.current(), rows):
                record_visits(session, jobs, at, lending=False)

    def _set_aside(self, jobs: Sequence[Job]) -> None:
        """Answer visitors from memory, after what they report is durable in the spool."""
        now, rows, shown = self._clock(), list[Row](), list[NumberShown | None]()
        for visitor, _ in jobs:
            networks = visitor.request.networks if isinstance(visitor, ParsedVisit) else ()
            if self._shown.knows(visitor) or self._limits.may_record(visitor.company.id, networks, now):
                shown.append(self._shown.without_database(visitor, now))
                rows += spool_rows(visitor, shown[-1], now)
            else:
                shown.append(visitor.unrecorded() if isinstance(visitor, ParsedVisit) else None)
        if rows:
            self._spool.put(SPOOLED_AS, rows)
        for (visitor, answer), each in zip(jobs, shown, strict=True):
            self._shown.note_spooled(visitor, each)
            if each is None and isinstance(visitor, ParsedVisit):
                answer.set_exception(DatabaseAway())
            else:
                answer.set_result(each)

    def _refuse(self, jobs: Sequence[Job], error: Exception) -> None:
        log.error("visits not recorded", visits=len(jobs), error=type(error).__name__)
        for _, answer in jobs:
            answer.set_exception(error)

    def _answer(self, jobs: Sequence[Job], shown: Sequence[NumberShown | None]) -> None:
        for (visitor, answer), each in zip(jobs, shown, strict=True):
            self._shown.note_recorded(visitor, each)
            answer.set_result(each)
        counts = Counter(
            (visitor.company.name, "own" if each.lease_until else "shared")
            for (visitor, _), each in zip(jobs, shown, strict=True)
            if each is not None
        )
        for labels, count in counts.items():
            metrics.VISITS.labels(*labels).inc(count)
