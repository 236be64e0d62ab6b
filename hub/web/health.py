"""`/healthz`, `/readyz` and `/metrics`: is the hub alive, can it accept calls, and what does it do."""

from __future__ import annotations

import contextlib
from typing import Any

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy import func
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import col, select
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from hub import metrics
from hub.model import Call, Delivery, InboxWebhook, Recording, SyncSlot, TrackingNumber
from hub.model.states import WorkState
from hub.plugins.circuit_breaker import BreakerState
from hub.runtime import Hub
from hub.store.connectors import paused_connectors
from hub.store.schema import current, revisions

QUEUES: dict[str, Any] = {
    "inbox": InboxWebhook,
    "calls": Call,
    "recordings": Recording,
    "deliveries": Delivery,
    "syncs": SyncSlot,
}


def operation_routes(hub: Hub) -> list[Route]:
    """The three endpoints of one process."""
    operation = Operation(hub)
    return [
        Route("/healthz", operation.healthz),
        Route("/readyz", operation.readyz),
        Route("/metrics", operation.metrics),
    ]


class Operation:
    """The endpoints that a supervisor and Prometheus call."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    def healthz(self, request: Request) -> Response:
        """200 as long as the process answers."""
        return JSONResponse({"status": "ok"})

    def readyz(self, request: Request) -> Response:
        """200 if the database answers with this version's schema and no worker thread of this process is stuck; 503
        with the reason otherwise. In a process with a worker it also says how many seconds ago each thread last ran
        and each periodic job last succeeded."""
        try:
            found = current(self._hub.store)
            with self._hub.store.reading() as session:
                paused = paused_connectors(session)
        except SQLAlchemyError as error:
            return JSONResponse({"status": "no", "reason": f"database: {type(error).__name__}"}, 503)
        if found != revisions()[-1]:
            return JSONResponse({"status": "no", "reason": f"database schema {found}, wanted {revisions()[-1]}"}, 503)
        alive = self._hub.liveness
        ages = {"threads": _rounded(alive.thread_ages()), "jobs": _rounded(alive.job_ages())}
        working = ages if ages["threads"] else {}
        if stuck := alive.stuck():
            reason = f"worker threads that do not turn: {', '.join(stuck)}"
            return JSONResponse({"status": "no", "reason": reason, **working}, 503)
        return JSONResponse({"status": "ok", "paused": sorted(paused), **working})

    def metrics(self, request: Request) -> Response:
        """All metrics in Prometheus' text format; queue sizes are counted at this moment."""
        with contextlib.suppress(SQLAlchemyError):  # readyz reports that the database is unreachable
            self._count_queues()
        for thread, age in self._hub.liveness.thread_ages().items():
            metrics.THREAD_AGE.labels(thread).set(age)
        for job, age in self._hub.liveness.job_ages().items():
            metrics.JOB_AGE.labels(job).set(age)
        for name, guard in self._hub.plugins.guards.items():
            for lane, breaker in guard.breakers.items():
                metrics.BREAKER.labels(name, lane).set(breaker.state != BreakerState.CLOSED)
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    def _count_queues(self) -> None:
        now = self._hub.clock()
        with self._hub.store.reading() as session:
            for queue, table in QUEUES.items():
                for state, count in session.exec(select(table.state, func.count()).group_by(table.state)):
                    metrics.QUEUE_SIZE.labels(queue, state).set(count)
                oldest = session.exec(
                    select(func.min(table.due_at)).where(table.state == WorkState.READY, table.due_at <= now)
                ).one()
                metrics.QUEUE_AGE.labels(queue).set((now - oldest).total_seconds() if oldest else 0)
            numbers: Any = TrackingNumber
            for use, condition in (("leased", numbers.leased_until > now), ("all", col(numbers.retired_at).is_(None))):
                counts = session.exec(
                    select(numbers.tracker_id, func.count()).where(condition).group_by(numbers.tracker_id)
                )
                for tracker_id, count in counts:
                    metrics.POOL_LEASES.labels(tracker_id, use).set(count)


def _rounded(ages: dict[str, float]) -> dict[str, float]:
    return {name: round(age, 1) for name, age in ages.items()}
