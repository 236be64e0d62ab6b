"""Which tests run on SQLite alone: those whose every statement other tests run on PostgreSQL.

`pytest --statements` runs the tests of both databases on SQLite, notes their statements, and writes the list; with the names
of files it adds to the list what it finds among their tests that are not listed. A run of the whole suite on PostgreSQL
leaves out what is listed (a third of a second each); one that names files runs all of their tests.
"""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from sqlalchemy import Engine, event

LIST = Path(__file__).with_name("sqlite_alone.txt")
LEAST = 2
"""So many tests run each statement on PostgreSQL; all, where fewer have it."""
EACH = re.compile(
    r"tests/(access|scheduler|spool|store|visits)/|race|test_(attacker|company_walls|leases|pools)\.py|isolation"
)
"""What locks, races, triggers and walls do is more than their statements: these tests run on both databases."""
PLACES = re.compile(r"\((\?(, \?)*)\)(, \((\?(, \?)*)\))*")
"""The places of a list of values, of which each run may have another number."""


class Run(NamedTuple):
    """What a test did: its id on PostgreSQL, its CPU seconds, its statements."""

    test: str
    seconds: float
    statements: frozenset[str]


def listed() -> frozenset[str]:
    """The ids of the tests that run on SQLite alone."""
    return frozenset(LIST.read_text(encoding="utf-8").splitlines())


def on_postgresql(test: str) -> str:
    """The id of a test that runs on SQLite, on PostgreSQL."""
    path, bracket, case = test.partition("[")
    return path + bracket + re.sub(r"\bsqlite\b", "postgresql", case, count=1)


def alone(runs: Iterable[Run], least: int = LEAST) -> list[str]:
    """The tests that PostgreSQL can do without, the most expensive chosen first."""
    runs = sorted(runs, key=lambda run: (-run.seconds, run.test))
    everywhere = Counter(each for run in runs for each in run.statements)
    left, chosen = Counter(everywhere), []
    for run in runs:
        if EACH.search(run.test) is None and all(left[each] > min(least, everywhere[each]) for each in run.statements):
            left.subtract(run.statements)
            chosen.append(run.test)
    return sorted(chosen)


class Statements:
    """The plugin of `--statements`. Each worker notes; the first process collects and writes."""

    def __init__(self, *, writes: bool, anew: bool) -> None:
        self._writes, self._seen, self._began = writes, set[str](), 0.0
        self._known = frozenset[str]() if anew else listed()
        self._runs: list[Run] = []
        self._failed = set[str]()
        event.listen(Engine, "before_cursor_execute", lambda *given: self._seen.add(given[2]))

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[Any]) -> None:
        """Select the tests that run on both databases, on SQLite."""
        both = [
            each
            for each in items
            if "sqlite" in getattr(getattr(each, "callspec", None), "params", {}).values()
            and on_postgresql(each.nodeid) not in self._known
        ]
        config.hook.pytest_deselected(items=[each for each in items if each not in both])
        items[:] = both

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self) -> None:
        """Begin anew."""
        self._seen.clear()
        self._began = time.process_time()

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_makereport(self, item: Any, call: Any) -> None:
        """Tell the first process with the last report of a test."""
        if call.when == "teardown":
            seen = sorted({PLACES.sub("(?)", each) for each in self._seen})
            item.user_properties.append(("statements", [time.process_time() - self._began, seen]))

    def pytest_runtest_logreport(self, report: Any) -> None:
        """Collect; of a test that failed, not all statements are known."""
        if report.failed:
            self._failed.add(on_postgresql(report.nodeid))
        for name, told in report.user_properties if report.when == "teardown" else ():
            if name == "statements":
                self._runs.append(Run(on_postgresql(report.nodeid), told[0], frozenset(told[1])))

    def pytest_sessionfinish(self, exitstatus: int) -> None:
        """Write the list, unless the run was interrupted."""
        if self._writes and exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
            found = alone(each for each in self._runs if each.test not in self._failed)
            LIST.write_text("".join(f"{each}\n" for each in sorted(self._known.union(found))), encoding="utf-8")
