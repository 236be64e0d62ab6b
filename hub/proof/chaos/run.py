"""One chaos run: start the hub, play calls, play a fault, and repeat. Then wait until all work is done and check the result."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from hub.errors import RingfenceError
from hub.proof.chaos.check import ChaosReport, at_rest, balance
from hub.proof.chaos.environment import Environment, set_stage
from hub.proof.chaos.faults import FAULTS, Fault, Scene
from hub.proof.chaos.hub_process import HubProcess
from hub.proof.chaos.load import WEBHOOK_RETRY_SECONDS, Callers
from hub.proof.chaos.postgres import PostgresServer, why_no_postgres
from hub.proof.chaos.shifted_clock import set_clock
from hub.proof.chaos.small_disk import small_disk, why_no_disk
from hub.store.claims import LEASE
from hub.store.engine import Store

DRAIN_TIMEOUT_SECONDS = 600.0
"""Seconds within which all work must be done after the last start."""
FAULT_SECONDS = 5.0
"""How long a fault lasts that is not over at once."""
CALLS_EVERY = 2.5
"""Seconds between two rounds of calls while a fault lasts."""
IMPATIENT_SECONDS = 3.0
"""How long visitors wait for a number in an outage of the database."""
TWO_HOURS = 7_200.0
Database = Literal["sqlite", "postgresql"]
Tell = Callable[[int, str, Callers], None]


@dataclass(frozen=True)
class Played:
    """What a run played: the report of its check, and how long the hub took to be ready again after each fault."""

    report: ChaosReport
    recoveries: list[float]
    """Of each fault the seconds from its end to the hub's first 200 of `/readyz`."""
    seconds: float


def why_not(fault: Fault) -> str | None:
    """Why a fault cannot be played on this machine; None if it can."""
    reasons = {"postgres": why_no_postgres, "disk": why_no_disk}
    return reasons[fault.needs]() if fault.needs in reasons else None


def run_chaos(
    folder: Path,
    *,
    cycles: int,
    seed: int,
    calls_per_cycle: int,
    faults: Sequence[Fault] = (FAULTS["kill"],),
    database: Database = "sqlite",
    longest_life: float = 1.0,
    outage_seconds: float = FAULT_SECONDS,
    tell: Tell = lambda cycle, fault, callers: None,
) -> Played:
    """Play `cycles` faults in turn during calls; each at a random moment, at most `longest_life` seconds after the hub was
    ready. The callback runs after each. All files are written to `folder`. RingfenceError if a hub does not start."""
    chance, begun = random.Random(seed), time.monotonic()  # noqa: S311 - a script, not a secret
    recoveries: list[float] = []
    deaths = 0
    with ExitStack() as stack:
        stage = _stage(folder, faults, database, stack)
        process, callers = HubProcess(stage), Callers(stage, seed)
        stack.callback(process.end)
        stack.callback(callers.abandon)
        scene = Scene(stage, process, chance)
        process.start()
        process.wait_until_ready()
        for cycle in range(cycles):
            fault = faults[cycle % len(faults)]
            callers.blurred = fault.blurs_visits
            callers.visit_patience = IMPATIENT_SECONDS if fault.is_outage else WEBHOOK_RETRY_SECONDS
            callers.call(calls_per_cycle)
            time.sleep(chance.uniform(0.0, longest_life))
            with fault.play(scene):
                if fault.lasts:
                    _go_on_calling(callers, calls_per_cycle, outage_seconds if fault.is_outage else FAULT_SECONDS)
            ended, is_dead = time.monotonic(), not process.is_running()
            if is_dead:
                deaths += 1
                process.start()
            process.wait_until_ready()
            recoveries.append(time.monotonic() - ended)
            tell(cycle + 1, fault.name, callers)
        callers.finish()
        _let_time_pass(stage, process, faults)
        report = settle(stage, process, callers, cycles, deaths)
    return Played(report, recoveries, time.monotonic() - begun)


def _stage(folder: Path, faults: Sequence[Fault], database: Database, stack: ExitStack) -> Environment:
    for fault in faults:
        if (reason := why_not(fault)) is not None:
            raise RingfenceError(f"{fault.name} cannot be played here: {reason}.")
    needs = {fault.needs for fault in faults}
    if database == "postgresql":
        if (reason := why_no_postgres()) is not None:
            raise RingfenceError(f"The database cannot be PostgreSQL here: {reason}.")
        needs.add("postgres")
    data = stack.enter_context(small_disk(folder / "disk")) if "disk" in needs else None
    server = PostgresServer(folder / "postgres") if "postgres" in needs else None
    if server is not None:
        stack.callback(server.stop)
        server.create()
    return stack.enter_context(set_stage(folder, data=data, server=server, evil="evil" in needs))


def _go_on_calling(callers: Callers, calls: int, seconds: float) -> None:
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        callers.call(calls)
        time.sleep(min(CALLS_EVERY, left))


def _let_time_pass(stage: Environment, process: HubProcess, faults: Sequence[Fault]) -> None:
    """Start the last hub as if it had not run for a while: what killed hubs had claimed is free, and what waits for its
    time is due."""
    if any(not fault.lasts for fault in faults):
        process.stop()  # in good order: a death more could put what two kills met into quarantine
        set_clock(stage.clock_file, LEASE.total_seconds() + 1)
        process.start()
        process.wait_until_ready()
    if any(fault.blurs_visits for fault in faults):
        set_clock(stage.clock_file, TWO_HOURS)
        set_clock(stage.providers_clock_file, TWO_HOURS)


def settle(stage: Environment, process: HubProcess, callers: Callers, faults: int, deaths: int) -> ChaosReport:
    """Wait until all work is done, stop the hub, and check it."""
    store, begun = Store(stage.database), time.monotonic()
    try:
        while not at_rest(store, callers) and time.monotonic() < begun + DRAIN_TIMEOUT_SECONDS:
            time.sleep(0.2)
        clean = process.stop()
        return balance(stage, store, callers, faults=faults, log=process.log, clean=clean, deaths=deaths)
    finally:
        store.close()
