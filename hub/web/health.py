"""`/healthz`, `/readyz` and `/metrics`: is the hub alive, can it accept calls, and what does it do."""

from __future__ import annotations

import contextlib
import math
import sqlite3
import time
from collections.abc import Callable
from typing import Any

from prometheus_client import CONTENT_TYPE_LATEST, Gauge, generate_latest
from sqlalchemy import func
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import col, select
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from hub.model import Call, Delivery, InboxWebhook, Recording, SyncSlot, TrackingNumber
from hub.model.states import WorkState
from hub.platform import metrics
from hub.platform.line_figures import LINE_FIGURES
from hub.plugin_host.circuit_breaker import BreakerState
from hub.queries.silent_consent import silent_consent
from hub.queries.status.machine import newest_backups
from hub.runtime import Hub
from hub.store.companion_troubles import DEATHS, companion_figures, companion_troubles
from hub.store.connectors import PAUSED_BY_HAND, disabled_connectors, paused_connectors
from hub.store.outage import REPAIR
from hub.store.quarantine.items import KINDS, count_quarantined, in_quarantine
from hub.store.schema import current, fits, revisions

COUNT_SECONDS = 10.0
"""Counting reads whole tables: frequent scrapes get the same counts."""
LINE = {
    name: Gauge(f"ringfence_line_{name}", f"{figure.help} By connector of a line of one's own.", ["connector"])
    for name, figure in LINE_FIGURES.items()
}
"""Asked of the process beside the hub every minute (hub.connecting.companions)."""
QUEUES: dict[str, Any] = {
    "inbox": InboxWebhook,
    "calls": Call,
    "recordings": Recording,
    "deliveries": Delivery,
    "syncs": SyncSlot,
}


NAMED_ITEMS = 20
"""How many of the newest items in quarantine `/readyz` looks at for the names of their connectors."""
Reason = Callable[[Hub], str | None]
"""Looks at one thing, and says in a few words for the operator what is wrong with it. It names nobody."""


def database_away(hub: Hub) -> str | None:
    """The database does not answer; what comes in is spooled."""
    since, spooled = hub.store.outage.since, hub.spool.state().waiting
    if since is not None:
        if hub.store.outage.damaged:
            return f"the file of the database is damaged: {REPAIR}; {spooled} rows spooled"
        trouble = "slow" if hub.store.outage.slow else "away"
        return f"database {trouble} since {since:%H:%M} UTC; {spooled} rows spooled"
    try:
        current(hub.store)
    except SQLAlchemyError as error:
        return f"database away: {type(error).__name__}"
    return None


def disk_full(hub: Hub) -> str | None:
    """The disk is full, so nothing new is taken in."""
    return "disk full" if hub.disk.full else None


def nowhere_to_keep(hub: Hub) -> str | None:
    """Neither the database nor the spool takes anything."""
    if hub.store.outage.since is None or hub.spool.is_writable():
        return None
    return "database away, and the spool cannot be written"


def rows_refused(hub: Hub) -> str | None:
    """The database does not take what was spooled."""
    refused = hub.spool.state().refused
    return f"rows of the spool that the database refused: {refused}" if refused else None


def other_schema(hub: Hub) -> str | None:
    """The database has another version's schema, and not a newer one that keeps this version."""
    if hub.store.outage.since is not None or fits(hub.store):
        return None
    return f"database schema {current(hub.store)}, wanted {revisions()[-1]}"


def threads_stuck(hub: Hub) -> str | None:
    """A worker thread of this process does not turn, and it is not the database that it waits for."""
    if hub.store.outage.since is not None:
        return None
    stuck = hub.liveness.stuck()
    return f"worker threads that do not turn: {', '.join(stuck)}" if stuck else None


def connectors_paused(hub: Hub) -> str | None:
    """A connector's sign-in was refused, so it is used no more until a person repairs it."""
    if hub.store.outage.since is not None:
        return None
    with hub.store.reading() as session:
        paused, disabled = paused_connectors(session), disabled_connectors(session)
    paused = {name: why for name, why in paused.items() if why != PAUSED_BY_HAND and name not in disabled}
    return f"connectors paused: {', '.join(sorted(paused))}" if paused else None


def items_quarantined(hub: Hub) -> str | None:
    """Processes died three times while they handled an item, so it waits for a person."""
    with hub.store.reading() as session:
        number = sum(count_quarantined(session).values())
        names = {item.connector for item in in_quarantine(session, limit=NAMED_ITEMS)} if number else set()
    named = ", ".join(sorted(filter(None, names)))
    return f"in quarantine: {number} (hub quarantine){f', by {named}' if named else ''}" if number else None


def consent_silent(hub: Hub) -> str | None:
    """A consent plugin does not answer, so nothing is sent that needs its word."""
    silent = silent_consent(hub)
    return f"consent plugins that do not answer: {', '.join(silent)}" if silent else None


def plugins_disabled(hub: Hub) -> str | None:
    """A plugin's own process ended so often that it is not started any more."""
    with hub.store.reading() as session:
        disabled = {*disabled_connectors(session), *(name for name, host in hub.plugins.hosts.items() if host.why_off)}
    disabled -= {name for name, entry in hub.config.connectors.items() if entry.broken}
    return f"plugins that ended too often: {', '.join(sorted(disabled))}" if disabled else None


def plugins_broken(hub: Hub) -> str | None:
    """Plugins cannot be imported, so their connectors are disabled."""
    broken = [f"{name} ({entry.broken})" for name, entry in sorted(hub.config.connectors.items()) if entry.broken]
    return f"connectors disabled, because their plugins cannot be used: {', '.join(broken)}" if broken else None


def companions_ending(hub: Hub) -> str | None:
    """The process beside the hub that a connector needs ends again and again."""
    with hub.store.reading() as session:
        ending = companion_troubles(session, (DEATHS,))
    said = "; ".join(f"{name}: {ending[name].detail}" for name in sorted(ending))
    return f"processes beside the hub that end again and again: {said}" if said else None


REFUSING: list[Reason] = [disk_full, nowhere_to_keep, other_schema, threads_stuck]
"""Why a process cannot accept calls, or cannot work: `/readyz` answers 503 with the first of them."""
DEGRADED: list[Reason] = [
    database_away,
    rows_refused,
    connectors_paused,
    items_quarantined,
    consent_silent,
    plugins_disabled,
    plugins_broken,
    companions_ending,
]
"""Calls are accepted, but something needs a person: `/readyz` answers 200 with all of them. One that needs the database
says nothing while the database is away."""


def public_routes(hub: Hub) -> list[Route]:
    """What everybody may ask on the web edge: whether the process answers, and whether it is ready, without reasons."""
    return [Route("/healthz", _alive), Route("/readyz", lambda request: status_only(hub))]


def operation_app(current: Callable[[], Hub]) -> Starlette:
    """The endpoints for a supervisor and Prometheus, with all details of the hub that is current at each request."""
    operation = Operation(current)
    app = Starlette(
        routes=[
            Route("/healthz", _alive),
            Route("/readyz", operation.readyz),
            Route("/metrics", operation.metrics),
        ]
    )
    app.router.redirect_slashes = False
    return app


def readiness(hub: Hub) -> tuple[dict[str, object], int]:
    """The whole answer of `/readyz` and its status. While the database is known to be away, nothing is asked of it."""
    alive = hub.liveness
    ages = {"threads": _rounded(alive.thread_ages()), "jobs": _rounded(alive.job_ages())}
    working = ages if ages["threads"] else {}
    if refused := _reasons(REFUSING, hub):
        return {"status": "no", "reason": refused[0], **working}, 503
    if degraded := _reasons(DEGRADED, hub):
        return {"status": "degraded", "reasons": degraded, **working}, 200
    return {"status": "ok", **working}, 200


def status_only(hub: Hub) -> JSONResponse:
    """The answer of `/readyz` for the public: no reasons and no names."""
    document, status = readiness(hub)
    return JSONResponse({"status": document["status"]}, status)


def _alive(request: Request) -> Response:
    """200 as long as the process answers."""
    return JSONResponse({"status": "ok"})


class Operation:
    """The endpoints with details."""

    def __init__(self, current: Callable[[], Hub], monotonic: Callable[[], float] = time.monotonic) -> None:
        self._current, self._monotonic = current, monotonic
        self._counted_at = -math.inf

    @property
    def _hub(self) -> Hub:
        return self._current()

    def readyz(self, request: Request) -> Response:
        """503 with the reason if this process cannot accept calls or work; 200 with the reasons of `DEGRADED`. In a
        process with a worker it also says how many seconds ago each thread last ran and each periodic job last
        succeeded."""
        document, status = readiness(self._hub)
        return JSONResponse(document, status)

    def metrics(self, request: Request) -> Response:
        """All metrics in Prometheus' text format; queues are counted at most every `COUNT_SECONDS`."""
        if self._hub.store.outage.since is None and self._monotonic() - self._counted_at >= COUNT_SECONDS:
            self._counted_at = self._monotonic()
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
            for kind, at in newest_backups(session).items():
                metrics.BACKUP_AGE.labels(kind).set((now - at).total_seconds())
            for gauge in LINE.values():
                gauge.clear()
            for connector, figures in companion_figures(session, now).items():
                for name, value in figures.items():
                    LINE[name].labels(connector).set(value)
            quarantined = count_quarantined(session)
            for kind in KINDS:
                metrics.QUARANTINE_SIZE.labels(kind).set(quarantined.get(kind, 0))
            numbers: Any = TrackingNumber
            for use, condition in (("leased", numbers.leased_until > now), ("all", col(numbers.retired_at).is_(None))):
                counts = session.exec(
                    select(numbers.tracker_id, func.count()).where(condition).group_by(numbers.tracker_id)
                )
                for tracker_id, count in counts:
                    metrics.POOL_LEASES.labels(tracker_id, use).set(count)


def _rounded(ages: dict[str, float]) -> dict[str, float]:
    return {name: round(age, 1) for name, age in ages.items()}


def _reasons(checks: list[Reason], hub: Hub) -> list[str]:
    found = []
    for check in checks:
        try:
            found.append(check(hub))
        except SQLAlchemyError:
            continue  # `database_away` says so
        except (sqlite3.Error, OSError) as error:
            if (words := f"the disk refuses to be read or written: {type(error).__name__}") not in found:
                found.append(words)
    return [each for each in found if each]
