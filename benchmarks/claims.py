"""Rows a second that four processes claim from one outbox and complete, on both databases."""

from __future__ import annotations

import multiprocessing
import tempfile
import time
from datetime import UTC, datetime, timedelta

from benchmarks.figures import Figure, print_figures, spread
from benchmarks.postgres import postgres
from hub.model import SyncSlot
from hub.store.claims import claim, complete
from hub.store.engine import Store
from hub.store.rows import write_rows
from hub.store.schema import upgrade

ROUNDS = 5
ROWS = 4_000
PROCESSES = 4
CLAIM_BATCH_SIZE = 100


def measure() -> list[Figure]:
    """The claims' figures."""
    with tempfile.TemporaryDirectory() as folder:
        embedded = _rates(f"sqlite:///{folder}/claims.db")
    with postgres() as server:
        at_scale = _rates(server.create("claims"))
    what = f"rows claimed and completed by {PROCESSES} processes, {{}}"
    return [
        Figure(what=what.format("SQLite"), measured=spread(embedded, "/s")),
        Figure(what=what.format("PostgreSQL"), measured=spread(at_scale, "/s")),
    ]


def _rates(url: str) -> list[float]:
    store = Store(url)
    upgrade(store)
    # Fresh processes: a forked one would share the parent's connections.
    fresh = multiprocessing.get_context("spawn")
    rates = []
    with fresh.Pool(PROCESSES) as pool:
        pool.starmap(_work, [(url,)] * PROCESSES)  # the first round starts the processes and finds nothing
        for number in range(ROUNDS):
            _fill(store, number)
            begun = time.perf_counter()
            done = pool.starmap(_work, [(url,)] * PROCESSES, chunksize=1)
            rates.append(ROWS / (time.perf_counter() - begun))
            if sum(done) != ROWS:
                raise RuntimeError(f"{sum(done)} rows of {ROWS} were completed")
    store.close()
    return rates


def _fill(store: Store, number: int) -> None:
    first = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=number)
    slots = [SyncSlot(connector="any", due_at=first + timedelta(seconds=row), why="bench") for row in range(ROWS)]
    with store.writing() as session:
        write_rows(session, SyncSlot, slots)


def _work(url: str) -> int:
    """Claim and complete until nothing is left; how many rows."""
    store, mine = Store(url), 0
    while True:
        token, rows = claim(store, SyncSlot, now=datetime.now(UTC), limit=CLAIM_BATCH_SIZE)
        if not rows:
            store.close()
            return mine
        with store.writing() as session:
            mine += complete(session, SyncSlot, [row.id for row in rows], token, state="done")


if __name__ == "__main__":
    print_figures(measure())
