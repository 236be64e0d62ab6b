"""One, two and four worker processes on one PostgreSQL: calls through fold and flow for each second of the workers' CPU.

Four workers with a database each do the same work on the same busy machine, and never wait for each other or claim the same
rows: what four workers on one database lose against them is lost to each other, and the rest to the processor. A worker lives
for weeks, so its first turn, in which SQLAlchemy compiles each statement, counts in none of the figures.
`python -m benchmarks.workers work` is one of these processes; its job comes over standard input.
"""

from __future__ import annotations

import pickle
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from subprocess import PIPE, Popen
from typing import Any, NamedTuple

from sqlmodel import col, select

from benchmarks.days import Clock, configuration, fill
from benchmarks.figures import Figure, at_least, print_figures
from benchmarks.postgres import postgres
from hub.flow.inbox import fold_inbox
from hub.flow.pipeline import process
from hub.model import Call, InboxWebhook
from hub.runtime import Hub
from hub.startup.opening import open_hub
from hub.store.encryption.keyring import new_key

CALLS = 800
COUNTS = (1, 2, 4)
WANTED = 380.0
POLL_SECONDS = 0.02
UNDONE = ("ready", "leased")
WEBHOOKS_OF_CALL = 6


class Told(NamedTuple):
    """What a worker did after its first turn: seconds of CPU, webhooks that it folded, and when it began and ended."""

    cpu: float
    webhooks: int
    begin: float
    end: float


class Elsewhere:
    """The stand-ins of another process: only the settings that point a connector at them."""

    def __init__(self, settings: Mapping[str, Mapping[str, Any]]) -> None:
        self._settings = settings

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def settings(self, name: str) -> Mapping[str, Any]:
        """Those of one connector."""
        return self._settings[name]


def measure() -> list[Figure]:
    """The figures of several workers."""
    clock, key = Clock(), new_key()
    with postgres() as server:
        address = server.create("filled")
        config = configuration(address, key=key)
        with open_hub(config, clock, alone=True) as opened:
            fill(opened, clock, CALLS)
            opened.hub.store.close()  # a template has no connections
            names = [name for name, entry in config.connectors.items() if entry.in_sandbox]
            settings = {name: opened.sandboxes.settings(name) for name in names}
            job = key, clock.now, settings
            figures = []
            for count in COUNTS:
                rate, detail = _rate([server.copy("filled", f"n{count}")] * count, *job)
                several = f"{count} worker{'s' if count > 1 else ''}"
                figures.append(
                    at_least(f"{several} on PostgreSQL, calls a CPU-second", rate, WANTED, "", detail, row=7)
                )
            apart, detail = _rate([server.copy("filled", f"apart{n}") for n in range(COUNTS[-1])], *job)
            name = "4 workers on one database, calls a CPU-second, of 4 with a database each"
            return [*figures, at_least(name, rate / apart, 0.95, "", f"{apart:.0f}: {detail}", row=7)]


def _rate(
    databases: Sequence[str], key: str, now: datetime, settings: Mapping[str, Mapping[str, Any]]
) -> tuple[float, str]:
    """Calls a second of the workers' CPU, one worker for each address, and more in words."""
    workers = [Popen([sys.executable, "-m", "benchmarks.workers", "work"], stdin=PIPE, stdout=PIPE) for _ in databases]
    for worker, address in zip(workers, databases, strict=True):
        assert worker.stdin is not None
        worker.stdin.write(pickle.dumps((address, key, now, settings)))
        worker.stdin.close()
    told = [Told(*pickle.loads(worker.stdout.read())) for worker in workers if worker.stdout is not None]
    if any(worker.wait() for worker in workers):
        raise RuntimeError("a worker failed")
    cpu, calls = sum(each.cpu for each in told), sum(each.webhooks for each in told) / WEBHOOKS_OF_CALL
    wall = max(each.end for each in told) - min(each.begin for each in told)
    return calls / cpu, f"{cpu / calls * 1e3:.2f} ms of CPU a call, {calls / wall:.0f} calls/s"


def work(address: str, key: str, now: datetime, settings: Mapping[str, Mapping[str, Any]]) -> Told:
    """Fold and flow until no call is left."""
    elsewhere: Any = Elsewhere(settings)
    started = time.monotonic()
    with open_hub(
        configuration(address, key=key), lambda: now + timedelta(seconds=time.monotonic() - started), elsewhere
    ) as opened:
        hub, directory = opened.hub, opened.directory.latest
        fold_inbox(hub, directory)
        process(hub, directory, Call)
        begun, cpu, webhooks = time.time(), time.process_time(), 0
        while True:
            folded = fold_inbox(hub, directory)
            webhooks += folded
            if not folded + process(hub, directory, Call):
                if not _left(hub):
                    return Told(time.process_time() - cpu, webhooks, begun, time.time())
                time.sleep(POLL_SECONDS)


def _left(hub: Hub) -> bool:
    with hub.store.reading() as session:
        return any(
            session.exec(select(table.id).where(col(table.state).in_(UNDONE)).limit(1)).first()
            for table in (InboxWebhook, Call)
        )


if __name__ == "__main__":
    if sys.argv[1:] == ["work"]:
        sys.stdout.buffer.write(pickle.dumps(tuple(work(*pickle.load(sys.stdin.buffer)))))
    else:
        print_figures(measure())
