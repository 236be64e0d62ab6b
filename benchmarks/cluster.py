"""A hub of many machines: `python -m benchmarks.cluster [--minutes 10] [--calls-per-second 50]`.

Two `hub web` behind deploy/haproxy and four `hub worker` share a PostgreSQL whose standby has stored each commit before it is
acknowledged. Whole calls come in all the time, while in turn nothing happens, all processes are restarted one after the other,
two upgrades change the schema (one adds a column, one takes it away), a web process and a worker hang, and the database fails
over. In the end a ledger compares the calls that were sent with those in the hub and with the tasks in the stand-in of a CRM.
"""

from __future__ import annotations

import argparse
import json
import signal
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import zip_longest
from pathlib import Path
from statistics import median
from urllib.parse import parse_qs, urlsplit

import httpx2
from sqlmodel import select

from benchmarks.figures import Figure, print_figures
from benchmarks.load import as_bytes, shoot
from benchmarks.processes import free_port, python, started
from hub.contracts.sandbox import SimulatedCall
from hub.contracts.webhooks import WebhookRequest
from hub.model import Call
from hub.model.states import CallStatus
from hub.proof.chaos.environment import BUSINESS, DEFAULT_NUMBER, Environment, set_stage
from hub.proof.chaos.load import RING, TALK, caller_number
from hub.proof.chaos.postgres import PostgresServer
from hub.store import Store

WEBS, WORKERS = 2, 4
MINUTES, CALLS_PER_SECOND = 10.0, 50.0
BLOCK = 50
"""As many calls overlap."""
HANG_SECONDS = 20.0
DRAIN_SECONDS = 300.0
"""Seconds after the last webhook within which all work must be done."""
READY_SECONDS = 180.0
BALANCER = Path(__file__).parents[1] / "deploy" / "haproxy" / "haproxy.cfg"
ADDS = '''"""Give companies a label."""
import sqlalchemy as sa
from alembic import op
from hub.store.schema import revisions
revision = "9001"
keeps = "0100"
down_revision = next(each for each in reversed(revisions()) if each < revision)
def upgrade() -> None:
    op.add_column("company", sa.Column("label", sa.String(), nullable=True))
    op.add_column("call", sa.Column("label", sa.String(), nullable=True))
'''
TAKES_AWAY = '''"""Take the labels away again; version 9001 does not read them any more."""
from alembic import op
revision = "9002"
down_revision = "9001"
keeps = "9001"
def upgrade() -> None:
    op.drop_column("company", "label")
    op.drop_column("call", "label")
'''
LATER = """
import sys
from pathlib import Path
from hub.store import schema
folder = Path(sys.argv.pop(1))
schema.VERSIONS = (*schema.VERSIONS, *[folder] * folder.exists())
from hub.cli import main
sys.exit(main())
"""
"""`hub` with the migrations of a later version, which lie in a folder."""


@dataclass
class Node:
    """A process of the hub, and what starts it again."""

    command: Sequence[str]
    port: int
    environ: Mapping[str, str]
    log: Path
    process: subprocess.Popen[bytes] | None = None

    def start(self, version: Path) -> None:
        """Start it with the code of a version, and wait until it is ready."""
        with self.log.open("ab") as log:
            command = python("-c", LATER, str(version), *self.command)
            self.process = subprocess.Popen(command, env=self.environ, stderr=log, stdout=log)
        until = time.monotonic() + READY_SECONDS
        while not self.ready():
            if self.process.poll() is not None or time.monotonic() > until:
                raise RuntimeError(f"{' '.join(self.command)} is not ready; its log is {self.log}")
            time.sleep(0.05)

    def ready(self) -> bool:
        """Whether it says so."""
        try:
            return httpx2.get(f"http://127.0.0.1:{self.port}/readyz", timeout=5).status_code == 200
        except httpx2.HTTPError:
            return False

    def stop(self) -> None:
        """Ask it to end, and wait until it has."""
        if self.process is not None:
            self.process.terminate()
            self.process.wait(timeout=60)

    def hang(self, seconds: float) -> None:
        """It stands still, with all connections open."""
        assert self.process is not None
        self.process.send_signal(signal.SIGSTOP)
        time.sleep(seconds)
        self.process.send_signal(signal.SIGCONT)


@dataclass
class Cluster:
    """All processes, and the version that they are of."""

    stage: Environment
    folder: Path
    primary: PostgresServer
    standby: PostgresServer
    webs: list[Node] = field(default_factory=list)
    workers: list[Node] = field(default_factory=list)
    migrations: dict[str, str] = field(default_factory=dict)
    """Those that the installed version has and this checkout has not: name of the file, text."""

    @property
    def version(self) -> Path:
        """The folder with the migrations of the version that is installed."""
        return self.folder / f"version{len(self.migrations)}"

    def start(self) -> None:
        """Start all."""
        for node in (*self.webs, *self.workers):
            node.start(self.version)

    def restart(self) -> None:
        """One process after the other, the web processes first."""
        for node in (*self.webs, *self.workers):
            node.stop()
            node.start(self.version)

    def upgrade(self, name: str, migration: str) -> None:
        """Install a version with one more migration, run it while all processes are of the version before, and restart them."""
        self.migrations[name] = migration
        self.version.mkdir()
        for each, written in self.migrations.items():
            (self.version / each).write_text(written)
        command = python("-c", LATER, str(self.version), "upgrade", "--config", str(self.stage.config))
        done = subprocess.run(command, env=dict(self.stage.environ), capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"the upgrade failed: {done.stdout}{done.stderr}")
        time.sleep(2)
        if not all(node.ready() for node in (*self.webs, *self.workers)):
            raise RuntimeError("processes of the version before are not ready after the migration")
        self.restart()

    def fail_over(self) -> None:
        """The primary dies, and after three seconds the standby takes its place."""
        self.primary.stop()
        time.sleep(3)
        self.standby.promote()

    def end(self) -> None:
        """Kill what is left."""
        for node in (*self.webs, *self.workers):
            if node.process is not None:
                node.process.kill()
                node.process.wait()


PHASES: tuple[tuple[str, Callable[[Cluster], None]], ...] = (
    ("nothing happens", lambda cluster: None),
    ("rolling restart", Cluster.restart),
    ("upgrade that adds columns", lambda cluster: cluster.upgrade("9001_add.py", ADDS)),
    ("upgrade that takes them away", lambda cluster: cluster.upgrade("9002_take_away.py", TAKES_AWAY)),
    ("a web process hangs", lambda cluster: cluster.webs[0].hang(HANG_SECONDS)),
    ("a worker hangs", lambda cluster: cluster.workers[0].hang(HANG_SECONDS)),
    ("the database fails over", Cluster.fail_over),
)


@dataclass
class Calls:
    """Whole calls as the carrier reports them, signed; calls of one block overlap."""

    stage: Environment
    made: list[str] = field(default_factory=list)

    def take(self, count: int) -> tuple[list[bytes], list[int]]:
        """The webhooks of the next calls, and the numbers of those that ask what to do with a ringing call."""
        requests, ringing = list[bytes](), list[int]()
        while count > 0:
            block = [self._call() for _ in range(min(count, BLOCK))]
            count -= len(block)
            for wave in zip_longest(*block):
                for request in filter(None, wave):
                    if "/voice" in request.url:
                        ringing.append(len(requests))
                    requests.append(as_bytes(request))
        return requests, ringing

    def _call(self) -> list[WebhookRequest]:
        number = len(self.made)
        call = SimulatedCall(
            caller_number=caller_number(number),
            tracking_number=DEFAULT_NUMBER,
            answering_number=BUSINESS,
            started_at=datetime.now(UTC) - RING - TALK,
            ring=RING,
            talk=TALK,
            recorded=False,
        )
        webhooks = self.stage.carrier.webhooks(call, f"{self.stage.address}/webhooks/carrier")
        self.made.append(parse_qs(webhooks[0][1].body.decode())["CallSid"][0])
        return [request for _, request in webhooks]


def measure(minutes: float = MINUTES, per_second: float = CALLS_PER_SECOND) -> list[Figure]:
    """All phases, each as long as the others, and the ledger."""
    found = list[Figure]()
    with tempfile.TemporaryDirectory(prefix="rf-cluster-") as place, ExitStack() as stack:
        cluster = _set_up(Path(place), stack)
        calls, seconds = Calls(cluster.stage), minutes * 60 / len(PHASES)
        for name, happens in PHASES:
            found += _phase(name, happens, cluster, calls, seconds, per_second)
            print_figures(found[-2:])
        found.append(_books(cluster, calls))
    return found


def _set_up(folder: Path, stack: ExitStack) -> Cluster:
    folder.chmod(0o755)  # PostgreSQL runs as a user of its own
    primary, standby = (PostgresServer(folder / name) for name in ("primary", "standby"))
    primary.create()
    stack.callback(primary.stop)
    standby.follow(primary)
    stack.callback(standby.stop)
    stage = stack.enter_context(set_stage(folder, server=primary))
    config = json.loads(stage.config.read_text())
    config["hub"]["database"] += f"&host={folder / 'standby'}&target_session_attrs=read-write"
    stage.config.write_text(json.dumps(config))
    cluster = Cluster(stage, folder, primary, standby)
    stack.callback(cluster.end)
    for number in range(WEBS):
        port, own = free_port(), folder / f"web{number}"
        config["hub"] |= {"listen": f"127.0.0.1:{port}", "spool": str(own / "spool.db")}
        own.mkdir()
        (own / "config.yaml").write_text(json.dumps(config))
        cluster.webs.append(Node(("web", "--config", str(own / "config.yaml")), port, stage.environ, own / "log"))
    for number in range(WORKERS):
        port = free_port()
        command = ("worker", "--config", str(stage.config), "--listen", f"127.0.0.1:{port}")
        cluster.workers.append(Node(command, port, stage.environ, folder / f"worker{number}.log"))
    cluster.start()
    port = urlsplit(stage.address).port
    assert port is not None
    balancer = _balancer(port, [each.port for each in cluster.webs])
    (folder / "haproxy.cfg").write_text(balancer)
    stack.enter_context(started(["haproxy", "-f", str(folder / "haproxy.cfg")], port))
    return cluster


def _balancer(port: int, webs: Sequence[int]) -> str:
    """The shipped file, with these ports on this machine instead of its two machines."""
    lines = BALANCER.read_text().replace(":443 ssl crt /etc/haproxy/calls.pem alpn h2,http/1.1", f"127.0.0.1:{port}")
    for number, web in enumerate(webs, 1):
        lines = lines.replace(f"10.0.0.1{number}:8080 check port 9080", f"127.0.0.1:{web} check")
    return lines


def _phase(
    name: str, happens: Callable[[Cluster], None], cluster: Cluster, calls: Calls, seconds: float, per_second: float
) -> list[Figure]:
    requests, ringing = calls.take(int(per_second * seconds))
    port = urlsplit(cluster.stage.address).port
    assert port is not None
    with ThreadPoolExecutor(1) as pool:
        shooting = pool.submit(shoot, port, requests, connections=200, per_second=len(requests) / seconds)
        time.sleep(min(5.0, seconds / 4))
        happens(cluster)
        shots = shooting.result()
    refused = {status: count for status, count in shots.statuses.items() if status != 200}
    waits = sorted(shots.latencies[number] * 1e3 for number in ringing)
    return [
        Figure(
            what=f"{name}: webhooks refused",
            measured=f"{sum(refused.values())} of {len(requests):,} {refused or ''}",
            wanted="0",
            met=not refused,
        ),
        Figure(
            what=f"{name}: ringing calls answered within, p50, p99, slowest",
            measured=f"{median(waits):.0f}, {waits[int(0.99 * len(waits))]:.0f}, {waits[-1]:.0f} ms",
        ),
    ]


def _books(cluster: Cluster, calls: Calls) -> Figure:
    """Each call that was sent is in the hub and a task in the CRM, one time."""
    store, begun = Store(cluster.standby.url), time.monotonic()
    while True:
        with store.reading() as session:  # as the hub, which row security shows all
            rows = session.exec(select(Call.id, Call.carrier_call_id).where(Call.status == CallStatus.COMPLETED)).all()
        stored = Counter(carrier_call_id for _, carrier_call_id in rows)
        tasks = Counter(activity["key"] for activity in cluster.stage.crm.activities())
        lost = sum(call not in stored for call in calls.made)
        waiting = sum(not tasks[row_id] for row_id, _ in rows)
        if not (lost or waiting) or time.monotonic() > begun + DRAIN_SECONDS:
            break
        time.sleep(1)
    store.close()
    doubled, told_twice = (sum(count > 1 for count in each.values()) for each in (stored, tasks))
    return Figure(
        what="calls not exactly once in the hub, and in the CRM",
        measured=f"{lost} lost, {doubled} doubled; {waiting} lost, {told_twice} doubled; of {len(calls.made):,} calls; "
        f"all done {time.monotonic() - begun:.0f} s after the last webhook",
        wanted="0",
        met=not (lost or doubled or waiting or told_twice),
    )


if __name__ == "__main__":
    options = argparse.ArgumentParser()
    options.add_argument("--minutes", type=float, default=MINUTES)
    options.add_argument("--calls-per-second", type=float, default=CALLS_PER_SECOND)
    given = options.parse_args()
    print_figures(measure(given.minutes, given.calls_per_second))
