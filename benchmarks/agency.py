"""A tenth of a very large agency on SQLite: 200 companies, 5,000 numbers, and a month with 300,000 calls.

Prints CPU seconds of this process: reading and taking over the configuration, pages of the owner, adding up a day of every
company, a turn of retention, and moving old calls into files. It takes some minutes and 1 GB of disk, so it is asked for by
name.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

from sqlmodel import select
from starlette.applications import Starlette

from benchmarks.figures import Figure, print_figures, shown
from benchmarks.large_config import write_large_config
from benchmarks.pages import signed_in_owner
from benchmarks.years import fill
from hub.backup.old_calls import archive_files, archive_next
from hub.model import Company
from hub.numbers.accounts import write_accounts
from hub.numbers.directory import LiveDirectory
from hub.privacy.retention import ROWS_PER_TRANSACTION, sweep
from hub.reports.dirty_days import Change, mark_dirty
from hub.reports.rollups import roll_up
from hub.runtime import Hub
from hub.startup.assembly import assemble
from hub.startup.reading import read_config
from hub.store.schema import upgrade
from hub.web.pages.routes import page_routes

COMPANIES, NUMBERS_EACH = 200, 25
CALLS, DAYS = 300_000, 30
ROUNDS = 3
LATER = timedelta(days=900)
PAGES = {
    "overview, today": "/",
    "overview, 30 days": "/?period=30d",
    "calls": "/calls",
    "calls of one company": "/calls?company=company-7",
    "report by source, 30 days": "/reports/source?period=30d",
    "numbers": "/numbers",
}


def measure() -> list[Figure]:
    """The figures."""
    last, found = datetime.now(UTC), list[Figure]()

    def note(what: str, seconds: float, more: str = "") -> None:
        found.append(Figure(what=what, measured=shown(seconds, "s of CPU") + more))

    with tempfile.TemporaryDirectory(prefix="rf-bench-") as place:
        folder = Path(place)
        write_large_config(folder, COMPANIES, NUMBERS_EACH)
        note("read config.yaml", _cpu(lambda: read_config(folder / "config.yaml")))
        now = [last]
        hub = assemble(replace(read_config(folder / "config.yaml"), connectors={}), lambda: now[0])
        upgrade(hub.store)
        note("take it over", _cpu(lambda: _write_accounts(hub)))
        with hub.store.reading() as session:
            companies = list(session.exec(select(Company.id)))
        hub.store.close()  # the file is filled without a journal, beside which nobody may have it open
        fill(folder / "hub.db", companies, CALLS, last, DAYS)
        size = (folder / "hub.db").stat().st_size
        found.append(
            Figure(what=f"the file with {CALLS:,} calls, their visits and causes", measured=f"{size / 1e9:.1f} GB")
        )
        note("read the directory of all numbers", _cpu(lambda: LiveDirectory(hub.store)))
        yesterday = last - timedelta(days=1)
        with hub.store.writing() as session:
            mark_dirty(session, [Change(each, yesterday) for each in companies], last)
        note("add up one day of every company", _cpu(lambda: _until_none(lambda: roll_up(hub.store))))
        browser = signed_in_owner(hub, Starlette(routes=page_routes(hub)))
        for name, path in PAGES.items():
            times = [_cpu(lambda: browser.get(path).raise_for_status()) for _ in range(ROUNDS + 1)]  # noqa: B023
            note(f"page: {name}", median(times[1:]))
        now[0] = last + LATER
        swept = 0

        def end() -> None:
            nonlocal swept
            swept = sum(sweep(hub.store, now[0]).values())

        took = _cpu(end)
        note("a turn of retention", took, f"; {swept:,} rows, {ROWS_PER_TRANSACTION} a transaction")
        moved = 0

        def move() -> None:
            nonlocal moved
            moved = _until_none(lambda: archive_next(hub, timedelta(days=1)))

        took = _cpu(move)
        note("move the emptied calls into files", took, f"; {moved:,} calls")
        with hub.store.reading() as session:
            files = archive_files(session)
        found.append(
            Figure(what="their files", measured=f"{len(files)}; {sum(each.size for each in files) / 1e6:.1f} MB")
        )
        hub.close()
    return found


def _write_accounts(hub: Hub) -> None:
    with hub.store.writing() as session:
        write_accounts(session, hub.config, hub.clock())


def _until_none(step: Callable[[], int]) -> int:
    return sum(iter(step, 0))


def _cpu(work: Callable[[], object]) -> float:
    begun = time.process_time()
    work()
    return time.process_time() - begun


if __name__ == "__main__":
    print_figures(measure())
