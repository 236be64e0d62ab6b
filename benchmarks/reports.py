"""Milliseconds of a report over a year of calls, and of adding the calls up: at once, and after one late change.

The calls are all of one company, which is the hardest case. Two in three come from a visit, every third caller calls again,
and words of the long tail are as frequent among keywords as they are in life (Zipf). Four weeks are written and added up as
the hub does it; the weeks before are copies of their rows and of their sums.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from statistics import median
from zoneinfo import ZoneInfo

from sqlalchemy import text

from benchmarks.copies import copy_rows
from benchmarks.figures import Figure, at_most, print_figures, spread
from benchmarks.years import TABLES, copy_sums, fill
from hub.model import Account, Call, Company
from hub.reports.calendar import bounds, day_of
from hub.reports.credits import MODELS
from hub.reports.dirty_days import Change, mark_company, mark_dirty
from hub.reports.report import make_report
from hub.reports.rollups import roll_up
from hub.reports.tally import DIMENSIONS, Dimension
from hub.store.engine import Store
from hub.store.schema import upgrade

ROUNDS = 5
MILLION = 1_000_000
PART_DAYS = 28
COPIES = {1: 12, 5: 26}
"""Millions of calls → how many times four weeks are copied: to a year, and to the 25 months that calls are kept."""
WANTED = {1: 20.0, 5: 50.0}
ROW = 13
CONFIG = """
hub: {{public_url: "https://calls.example.com", database: "sqlite:///{database}"}}
connectors: {{twilio: {{plugin: twilio, sandbox: true}}}}
accounts:
  - name: agency
    title: Agency
    companies: [{{name: lakeside, title: Lakeside, time_zone: America/Chicago, route: {{dial: "+13125550190"}}}}]
"""


def measure(large: bool = False) -> list[Figure]:
    """The figures over a million calls, and where `large` over five million, which takes many minutes."""
    return [figure for millions in ((1, 5) if large else (1,)) for figure in _measured(millions)]


def _measured(millions: int, calls: int | None = None) -> Iterator[Figure]:
    size, last = f"{millions:,} million calls", datetime.now(UTC)
    copies = COPIES[millions]
    part, days = (calls or millions * MILLION) // (copies + 1), PART_DAYS * (copies + 1)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "reports.db"
        store = Store(f"sqlite:///{file}")
        upgrade(store)
        company = _company(store)
        store.close()  # the file is filled without a journal, beside which nobody may have it open
        fill(file, [company.id], part, last, PART_DAYS)
        today = day_of(last, ZoneInfo(company.time_zone))
        with store.writing() as session:
            mark_company(session, company, last)
        took = _seconds(lambda: _roll_up_all(store))
        yield Figure(what=f"roll up {part:,} calls of four weeks, all models", measured=f"{took:,.0f} s", value=took)
        times = [_late(store, company, today - timedelta(days=10 + number)) for number in range(ROUNDS)]
        yield Figure(what="mark and roll up one call that changes late", measured=spread(times, "ms"))
        copy_rows(store, TABLES, copies, timedelta(days=PART_DAYS).total_seconds())
        copy_sums(store, today - timedelta(days=PART_DAYS - 1), copies)
        first, month_ago = today - timedelta(days=days - 1), today - timedelta(days=29)
        for span, begins in ((f"all {days} days", first), ("30 days", month_ago)):
            name, times = _slowest(store, company, begins, today, ("source",))
            yield at_most(
                f"slowest report by source over {size}, {span}", median(times), WANTED[millions], "ms", name, row=ROW
            )
            name, times = _slowest(store, company, begins, today, DIMENSIONS)
            what = f"slowest report of all over {size}, {span}"
            yield Figure(what=what, measured=f"{spread(times, 'ms')}; {name}", value=median(times))
        with store.writing() as session:
            mark_dirty(session, [Change(company.id, last)], last)
        name, times = _slowest(store, company, month_ago, today, DIMENSIONS)
        yield Figure(
            what=f"slowest report of {size} while today is not rolled up", measured=f"{spread(times, 'ms')}; {name}"
        )
        store.close()
        (Path(folder) / "config.yaml").write_text(CONFIG.format(database=file))
        yield Figure(
            what=f"hub report keywords over {size}, the whole command", measured=spread(_command(folder, first), "s")
        )


def _slowest(
    store: Store, company: Company, first: date, last: date, dimensions: Sequence[Dimension]
) -> tuple[str, list[float]]:
    """The slowest of some dimensions and all models: its name and the milliseconds of each round, after one to warm up."""
    times = {
        f"{dimension}, {model}": [
            1_000 * _seconds(partial(make_report, store, company, dimension, model, first, last))
            for _ in range(ROUNDS + 1)
        ][1:]
        for dimension in dimensions
        for model in MODELS
    }
    return max(times.items(), key=lambda each: median(each[1]))


def _late(store: Store, company: Company, day: date) -> float:
    """Milliseconds until one call of a day that is answered after all has changed the roll-ups."""
    start, _ = bounds(day, ZoneInfo(company.time_zone))
    now = datetime.now(UTC)

    def change() -> None:
        with store.writing() as session:
            chosen = (
                "SELECT id FROM call WHERE started_at >= :start AND answered_at IS NULL ORDER BY started_at LIMIT 1"
            )
            call = session.get_one(
                Call, session.execute(text(chosen), {"start": start.strftime("%Y-%m-%d %H:%M")}).scalar()
            )
            call.answered_at = now
            mark_dirty(session, [Change(company.id, call.started_at, call.person_id)], now)
        _roll_up_all(store)

    return 1_000 * _seconds(change)


def _roll_up_all(store: Store) -> None:
    while roll_up(store):
        pass


def _command(folder: str, first: date) -> Sequence[float]:
    words = ("report", "keywords", "--from", str(first))
    command = [sys.executable, "-m", "hub.cli", *words]
    return [_seconds(lambda: subprocess.run(command, cwd=folder, check=True, capture_output=True)) for _ in range(3)]


def _company(store: Store) -> Company:
    with store.writing() as session:
        account = Account(name="agency", title="Agency")
        company = Company(account_id=account.id, name="lakeside", title="Lakeside", time_zone="America/Chicago")
        session.add(account)
        session.flush()
        session.add(company)
    return company


def _seconds(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--large", action="store_true", help="five million calls as well; takes many minutes")
    print_figures(measure(parser.parse_args().large))
