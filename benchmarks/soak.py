"""A hub over hours: `python -m benchmarks.soak [--minutes 120] [--calls-per-second 5]`, as in `make soak-long`.

`hub run` on a PostgreSQL of its own takes whole calls with their visitors, texts and forms. Every ten minutes something is away
for a minute: the database stops, stands still or refuses writes, slow clients hold connections, the CRM and the ad network
answer nothing. Memory, descriptors and threads of the hub with all its processes are read every quarter of a minute, and the
last quarter of the time is compared with the second. In the end the books of `hub chaos` are balanced.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from statistics import median
from typing import Any, cast

import psutil
from sqlalchemy import func, select
from sqlmodel import col

from benchmarks.figures import Figure, at_most, print_figures
from hub.contracts.faults import Fault as ProviderFault
from hub.contracts.sandbox import Sandbox
from hub.model import Delivery
from hub.proof.chaos.check import ChaosReport
from hub.proof.chaos.environment import set_stage
from hub.proof.chaos.faults import FAULTS, Scene
from hub.proof.chaos.hub_process import HubProcess
from hub.proof.chaos.load import Callers
from hub.proof.chaos.postgres import PostgresServer
from hub.proof.chaos.run import IMPATIENT_SECONDS, settle
from hub.store.engine import Store

MINUTES, CALLS_PER_SECOND = 120.0, 5.0
OUTAGE_EVERY, OUTAGE_SECONDS = 600.0, 60.0
SAMPLE_SECONDS = 15.0
REQUESTS_A_DAY = 1_000_000
"""What Salesforce allows an organization with many users; its smallest allows 15,000, which last for 25 minutes here."""
FAULTS_IN_TURN = ("db-stop", "providers", "db-freeze", "slow-client", "db-readonly")
GROWTH, FEW = 1.1, 10
"""How much the last quarter may have of what the second had, and how many descriptors or threads more in any case."""


@dataclass(frozen=True)
class Sample:
    """The hub with its child processes at one moment."""

    megabytes: float
    descriptors: int
    threads: int
    processes: int
    cpu_seconds: float


def measure(minutes: float = MINUTES, per_second: float = CALLS_PER_SECOND) -> list[Figure]:
    """Calls and outages for so long, and what the hub held meanwhile."""
    with tempfile.TemporaryDirectory(prefix="rf-soak-") as place, ExitStack() as stack:
        folder = Path(place)
        folder.chmod(0o755)  # PostgreSQL runs as a user of its own
        server = PostgresServer(folder / "postgres")
        stack.callback(server.stop)
        server.create()
        stage = stack.enter_context(set_stage(folder, server=server))
        cast(Any, stage.crm).daily_limit = REQUESTS_A_DAY
        process, callers = HubProcess(stage), Callers(stage, seed=1)
        stack.callback(process.end)
        stack.callback(callers.abandon)
        process.start()
        process.wait_until_ready()
        scene = Scene(stage, process, random.Random(1))
        samples = _play(scene, callers, minutes * 60, per_second)
        callers.finish()
        report = settle(stage, process, callers, 0, 0)
        print(f"at the ad network: {_deliveries(stage.database)}")
        return [*_flatness(samples), *_books(report)]


def _deliveries(database: str) -> str:
    """What became of the conversions, with the reasons, so that one that is missing at the network can be explained."""
    store, state, code = Store(database), col(Delivery.state), col(Delivery.code)
    try:
        with store.reading() as session:
            counted = (
                select(state, code, func.count()).where(col(Delivery.connector) == "network").group_by(state, code)
            )
            return ", ".join(f"{number:,} {name} {why or ''}".strip() for name, why, number in session.execute(counted))
    finally:
        store.close()


def _play(scene: Scene, callers: Callers, seconds: float, per_second: float) -> list[Sample]:
    samples, faults = list[Sample](), cycle(FAULTS_IN_TURN)
    begun, played, outage, next_outage = time.monotonic(), 0, ExitStack(), OUTAGE_EVERY
    away_until = 0.0
    while (now := time.monotonic() - begun) < seconds:
        due = int(now * per_second)
        callers.call(due - played)
        played = due
        if away_until and now >= away_until:
            outage.close()
            away_until = 0.0
        if now >= next_outage and now + 2 * OUTAGE_SECONDS < seconds:
            outage.enter_context(_fault(next(faults), scene, callers))
            next_outage, away_until = next_outage + OUTAGE_EVERY, now + OUTAGE_SECONDS
        if now >= len(samples) * SAMPLE_SECONDS:
            samples.append(_sample(scene.process.pid))
            if len(samples) % 20 == 0:
                print(f"{now / 60:.0f} minutes, {played:,} calls: {samples[-1]}", flush=True)
        time.sleep(0.1)
    outage.close()
    return samples


def _fault(name: str, scene: Scene, callers: Callers) -> AbstractContextManager[None]:
    if name == "providers":
        return _providers_away(scene)
    return _impatient(FAULTS[name].play(scene), callers) if FAULTS[name].is_outage else FAULTS[name].play(scene)


@contextmanager
def _impatient(fault: AbstractContextManager[None], callers: Callers) -> Iterator[None]:
    """Visitors do not wait for a number as long as they would otherwise."""
    patience, callers.visit_patience = callers.visit_patience, IMPATIENT_SECONDS
    with fault:
        yield
    callers.visit_patience = patience


@contextmanager
def _providers_away(scene: Scene) -> Iterator[None]:
    away = [cast(Sandbox, scene.stage.sandboxes.of(name)) for name in ("crm", "network")]
    for sandbox in away:
        sandbox.fail_next(ProviderFault("status", 503), times=1_000_000)
    yield
    for sandbox in away:
        sandbox.heal()


def _sample(pid: int) -> Sample:
    hub = psutil.Process(pid)
    memory, descriptors, threads, cpu, count = 0, 0, 0, 0.0, 0
    for each in (hub, *hub.children(recursive=True)):
        try:
            times = each.cpu_times()
            memory += each.memory_info().rss
            descriptors += each.num_fds()
            threads += each.num_threads()
            cpu += times.user + times.system
            count += 1
        except psutil.NoSuchProcess:
            continue
    return Sample(memory / 1e6, descriptors, threads, count, cpu)


def _flatness(samples: Sequence[Sample]) -> list[Figure]:
    quarter = len(samples) // 4
    second, last = samples[quarter : 2 * quarter], samples[-quarter:]
    found = []
    for what, of in (("megabytes", "memory, MB"), ("descriptors", "descriptors"), ("threads", "threads")):
        before, after = (median(getattr(each, what) for each in part) for part in (second, last))
        highest = max(getattr(each, what) for each in samples)
        detail = f"{before:,.0f} in the second quarter, highest {highest:,.0f}"
        limit = max(before * GROWTH, before + FEW)
        found.append(at_most(f"a soak: {of}, last quarter", after, limit, detail=detail))
    cpu = (last[-1].cpu_seconds - second[0].cpu_seconds) / ((len(samples) - 1 - quarter) * SAMPLE_SECONDS)
    return [*found, Figure(what="a soak: share of a core", measured=f"{cpu:.0%}")]


def _books(report: ChaosReport) -> list[Figure]:
    problems = report.problems()
    told = (
        f"{report.calls:,} calls, {report.acknowledged:,} webhooks acknowledged, {report.visitors:,} known visitors, "
    )
    told += f"{report.texts:,} texts, {report.forms:,} forms: {'; '.join(problems) or 'each there once'}"
    return [Figure(what="a soak: lost or doubled", measured=told, wanted="nothing", met=not problems)]


if __name__ == "__main__":
    options = argparse.ArgumentParser()
    options.add_argument("--minutes", type=float, default=MINUTES)
    options.add_argument("--calls-per-second", type=float, default=CALLS_PER_SECOND)
    given = options.parse_args()
    if given.minutes < 1:
        options.error("--minutes must be at least 1, or there is nothing to compare")
    print_figures(measure(given.minutes, given.calls_per_second))
