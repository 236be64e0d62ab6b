"""What callers notice of a changing configuration: webhooks at 100 a second while config.yaml changes 20 times.

The calls do what the hub's documents say, so each one shows whether one version of its flow led it to the end.
"""

from __future__ import annotations

import json
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from statistics import quantiles
from typing import Any

from sqlmodel import select

from benchmarks.figures import Figure, at_most, print_figures, spread
from benchmarks.followed_calls import FollowedCalls
from hub.model import CallStep, ConfigProcess
from hub.proof.chaos.environment import Environment, set_stage
from hub.proof.chaos.hub_process import HubProcess
from hub.store.engine import Store

PER_SECOND = 100.0
THREADS = 16
CHANGES = 20
BEFORE_SECONDS = 15.0
BETWEEN_SECONDS = 1.0
TAKEN_WITHIN = 30.0


def measure() -> list[Figure]:
    """Refused webhooks, the latencies before and during the changes, and the versions that led each call."""
    with tempfile.TemporaryDirectory() as folder, set_stage(Path(folder)) as stage:
        hub, calls, store = HubProcess(stage), FollowedCalls(stage, THREADS, PER_SECOND), Store(stage.database)
        try:
            _edit(stage, lambda document: [each.update(schedule="every 15 minutes") for each in _synced(document)])
            hub.start()
            hub.wait_until_ready()
            calls.start()
            time.sleep(BEFORE_SECONDS)
            begun = time.monotonic()
            taken = [_change(stage, store, number) for number in range(2, CHANGES + 2)]
            ended = time.monotonic()
            calls.stop()
            hub.stop()
            return _figures(calls, store, begun, ended, taken)
        finally:
            hub.end()
            store.close()


def _change(stage: Environment, store: Store, number: int) -> float:
    """Save another greeting; the seconds until the process runs it."""
    greeting = f"Lakeside Plumbing, greeting {number}."
    _edit(stage, lambda document: document["accounts"][0]["companies"][0]["route"].update(greeting=greeting))
    begun = time.monotonic()
    while _version(store) != number:
        if time.monotonic() - begun > TAKEN_WITHIN:
            raise RuntimeError(f"version {number} was not taken within {TAKEN_WITHIN:.0f} s")
        time.sleep(0.02)
    took = time.monotonic() - begun
    time.sleep(BETWEEN_SECONDS)
    return took


def _edit(stage: Environment, edit: Callable[[dict[str, Any]], object]) -> None:
    document = json.loads(stage.config.read_text())
    edit(document)
    saved = stage.config.with_suffix(".new")
    saved.write_text(json.dumps(document))
    saved.replace(stage.config)


def _synced(document: dict[str, Any]) -> list[dict[str, Any]]:
    """The connectors with a schedule: their syncs are not what is measured."""
    return [each for each in document["connectors"].values() if "schedule" in each]


def _version(store: Store) -> int | None:
    with store.reading() as session:
        return session.exec(select(ConfigProcess.version)).first()


def _figures(calls: FollowedCalls, store: Store, begun: float, ended: float, taken: list[float]) -> list[Figure]:
    before = [took for at, took in calls.latencies if begun - BEFORE_SECONDS / 2 < at < begun]
    during = [took for at, took in calls.latencies if begun < at < ended]
    with store.reading() as session:
        steps: Any = session.exec(select(CallStep.carrier_call_id, CallStep.flow_version)).all()
    led = Counter(call for call, _ in set(steps))
    rate = len(during) / (ended - begun)
    versions = len({version for _, version in steps})
    return [
        at_most("webhooks refused", float(sum(calls.refused.values())), 0.0, "", _told(calls.refused)),
        at_most("most versions that led one call", float(max(led.values())), 1.0, "", f"{len(led)} calls"),
        Figure(what="versions that led calls", measured=f"{versions} of {CHANGES + 1}"),
        Figure(what="median of a webhook before the changes", measured=f"{_part(before, 50):.0f} ms"),
        Figure(what="p99 of a webhook before the changes", measured=f"{_part(before, 99):.0f} ms"),
        Figure(what="median during the changes", measured=f"{_part(during, 50):.0f} ms; {rate:.0f} webhooks/s"),
        at_most("p99 during the changes", _part(during, 99), 1_000.0, "ms"),
        Figure(what="from the save to the new version", measured=spread(taken, "s")),
    ]


def _part(seconds: list[float], percent: int) -> float:
    return 1_000 * quantiles(seconds, n=100)[percent - 1]


def _told(refused: Counter[str]) -> str:
    return ", ".join(f"{count} × {reason}" for reason, count in refused.items())


if __name__ == "__main__":
    print_figures(measure())
