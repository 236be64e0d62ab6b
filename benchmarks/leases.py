"""Leases a second, and how long a visitor waits for a number at a steady rate: new visits at the desk of one process.

Each visit is classified, recorded with its page view, and lent a number of its own; the answer comes after the commit
(`synchronous=FULL`). The clock is turned by hand, so that numbers run out and are lent again all the time. As in `hub run`,
the objects made at start are excluded from garbage collection.
"""

from __future__ import annotations

import gc
import tempfile
import time
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

from sqlalchemy import func
from sqlmodel import select

from benchmarks.days import AREAS, configuration
from benchmarks.figures import Figure, at_least, at_most, print_figures, spread
from benchmarks.postgres import postgres
from hub.config.models import Config
from hub.model import Lease
from hub.startup.opening import Opened, open_hub
from hub.visits.batch_writer import VisitBatchWriter
from hub.visits.visit_request import NumberShown, VisitRequest

ROW = 12
ROUNDS = 5
VISITORS = 10_000
POOL = 1_000
CONCURRENT_VISITORS = 500
STEADY = 200.0
STEADY_SECONDS = 5


@dataclass
class Clock:
    """A clock on which a holding time passes with so many visitors that the pool lasts, even for `CONCURRENT_VISITORS` more
    late ones."""

    now: datetime = datetime(2026, 11, 2, 8, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def next_visitor(self) -> None:
        self.now += timedelta(minutes=30) / (POOL - CONCURRENT_VISITORS - POOL // 10)


def measure() -> list[Figure]:
    """The figures of the leases."""
    rates, waits = [], []
    with tempfile.TemporaryDirectory() as folder:
        for number in range(ROUNDS):
            with _bench(f"sqlite:///{Path(folder) / f'{number}.db'}") as bench:
                rates.append(bench.rate())
                waits.append(bench.waits())
    with postgres() as server, _bench(server.create("leases")) as bench:
        rates_there = [bench.rate() for _ in range(ROUNDS)]
        waits_there = bench.waits()
    slowest = [_part(each, 0.99) for each in waits]
    steady = f"wait for a number at {STEADY:.0f} visitors/s"
    return [
        at_least("leases a second, SQLite", median(rates), 8_000, "/s", spread(rates, "/s"), row=ROW),
        at_most(
            f"{steady}, SQLite, p99",
            median(slowest),
            15,
            "ms",
            f"{spread(slowest, 'ms')}, p50 {median(_part(each, 0.5) for each in waits):.1f} ms",
            row=ROW,
        ),
        at_least("leases a second, PostgreSQL", median(rates_there), 5_000, "/s", spread(rates_there, "/s"), row=ROW),
        at_most(
            f"{steady}, PostgreSQL, p99",
            _part(waits_there, 0.99),
            15,
            "ms",
            f"p50 {_part(waits_there, 0.5):.1f} ms",
            row=ROW,
        ),
    ]


class _Bench:
    def __init__(self, opened: Opened, clock: Clock) -> None:
        self._opened, self._clock = opened, clock
        self._batch_writer = VisitBatchWriter(opened.hub)
        self._directory = opened.directory.latest
        self._company = self._directory.companies["lakeside"]
        self._visitors = 0

    def rate(self) -> float:
        """Leases a second, with `CONCURRENT_VISITORS` visitors waiting at any time."""
        waiting: deque[Future[NumberShown]] = deque()
        own = 0
        begun = time.perf_counter()
        for number in range(VISITORS + CONCURRENT_VISITORS):
            if number >= CONCURRENT_VISITORS:
                own += waiting.popleft().result().lease_until is not None
            if number < VISITORS:
                waiting.append(self._arrive())
        seconds = time.perf_counter() - begun
        with self._opened.hub.store.reading() as session:
            leases = session.exec(select(func.count()).select_from(Lease)).one()
        if own != VISITORS or leases != self._visitors:
            raise RuntimeError(f"{own} visitors of {VISITORS} were lent a number, {leases} leases were written")
        return own / seconds

    def waits(self) -> list[float]:
        """Seconds from each visitor's arrival to the number, at a steady rate."""
        waited: list[float] = []
        begun = time.perf_counter()
        for number in range(int(STEADY * STEADY_SECONDS)):
            due = begun + number / STEADY
            time.sleep(max(0.0, due - time.perf_counter()))
            shown = self._arrive()
            shown.add_done_callback(lambda _, due=due: waited.append(time.perf_counter() - due))
        shown.result()
        return waited

    def _arrive(self) -> Future[NumberShown]:
        self._clock.next_visitor()
        self._visitors += 1
        return self._batch_writer.receive(
            self._directory,
            self._company,
            VisitRequest(
                landing_page=f"https://lakeside-plumbing.example.com/repair?gclid=Cj0KCQjw{self._visitors:09}",
                referrer="https://www.google.com/",
                user_agent="Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
                human=True,
            ),
        )

    def close(self) -> None:
        self._batch_writer.close()


@contextmanager
def _bench(database: str) -> Iterator[_Bench]:
    clock = Clock()
    with open_hub(_with_pool(configuration(database)), clock) as opened:
        gc.freeze()
        bench = _Bench(opened, clock)
        yield bench
        bench.close()


def _with_pool(config: Config) -> Config:
    """The configuration with a pool of `POOL` numbers at its first company."""
    account = config.accounts[0]
    company = account.companies[0]
    areas = [area for area in AREAS if area not in (312, 313)]  # the configuration has numbers there
    numbers = tuple(f"+1{areas[index // 100]}55501{index % 100:02}" for index in range(POOL))
    pool = company.trackers[0].model_copy(update={"numbers": numbers})
    company = company.model_copy(update={"trackers": (pool, *company.trackers[1:])})
    account = account.model_copy(update={"companies": (company, *account.companies[1:])})
    return replace(config, accounts=(account, *config.accounts[1:]))


def _part(seconds: list[float], share: float) -> float:
    """The milliseconds that `share` of the waits stayed within."""
    return 1000 * sorted(seconds)[min(len(seconds) - 1, int(share * len(seconds)))]


if __name__ == "__main__":
    print_figures(measure())
