"""Verified, durable webhooks a second, beside a bare Starlette route that keeps nothing; and how long one takes.

Both servers run under uvicorn with uvloop and httptools, each in a process of its own, and get the same requests from the
same client in turns. The webhooks are whole calls as Twilio sends them (of six webhooks two wait for TwiML), signed by
the stand-in's signer. In the end the hub is killed, and the rows in its inbox are compared with what it acknowledged.
"""

from __future__ import annotations

import os
import sqlite3
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from urllib.parse import urlsplit

import psutil

from benchmarks.figures import Figure, at_least, print_figures, spread
from benchmarks.load import Shots, http_request, shoot
from benchmarks.processes import free_port, hub, python, started
from hub.contracts.sandbox import SimulatedCall
from plugins.carriers.twilio.sandbox import Sandbox

ROUNDS = 5
REQUESTS = 4_000
STEADY = 100.0
NUMBER = "+13125550121"

CONFIG = """
hub: {{public_url: "http://127.0.0.1:{port}", listen: "127.0.0.1:{port}", database: "sqlite:///{folder}/hub.db"}}
connectors:
  twilio:
    plugin: twilio
    account_sid: ${{env:TWILIO_ACCOUNT_SID}}
    auth_token: ${{env:TWILIO_AUTH_TOKEN}}
    base_url: http://127.0.0.1:9
    schedule: 0 0 1 1 *
  jurisdictions: {{plugin: jurisdictions, trades_in: [US]}}
accounts:
  - name: bench
    title: Bench
    companies:
      - name: lakeside
        title: Lakeside
        route: {{greeting: Thank you for calling., record: true, recording_notice: This call is recorded.,
                 dial: "+13125550190", whisper: "A caller from [source].", voicemail: Please leave a message.}}
        trackers:
          - {{name: profile, type: source, carrier: twilio, numbers: ["{number}"], source: profile, medium: organic}}
"""


class Webhooks:
    """An endless supply of signed webhooks that were never sent before."""

    def __init__(self, twilio: Sandbox, port: int) -> None:
        self._twilio, self._url = twilio, f"http://127.0.0.1:{port}/webhooks/twilio"
        self._calls = 0

    def take(self, count: int) -> list[bytes]:
        """The next `count` of them."""
        taken: list[bytes] = []
        while len(taken) < count:
            self._calls += 1
            call = SimulatedCall(
                caller_number=f"+1312555{self._calls % 10_000:04}",
                tracking_number=NUMBER,
                answering_number="+13125550190",
                started_at=datetime.now(UTC) - timedelta(minutes=5),
            )
            for _, request in self._twilio.webhooks(call, self._url):
                parts = urlsplit(request.url)
                path = f"{parts.path}?{parts.query}" if parts.query else parts.path
                taken.append(http_request(path, dict(request.headers), request.body))
        return taken[:count]


def measure() -> list[Figure]:
    """The figures of the acknowledgement."""
    figures = []
    bare_rates, ratios = [], []
    with tempfile.TemporaryDirectory() as folder, _bare() as bare, _hub(Path(folder)) as edge:
        supply = Webhooks(edge.twilio, edge.port)
        shoot(bare.port, supply.take(1_000))
        acknowledged = _ok(shoot(edge.port, supply.take(1_000)))
        hub_rates, hub_costs, bare_costs, client_shares = [], [], [], []
        for _ in range(ROUNDS):
            requests = supply.take(REQUESTS)
            plain, plain_cost = _shot(bare, requests)
            durable, durable_cost = _shot(edge, requests)
            acknowledged += _ok(durable)
            bare_rates.append(_ok(plain) / plain.seconds)
            hub_rates.append(_ok(durable) / durable.seconds)
            ratios.append(hub_rates[-1] / bare_rates[-1])
            bare_costs.append(plain_cost)
            hub_costs.append(durable_cost)
            client_shares.append(max(shots.cpu_seconds / shots.seconds for shots in (plain, durable)))
        steady = shoot(edge.port, supply.take(500), per_second=STEADY)
        acknowledged += _ok(steady)
        edge.kill()
        with sqlite3.connect(Path(folder) / "hub.db") as database:
            kept = database.execute("SELECT count(*) FROM inbox").fetchone()[0]
    figures.append(
        at_least(
            "durable acknowledgements, of a bare route's",
            median(ratios),
            0.6,
            detail=f"{spread(hub_rates, '/s')} of {spread(bare_rates, '/s')}",
        )
    )
    lost = acknowledged - kept
    figures.append(
        Figure(
            what="webhooks lost after SIGKILL",
            measured=f"{lost}; {acknowledged:,} acknowledged, {kept:,} in the inbox",
            wanted="0",
            met=lost == 0,
        )
    )
    figures.append(
        Figure(
            what=f"acknowledgement at {STEADY:.0f}/s",
            measured=f"p50 {steady.latency(0.5) * 1000:.1f} ms, p99 {steady.latency(0.99) * 1000:.1f} ms",
        )
    )
    figures.append(
        Figure(
            what="CPU of a webhook",
            measured=f"hub {median(hub_costs):.0f} µs, bare route {median(bare_costs):.0f} µs "
            f"(ratio {median(bare_costs) / median(hub_costs):.2f}); client at most {max(client_shares):.0%} of a core",
        )
    )
    return figures


class _Server:
    """A running server that takes webhooks; `twilio` signs those that it would believe."""

    def __init__(self, process: psutil.Process, port: int, twilio: Sandbox) -> None:
        self._process, self.port, self.twilio = process, port, twilio

    def cpu_seconds(self) -> float:
        times = self._process.cpu_times()
        return float(times.user + times.system)

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()


@contextmanager
def _hub(folder: Path) -> Iterator[_Server]:
    twilio, port = Sandbox(), free_port()
    config = folder / "config.yaml"
    config.write_text(CONFIG.format(port=port, folder=folder, number=NUMBER))
    secrets = {"TWILIO_ACCOUNT_SID": twilio.account_sid, "TWILIO_AUTH_TOKEN": twilio.auth_token}
    with started(hub("web", "--config", str(config)), port, os.environ | secrets) as process:
        yield _Server(psutil.Process(process.pid), port, twilio)


@contextmanager
def _bare() -> Iterator[_Server]:
    port = free_port()
    with started(python("-m", "benchmarks.bare", str(port)), port) as process:
        yield _Server(psutil.Process(process.pid), port, Sandbox())


def _shot(server: _Server, requests: list[bytes]) -> tuple[Shots, float]:
    """What came back, and the server's CPU time for one request in microseconds."""
    before = server.cpu_seconds()
    shots = shoot(server.port, requests)
    return shots, (server.cpu_seconds() - before) / len(requests) * 1e6


def _ok(shots: Shots) -> int:
    refused = {status: count for status, count in shots.statuses.items() if status != 200}
    if refused:
        print(f"not acknowledged: {refused}", file=sys.stderr)
    return shots.statuses[200]


if __name__ == "__main__":
    print_figures(measure())
