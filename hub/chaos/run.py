"""One chaos run: start the hub, play calls, kill it, and repeat. Then wait until all work is done and check the result."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from pathlib import Path

from hub.chaos.check import ChaosReport, at_rest, balance
from hub.chaos.environment import set_stage
from hub.chaos.hub_process import HubProcess
from hub.chaos.load import Callers
from hub.store.engine import Store

KILLED_IN_ITS_START = 0.15
"""Share of the kills that come before the hub has answered at all."""
DRAIN_TIMEOUT_SECONDS = 120.0
"""Seconds within which all work must be done after the last start; a killed worker's leases last 20."""


def run_chaos(
    folder: Path,
    *,
    cycles: int,
    seed: int,
    calls_per_cycle: int,
    longest_life: float = 1.0,
    tell: Callable[[int, Callers], None] = lambda cycle, callers: None,
) -> ChaosReport:
    """Kill a hub `cycles` times during calls; each time at a random moment, at most `longest_life` seconds after its first
    answer. The callback runs after each kill. All files are written to `folder`. RingfenceError if a hub does not start.
    """
    chance = random.Random(seed)  # noqa: S311 - a script, not a secret
    with set_stage(folder) as stage:
        process, callers = HubProcess(stage), Callers(stage, seed)
        try:
            for cycle in range(cycles):
                process.start()
                callers.call(calls_per_cycle)
                if cycle and chance.random() < KILLED_IN_ITS_START:
                    time.sleep(chance.uniform(0.0, 0.5))
                else:
                    process.wait_until_ready()
                    time.sleep(chance.uniform(0.0, longest_life))
                process.kill()
                tell(cycle + 1, callers)
            process.start()
            process.wait_until_ready()
            callers.finish()
            store = Store(stage.database)
            until = time.monotonic() + DRAIN_TIMEOUT_SECONDS
            while not at_rest(store, callers) and time.monotonic() < until:
                time.sleep(0.2)
            clean = process.stop()
            report = balance(stage, store, callers, kills=cycles, log=process.log, clean=clean)
            store.close()
            return report
        finally:
            callers.abandon()
            process.end()
