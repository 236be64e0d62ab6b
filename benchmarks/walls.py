"""What the walls cost: a plugin host (`plugin_host`), and answers to ringing calls by the same carrier without and with one.

Calls ring at two whole hubs in turn, so that both meet the same moments of the machine: at its usual load, and beside processes
that only compute.
"""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from benchmarks import plugin_host
from benchmarks.figures import Figure, at_most, print_figures, spread
from benchmarks.webhooks import RINGING, Server, hub_server

ROUNDS = 5
CALLS_A_SECOND, SECONDS = 20.0, 8.0
CALLS = int(ROUNDS * CALLS_A_SECOND * SECONDS)
SETTLE_SECONDS = 2.0
MORE_MILLISECONDS = 20.0
"""What a walled carrier's answer may take longer than that of one in a thread."""
MORE_LATE = 0.01
"""Which share of the calls may be late beyond those of a carrier in a thread."""
BUSY_PROCESSES = os.cpu_count() or 1


def measure() -> list[Figure]:
    """All of them, one after the other."""
    return [*plugin_host.measure(), *_ringing(0), *_ringing(BUSY_PROCESSES)]


def _ringing(busy: int) -> list[Figure]:
    """Calls that ring at two hubs in turn."""
    with (
        tempfile.TemporaryDirectory() as folder,
        hub_server(Path(folder) / "thread", "run", "thread") as thread,
        hub_server(Path(folder) / "process", "run", "process") as process,
    ):
        servers = (thread, process)
        for server in servers:
            server.shoot(server.supply.take(100, RINGING), per_second=50.0)
        with _computing(busy):
            rounds = [[_round(server) for server in servers] for _ in range(ROUNDS)]
        time.sleep(SETTLE_SECONDS)
        late, walled_late = map(_late, servers)
    what = f"by a walled carrier at {CALLS_A_SECOND:.0f}/s" + (f" beside {busy} busy processes" if busy else "")
    figures = []
    for number, name in enumerate(("p50", "p95", "p99")):
        beside, walled = ([each[way][number] for each in rounds] for way in (0, 1))
        detail = f"{spread(walled, 'ms')}; in a thread {spread(beside, 'ms')}"
        figures.append(
            at_most(
                f"ringing call answered {what}, {name}",
                median(walled),
                median(beside) + MORE_MILLISECONDS,
                "ms",
                detail,
            )
        )
    detail = f"of {CALLS} calls; {late} in a thread"
    figures.append(at_most(f"late answers {what}", walled_late, late + MORE_LATE * CALLS, "", detail))
    return figures


def _round(server: Server) -> tuple[float, float, float]:
    """The percentiles of one round, in milliseconds."""
    time.sleep(SETTLE_SECONDS)
    shots, _ = server.shoot(server.supply.take(int(CALLS_A_SECOND * SECONDS), RINGING), per_second=CALLS_A_SECOND)
    return shots.latency(0.5) * 1e3, shots.latency(0.95) * 1e3, shots.latency(0.99) * 1e3


def _late(server: Server) -> int:
    """How many calls were forwarded at once, because their answer was late."""
    assert server.database is not None
    with sqlite3.connect(server.database) as database:
        return int(database.execute("SELECT count(*) FROM call_step WHERE step = 'forward'").fetchone()[0])


@contextmanager
def _computing(count: int) -> Iterator[None]:
    """Processes that only compute, until the end of the block."""
    processes = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(count)]
    try:
        yield
    finally:
        for each in processes:
            each.kill()
            each.wait()


if __name__ == "__main__":
    print_figures(measure())
