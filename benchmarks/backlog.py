"""What a claim of 200 webhooks costs while very many wait, and among very many that are done, on both databases.

Each figure is the median time of a claim, with the look before it. The rows are made by the database itself. PostgreSQL has
their statistics, which its autovacuum would make too; on SQLite the hub has none.
"""

from __future__ import annotations

import tempfile
import time
from datetime import UTC, datetime, timedelta
from statistics import median

from sqlalchemy import text
from sqlalchemy.orm import configure_mappers

from benchmarks.figures import Figure, at_most, print_figures
from benchmarks.postgres import postgres
from hub.model import InboxWebhook
from hub.store.claims import claim, complete
from hub.store.engine import Store
from hub.store.schema import upgrade

WAITING, DONE, FEW_WAITING = 300_000, 1_000_000, 10_000
"""To make five million done rows takes minutes; a tree of one million is as deep."""
BATCH_SIZE, CLAIMS = 200, 15
WANTED_MS = 15
BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
NUMBERS = {
    "sqlite": "WITH RECURSIVE number(n) AS (SELECT :begin UNION ALL SELECT n + 1 FROM number WHERE n + 1 < :end)",
    "postgresql": "WITH number(n) AS (SELECT generate_series(CAST(:begin AS bigint), CAST(:end AS bigint) - 1))",
}
COLUMNS = "id, connector, event_key, method, url, headers, received_at, due_at, body, state, attempts, deaths"
VALUES = "'POST', 'https://calls.example.com/webhooks/carrier/call', '{}', :at, :at, :body, :state, 0, 0"
ID = {"sqlite": "printf('%036d', n)", "postgresql": "lpad(CAST(n AS text), 36, '0')"}


def measure() -> list[Figure]:
    """The figures of the claims."""
    configure_mappers()
    with tempfile.TemporaryDirectory() as folder:
        figures = _of("SQLite", f"sqlite:///{folder}/backlog.db")
    with postgres() as server:
        figures += _of("PostgreSQL", server.create("backlog"))
    return figures


def _of(database: str, url: str) -> list[Figure]:
    store = Store(url)
    upgrade(store)
    figures = []
    _fill(store, "ready", 0, WAITING)
    figures.append(_figure(store, f"{WAITING:,} waiting, {database}"))
    with store.writing() as session:
        session.execute(text("UPDATE inbox SET state = 'done', lease_until = NULL, lease_token = NULL"))
    _fill(store, "done", WAITING, DONE)
    _fill(store, "ready", DONE, DONE + FEW_WAITING)
    figures.append(_figure(store, f"{DONE:,} done, {database}"))
    store.close()
    return figures


def _fill(store: Store, state: str, begin: int, end: int) -> None:
    """Webhooks as carriers send them, but short: their bodies are not what a claim reads."""
    kind = store.engine.dialect.name
    values = {"begin": begin, "end": end, "at": _stored(kind), "body": b"CallStatus=ringing", "state": state}
    made = f"{NUMBERS[kind]} SELECT {ID[kind]}, 'carrier', 'bench-' || n, {VALUES} FROM number"
    with store.writing() as session:
        session.execute(text(f"INSERT INTO inbox ({COLUMNS}) {made}"), values)
    if kind == "postgresql":
        with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE inbox"))


def _stored(kind: str) -> object:
    return BEGAN.replace(tzinfo=None).isoformat(" ", "microseconds") if kind == "sqlite" else BEGAN


def _figure(store: Store, where: str) -> Figure:
    now = BEGAN + timedelta(days=1)
    times = []
    for _ in range(CLAIMS):
        begun = time.perf_counter()
        token, rows = claim(store, InboxWebhook, now=now, limit=BATCH_SIZE, plain=True)
        times.append((time.perf_counter() - begun) * 1_000)
        if len(rows) != BATCH_SIZE:
            raise RuntimeError(f"{len(rows)} webhooks were claimed, not {BATCH_SIZE}")
        with store.writing() as session:
            complete(session, InboxWebhook, [row.id for row in rows], token, state="done")
    detail = f"{min(times):.1f} to {max(times):.1f}"
    return at_most(f"a claim of {BATCH_SIZE}, {where}", median(times), WANTED_MS, "ms", detail, row=5)


if __name__ == "__main__":
    print_figures(measure())
