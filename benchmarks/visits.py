"""A page's first question, over HTTP: what a visit costs `hub web`, and how long a visitor waits for the number.

Each visit is a new person from a network of their own, who is lent a number of a pool of 2,000; in the end all are lent. A
proxy on the same machine is trusted, so that the header says where each visitor comes from.
"""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import IPv4Address
from itertools import count
from pathlib import Path
from statistics import median

import psutil

from benchmarks.figures import Figure, at_most, print_figures, spread
from benchmarks.large_config import write_large_config
from benchmarks.load import http_request
from benchmarks.processes import hub, started
from benchmarks.webhooks import Server, Webhooks
from plugins.carriers.twilio.sandbox import Sandbox

ROW = 17
POOL = 2_000
SATURATED = 300
"""Visits of a round; a company's first 2,000 are recorded at once, and then 100 a second."""
ROUNDS = 5
SECONDS = 6.0
CPU_SATURATED, CPU_STEADY = 500.0, 1_500.0
"""The most microseconds of CPU of a visit: as fast as they come, and at 50 a second."""
SLOWEST_MS = 25.0
FIRST_ADDRESS, BETWEEN_ADDRESSES = IPv4Address("20.0.0.1"), 257


def measure() -> list[Figure]:
    """The figures of a visit."""
    with tempfile.TemporaryDirectory() as folder, _hub(Path(folder)) as server:
        visits = _Visits(server)
        saturated = [visits.cost("company-0", SATURATED) for _ in range(ROUNDS + 1)][1:]
        steady = [visits.cost("company-1", int(50 * SECONDS), 50.0) for _ in range(ROUNDS)]
        slowest = [visits.slowest("company-2", int(200 * SECONDS) // 4, 200.0) for _ in range(ROUNDS)]
        visits.cost("company-3", POOL)
        all_lent = [visits.cost("company-3", int(50 * SECONDS), 50.0) for _ in range(ROUNDS)]
    name = "CPU of a visit over HTTP"
    return [
        at_most(f"{name}, saturated", median(saturated), CPU_SATURATED, "µs", spread(saturated), row=ROW),
        at_most(f"{name}, at 50/s", median(steady), CPU_STEADY, "µs", spread(steady), row=ROW),
        at_most(
            f"{name}, at 50/s, {POOL:,} numbers all lent", median(all_lent), CPU_STEADY, "µs", spread(all_lent), row=ROW
        ),
        at_most("a visit over HTTP at 200/s, p99", median(slowest), SLOWEST_MS, "ms", spread(slowest), row=ROW),
    ]


class _Visits:
    def __init__(self, server: Server) -> None:
        self._server, self._visitors = server, count()

    def cost(self, company: str, visits: int, per_second: float | None = None) -> float:
        """Microseconds of CPU of a visit to a company."""
        time.sleep(1)  # what the round before left
        return self._server.shoot([self._new(company) for _ in range(visits)], per_second=per_second)[1]

    def slowest(self, company: str, visits: int, per_second: float) -> float:
        """Milliseconds that 99 % of the visitors waited at most."""
        time.sleep(1)
        shots, _ = self._server.shoot([self._new(company) for _ in range(visits)], per_second=per_second)
        return shots.latency(0.99) * 1e3

    def _new(self, company: str) -> bytes:
        visitor = next(self._visitors)
        page = f"https://{company}.example.com/repair?gclid=Cj0KCQjw{visitor:09}"
        body = {
            "landing_page": page,
            "referrer": "https://www.google.com/",
            "human": True,
            "consent": {"all": "granted"},
        }
        headers = {
            "Content-Type": "text/plain",
            "User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
            "Accept-Language": "en-US",
            "X-Forwarded-For": str(FIRST_ADDRESS + visitor * BETWEEN_ADDRESSES),
        }
        return http_request(f"/track/{company}/visit", headers, json.dumps(body).encode())


@contextmanager
def _hub(folder: Path) -> Iterator[Server]:
    port = write_large_config(folder, 4, POOL, pools=True)
    config = folder / "config.yaml"
    config.write_text(config.read_text().replace("hub:\n", "hub:\n  trusted_proxies: [127.0.0.1/32]\n", 1))
    with started(hub("web", "--config", str(config)), port) as process:
        yield Server(psutil.Process(process.pid), port, Webhooks(Sandbox(), port))


if __name__ == "__main__":
    print_figures(measure())
