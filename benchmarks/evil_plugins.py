"""What each evil plugin does to others: the time of a good carrier's webhooks, calls done, and memory, with and without it.

Each of the fourteen runs in a hub of its own, isolated in a process as every plugin that is not built in. The wanted
figure: the p99 of the good carrier's webhooks of ringing calls moves by at most 10 % and 20 ms.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import httpx2
import psutil
from sqlmodel import func, select

from benchmarks.figures import Figure, print_figures
from hub.contracts.sandbox import SimulatedCall
from hub.model import Call
from hub.proof.chaos.environment import BUSINESS, DEFAULT_NUMBER, Environment, set_stage
from hub.proof.chaos.evil_plugins import EVIL_PLUGINS, SECRET, VARIABLE, add_to, write_plugins
from hub.proof.chaos.hub_process import HubProcess
from hub.store.engine import Store

SECONDS = 12.0
CALLS_A_SECOND = 4.0
ALLOWED_SHARE, ALLOWED_SECONDS = 0.10, 0.020
SETTLE_SECONDS = 20.0


@dataclass(frozen=True)
class Run:
    """One hub: the latencies of the good carrier's ringing webhooks, and what became of its calls."""

    latencies: Sequence[float]
    played: int
    done: int
    lives: bool
    grown_mb: float

    def latency(self, share: float) -> float:
        """The latency in seconds that `share` of them stayed within."""
        return sorted(self.latencies)[min(len(self.latencies) - 1, int(share * len(self.latencies)))]


def measure(names: Sequence[str] = ()) -> Iterator[Figure]:
    """A hub without an evil plugin, then one with each."""
    alone = run(())
    yield Figure(what="no evil plugin", measured=_told(alone))
    limit = alone.latency(0.99) * (1 + ALLOWED_SHARE) + ALLOWED_SECONDS
    for each in EVIL_PLUGINS:
        if not names or each.name in names:
            found = run((each.name,))
            met = found.lives and found.done == found.played and found.latency(0.99) <= limit
            wanted = f"p99 at most {limit * 1000:.0f} ms, all calls done"
            yield Figure(what=each.name, measured=_told(found), wanted=wanted, met=met)


def run(names: Sequence[str]) -> Run:
    """Play calls for a while."""
    with tempfile.TemporaryDirectory() as folder, _stage(Path(folder), names) as stage:
        process = HubProcess(stage)
        try:
            process.start()
            process.wait_until_ready()
            hub = psutil.Process(process._process)
            before = hub.memory_info().rss
            latencies, played = _play(stage, names)
            done = _done(stage, played)
            return Run(latencies, played, done, process.is_running(), (hub.memory_info().rss - before) / 1e6)
        finally:
            process.end()


@contextmanager
def _stage(folder: Path, names: Sequence[str]) -> Iterator[Environment]:
    with set_stage(folder) as stage:
        document = json.loads(stage.config.read_text())
        if names:
            document["hub"]["plugin_dirs"] = [str(folder / "plugins")]
            add_to(document, write_plugins(folder / "plugins", names))
        stage.config.write_text(json.dumps(document))
        yield replace(stage, environ={**stage.environ, VARIABLE: SECRET})


def _play(stage: Environment, names: Sequence[str]) -> tuple[list[float], int]:
    latencies: list[float] = []
    count = int(SECONDS * CALLS_A_SECOND)
    begun = time.perf_counter()
    with httpx2.Client(timeout=10, trust_env=False) as client:
        for number in range(count):
            time.sleep(max(0.0, begun + number / CALLS_A_SECOND - time.perf_counter()))
            call = SimulatedCall(
                caller_number=f"+131255501{number % 100:02}", tracking_number=DEFAULT_NUMBER, answering_number=BUSINESS,
                started_at=datetime.now(UTC), recorded=False,
            )  # fmt: skip
            for position, (_, request) in enumerate(stage.carrier.webhooks(call, f"{stage.address}/webhooks/carrier")):
                at = time.perf_counter()
                client.request(request.method, request.url, content=request.body, headers=dict(request.headers))
                if position == 0:
                    latencies.append(time.perf_counter() - at)
            if number % 8 == 0:
                _disturb(client, stage, names, number)
    return latencies, count


def _disturb(client: httpx2.Client, stage: Environment, names: Sequence[str], number: int) -> None:
    """A webhook for the evil plugin itself, if it is a carrier; nobody waits for the answer."""
    for name in set(names) & {"hang_in_verify", "hang_in_answer"}:
        try:
            client.post(f"{stage.address}/webhooks/{name}", content=f"call-{number}".encode(), timeout=0.05)
        except httpx2.HTTPError:
            continue


def _done(stage: Environment, played: int) -> int:
    """How many of the good carrier's calls went through the flow."""
    store, until, done = Store(stage.database), time.monotonic() + SETTLE_SECONDS, 0
    while done < played and time.monotonic() < until:
        time.sleep(0.25)
        with store.reading() as session:
            through = select(func.count()).where(Call.connector == "carrier", Call.state == "done")
            done = session.exec(through).one()
    store.close()
    return done


def _told(found: Run) -> str:
    p50, p99 = found.latency(0.5) * 1000, found.latency(0.99) * 1000
    return (
        f"{'lives' if found.lives else 'dead'}, {found.done}/{found.played} calls, "
        f"p50 {p50:.0f} ms, p99 {p99:.0f} ms, memory {found.grown_mb:+.0f} MB"
    )


if __name__ == "__main__":
    print_figures(measure(sys.argv[1:]))
