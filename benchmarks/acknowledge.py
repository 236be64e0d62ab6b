"""Verified, durable webhooks a second, beside a bare Starlette route that keeps nothing; and what one costs.

Both servers run under uvicorn with uvloop and httptools, each in a process of its own, and get the same requests from the
same client in turns; the one that is not measured stands still meanwhile. In the end the hub is killed, and the rows in its
inbox are compared with what it acknowledged.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from benchmarks.figures import Figure, at_least, at_most, print_figures, spread
from benchmarks.webhooks import RINGING, STATUS, WHOLE_CALLS, Server, bare_server, hub_server

ROUNDS = 5
STEADY = 100.0
NAMES = {STATUS: "status webhooks", RINGING: "ringing calls", WHOLE_CALLS: "whole calls"}
COSTS = {STATUS: 150.0, RINGING: 330.0}
"""The most microseconds of CPU that a webhook may take on `hub web`."""
RATIOS = {("web", STATUS): 0.55, ("web", WHOLE_CALLS): 0.33, ("run", STATUS): 0.35, ("run", WHOLE_CALLS): 0.2}
"""The least share of a bare route's webhooks a second."""
REQUESTS = {"web": 2_000, "run": 1_200}


def measure() -> list[Figure]:
    """The figures of the acknowledgement."""
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory() as folder, bare_server() as bare:
        for command in REQUESTS:
            with hub_server(Path(folder) / command, command) as edge:
                figures += _compared(command, edge, bare)
                figures.append(_lost(command, edge))
    return sorted(figures, key=lambda each: each.row)


def _compared(command: str, edge: Server, bare: Server) -> list[Figure]:
    figures = []
    for kind in [kind for named, kind in RATIOS if named == command]:
        figures.append(_ratio(command, kind, edge, bare))
    if command == "web":
        figures += [_cost(kind, edge) for kind in COSTS]
        steady, _ = edge.shoot(edge.supply.take(500), per_second=STEADY)
        measured = f"p50 {steady.latency(0.5) * 1000:.1f} ms, p99 {steady.latency(0.99) * 1000:.1f} ms"
        figures.append(Figure(what=f"acknowledgement at {STEADY:.0f}/s", measured=measured))
    return figures


def _ratio(command: str, kind: str, edge: Server, bare: Server) -> Figure:
    ratios, rates, plain_rates, costs, plain_costs = [], list[float](), list[float](), list[float](), list[float]()
    for warm in (True, *[False] * ROUNDS):
        requests = edge.supply.take(500 if warm else REQUESTS[command], kind)
        with still(edge):
            plain, plain_cost = bare.shoot(requests)
        with still(bare):
            durable, cost = edge.shoot(requests)
        if not warm:
            plain_rates.append(len(requests) / plain.seconds)
            rates.append(len(requests) / durable.seconds)
            ratios.append(rates[-1] / plain_rates[-1])
            costs.append(cost)
            plain_costs.append(plain_cost)
    return at_least(
        f"hub {command}: {NAMES[kind]}, of a bare route's",
        median(ratios),
        RATIOS[command, kind],
        detail=f"{spread(rates, '/s')} of {spread(plain_rates, '/s')}; "
        f"CPU {median(costs):.0f} µs, bare {median(plain_costs):.0f} µs",
        row=3 if command == "web" else 4,
    )


def _cost(kind: str, edge: Server) -> Figure:
    costs = [edge.shoot(edge.supply.take(REQUESTS["web"], kind))[1] for _ in range(ROUNDS + 1)][1:]
    return at_most(
        f"CPU of a webhook, hub web, {NAMES[kind]}", median(costs), COSTS[kind], "µs", detail=spread(costs), row=2
    )


def _lost(command: str, edge: Server) -> Figure:
    kept = edge.kill()
    lost = max(0, edge.acknowledged - kept)  # one that was refused may be kept all the same
    return Figure(
        what=f"webhooks of hub {command} lost after SIGKILL",
        measured=f"{lost}; {edge.acknowledged:,} acknowledged, {kept:,} in the inbox",
        wanted="0",
        met=lost == 0,
    )


@contextmanager
def still(server: Server) -> Iterator[None]:
    """Stop a server for the block, so that what it still has to do takes nothing from the other one."""
    server.process.suspend()
    try:
        yield
    finally:
        server.process.resume()


if __name__ == "__main__":
    print_figures(measure())
