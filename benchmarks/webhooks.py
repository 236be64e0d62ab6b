"""Signed webhooks that were never sent before, and the servers that take them: hubs, and a bare Starlette route."""

from __future__ import annotations

import os
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil

from benchmarks.load import Shots, as_bytes, shoot
from benchmarks.processes import free_port, hub, python, started
from hub.contracts.sandbox import SimulatedCall
from plugins.carriers.twilio.sandbox import Sandbox

NUMBER = "+13125550121"
WHOLE_CALLS, RINGING, STATUS = "", "/voice", "/status"
"""What a supply consists of: how the path behind the connector's begins."""

CONFIG = """
hub: {{public_url: "http://127.0.0.1:{port}", listen: "127.0.0.1:{port}", database: "sqlite:///{folder}/hub.db",
  private_hosts: [127.0.0.1]}}
connectors:
  twilio:
    plugin: twilio
    isolation: {isolation}
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
    """An endless supply of signed webhooks as Twilio sends them; of the six of a whole call two wait for TwiML."""

    def __init__(self, twilio: Sandbox, port: int) -> None:
        self._twilio, self._url = twilio, f"http://127.0.0.1:{port}/webhooks/twilio"
        self._calls = 0

    def take(self, count: int, kind: str = WHOLE_CALLS) -> list[bytes]:
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
                if request.url.startswith(self._url + kind):
                    taken.append(as_bytes(request))
        return taken[:count]


@dataclass
class Server:
    """A running server that takes webhooks; `supply` is what it would believe, `database` what it keeps them in."""

    process: psutil.Process
    port: int
    supply: Webhooks
    database: Path | None = None
    acknowledged: int = 0

    def shoot(self, requests: list[bytes], *, per_second: float | None = None) -> tuple[Shots, float]:
        """What came back, and the server's CPU time for one request in microseconds."""
        before = self.cpu_seconds()
        shots = shoot(self.port, requests, per_second=per_second)
        cost = (self.cpu_seconds() - before) / len(requests) * 1e6
        refused = {status: count for status, count in shots.statuses.items() if status != 200}
        if refused:
            print(f"not acknowledged: {refused}", file=sys.stderr)
        self.acknowledged += shots.statuses[200]
        return shots, cost

    def cpu_seconds(self) -> float:
        """User and system time of all its threads so far."""
        times = self.process.cpu_times()
        return float(times.user + times.system)

    def kill(self) -> int:
        """End it by SIGKILL; how many webhooks it keeps."""
        self.process.kill()
        self.process.wait()
        assert self.database is not None
        with sqlite3.connect(self.database) as database:
            return int(database.execute("SELECT count(*) FROM inbox").fetchone()[0])


@contextmanager
def hub_server(folder: Path, command: str = "web", isolation: str = "thread") -> Iterator[Server]:
    """`hub web` or `hub run` with a database of its own in `folder`; its carrier runs in a thread or in a process."""
    twilio, port = Sandbox(), free_port()
    folder.mkdir(parents=True, exist_ok=True)
    config = folder / "config.yaml"
    config.write_text(CONFIG.format(port=port, folder=folder, number=NUMBER, isolation=isolation))
    secrets = {"TWILIO_ACCOUNT_SID": twilio.account_sid, "TWILIO_AUTH_TOKEN": twilio.auth_token}
    with started(hub(command, "--config", str(config)), port, os.environ | secrets) as process:
        yield Server(psutil.Process(process.pid), port, Webhooks(twilio, port), folder / "hub.db")


@contextmanager
def bare_server() -> Iterator[Server]:
    """A Starlette route that keeps nothing."""
    port = free_port()
    with started(python("-m", "benchmarks.bare", str(port)), port) as process:
        yield Server(psutil.Process(process.pid), port, Webhooks(Sandbox(), port))
