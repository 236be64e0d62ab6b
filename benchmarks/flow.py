"""Calls a second through the flow: folded from the inbox, and then from attribution to the outbox.

Each round works on a fresh copy of the same filled database, in one process, with everything that the repository's
configuration asks of a call but the CRMs' look-ups.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from sqlalchemy import func
from sqlmodel import select

from benchmarks.days import Clock, configuration, fill
from benchmarks.figures import Figure, at_least, print_figures, spread
from benchmarks.postgres import postgres
from hub.flow.inbox import fold_inbox
from hub.flow.pipeline import process
from hub.model import Call, Delivery
from hub.startup import open_hub

ROUNDS = 5
CALLS = 800


def measure() -> list[Figure]:
    """The flow's figures on both databases."""
    with tempfile.TemporaryDirectory() as folder:
        template = Path(folder) / "filled.db"

        def copied(number: int) -> str:
            copy = Path(folder) / f"{number}.db"
            shutil.copy(template, copy)
            return f"sqlite:///{copy}"

        folding, flowing, costs, deliveries = _rates(f"sqlite:///{template}", copied, ROUNDS)
    with postgres() as server:
        folding_there, flowing_there, _, _ = _rates(
            server.create("filled"), lambda n: server.copy("filled", f"n{n}"), 3
        )
    detail = f"{spread(flowing, '/s')}; {deliveries / CALLS:.1f} deliveries and {median(costs):.2f} ms of CPU a call"
    return [
        at_least("calls through the flow, SQLite", median(flowing), 500, "/s", detail),
        Figure(what="calls folded from six webhooks each, SQLite", measured=spread(folding, "/s")),
        Figure(what="calls through the flow, PostgreSQL", measured=spread(flowing_there, "/s")),
        Figure(what="calls folded from six webhooks each, PostgreSQL", measured=spread(folding_there, "/s")),
    ]


def _rates(
    template: str, copied: Callable[[int], str], rounds: int
) -> tuple[list[float], list[float], list[float], int]:
    """Calls a second folded, and taken through the flow, in each round; its CPU milliseconds a call; and all deliveries."""
    clock = Clock()
    with open_hub(configuration(template), clock) as opened:
        fill(opened, clock, CALLS)
    folding, flowing, costs = [], [], []
    for number in range(rounds):
        with open_hub(configuration(copied(number)), clock) as opened:
            hub, directory = opened.hub, opened.directory.latest
            begun = time.perf_counter()
            while fold_inbox(hub, directory):
                pass
            folded, cpu = time.perf_counter(), time.process_time()
            while process(hub, directory, Call):
                pass
            folding.append(CALLS / (folded - begun))
            flowing.append(CALLS / (time.perf_counter() - folded))
            costs.append((time.process_time() - cpu) / CALLS * 1e3)
            with hub.store.reading() as session:
                done = session.exec(select(func.count()).where(Call.state == "done")).one()
                deliveries = session.exec(select(func.count()).select_from(Delivery)).one()
            if done != CALLS:
                raise RuntimeError(f"{done} calls of {CALLS} are done")
    return folding, flowing, costs, deliveries


if __name__ == "__main__":
    print_figures(measure())
