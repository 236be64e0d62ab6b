"""A ringing call answered by `hub run` at the rates of a customer's hub: how long it takes, and what a webhook costs.

The process answers and works in one: it folds the webhooks and takes the calls through the flow meanwhile, as it does for a
customer. Each webhook is a new call, signed as Twilio signs it.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from statistics import median

from benchmarks.figures import Figure, at_most, print_figures, spread
from benchmarks.webhooks import RINGING, Server, hub_server

ROUNDS = 3
SECONDS = 8.0
SETTLE_SECONDS = 2.0
WANTED = {20.0: (5.0, 12.0, 6.5), 50.0: (5.0, 18.0, 5.0)}
"""Calls a second → the most milliseconds at p50 and p99, and of CPU a webhook."""


def measure() -> list[Figure]:
    """The figures of ringing calls."""
    with tempfile.TemporaryDirectory() as folder, hub_server(Path(folder), "run") as edge:
        edge.shoot(edge.supply.take(100, RINGING), per_second=50.0)
        return [figure for rate in WANTED for figure in _at(rate, edge)]


def _at(rate: float, edge: Server) -> list[Figure]:
    halves, worst, costs = list[float](), list[float](), list[float]()
    for _ in range(ROUNDS):
        time.sleep(SETTLE_SECONDS)  # what the round before left
        shots, taken = edge.shoot(edge.supply.take(int(rate * SECONDS), RINGING), per_second=rate)
        halves.append(shots.latency(0.5) * 1e3)
        worst.append(shots.latency(0.99) * 1e3)
        costs.append(taken / 1e3)
    what = f"ringing call answered by hub run at {rate:.0f}/s"
    half, last, cost = WANTED[rate]
    return [
        at_most(f"{what}, p50", median(halves), half, "ms", spread(halves, "ms"), row=1),
        at_most(f"{what}, p99", median(worst), last, "ms", spread(worst, "ms"), row=1),
        at_most(f"{what}, CPU a webhook", median(costs), cost, "ms", spread(costs, "ms"), row=1),
    ]


if __name__ == "__main__":
    print_figures(measure())
