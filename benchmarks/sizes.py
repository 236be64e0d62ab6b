"""What a large configuration costs: a hub with 10,000 numbers that has nothing to do, the start with 5,000 source trackers, and
the largest config.yaml that is taken."""

from __future__ import annotations

import subprocess
import tempfile
import time
from pathlib import Path
from statistics import median

import psutil

from benchmarks.figures import Figure, at_least, at_most, print_figures, spread
from benchmarks.large_config import write_large_config
from benchmarks.load import shoot
from benchmarks.processes import hub, started
from hub.config.loading import MAX_BYTES

STARTS = 3
SETTLING_SECONDS, IDLE_SECONDS = 20.0, 20.0
PER_SECOND, REQUESTS = 50, 500
HEALTHZ = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"


def measure() -> list[Figure]:
    """The figures of all three."""
    with tempfile.TemporaryDirectory() as folder:
        return [*_idle(_made(folder, "idle")), _start(_made(folder, "start")), _largest(_made(folder, "largest"))]


def _made(folder: str, name: str) -> Path:
    path = Path(folder) / name
    path.mkdir()
    return path


def _idle(folder: Path) -> list[Figure]:
    port = write_large_config(folder, 200, 50, pools=True)
    with started(hub("run", "--config", str(folder / "config.yaml")), port) as process:
        time.sleep(SETTLING_SECONDS)
        running = psutil.Process(process.pid)
        before = _cpu(running)
        time.sleep(IDLE_SECONDS)
        share = 100 * (_cpu(running) - before) / IDLE_SECONDS
        shots = shoot(port, [HEALTHZ] * REQUESTS, connections=8, per_second=PER_SECOND)
        memory = running.memory_info().rss / 2**20
    p99 = 1_000 * shots.latency(0.99)
    return [
        at_most("CPU of an idle hub run with 10,000 numbers", share, 3.0, "%", f"{memory:.0f} MB", row=8),
        at_most("/healthz of it at 50/s, p99", p99, 10.0, "ms", row=8),
    ]


def _start(folder: Path) -> Figure:
    """The database exists; that the first start writes it is not in the figure."""
    port = write_large_config(folder, 200, 25)
    seconds, cpu = [], []
    for number in range(STARTS + 1):
        begun = time.perf_counter()
        with started(hub("run", "--config", str(folder / "config.yaml")), port) as process:
            if number:
                seconds.append(time.perf_counter() - begun)
                cpu.append(_cpu(psutil.Process(process.pid)))
    detail = f"{spread(seconds)}; {median(cpu):.2f} s of CPU"
    return at_most("start of hub run with 5,000 source trackers", median(seconds), 1.5, "s", detail, row=9)


def _largest(folder: Path) -> Figure:
    write_large_config(folder, 400, 185)
    file = folder / "config.yaml"
    text = file.read_bytes()
    file.write_bytes(text + b"#" * (MAX_BYTES - len(text)))
    begun = time.perf_counter()
    done = subprocess.run(hub("check", "--config", str(file)), capture_output=True)
    taken = MAX_BYTES / 1e6 if done.returncode == 0 else 0.0
    detail = f"74,000 source trackers, checked in {time.perf_counter() - begun:.0f} s"
    return at_least("largest config.yaml that is taken", taken, 16.0, "MB", detail, row=9)


def _cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


if __name__ == "__main__":
    print_figures(measure())
