"""The page about operation names every periodic job with its interval."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from testbed import TestHub

from hub.worker.housekeeping import periodic_jobs
from hub.worker.scheduler import Ticker

PAGE = Path(__file__).parents[2] / "docs" / "operation.md"


def test_the_page_lists_every_periodic_job_with_its_interval(lite_hub: Callable[..., TestHub]) -> None:
    hub = lite_hub().hub
    rows = [
        line.split(" | ") for line in PAGE.read_text().splitlines() if line.startswith("| `") and line.count("|") == 4
    ]
    shown = {row[0].strip("| `"): row[1] for row in rows}
    every = {job.name: "1 h" if job.every == 3_600 else f"{job.every:g} s" for job in periodic_jobs(hub, Ticker(hub))}
    assert shown == every
