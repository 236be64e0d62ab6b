"""`pytest --fuzz MINUTES`: the tests with Hypothesis alone, with random seeds, in random order, until the time is over."""

from __future__ import annotations

import random
import re
import sys
import time
from typing import Any

import pytest
from hypothesis import HealthCheck, is_hypothesis_test, settings
from hypothesis.internal import charmap
from hypothesis.internal.conjecture import engine, providers
from hypothesis.internal.intervalsets import IntervalSet

FIXED_EXAMPLES = 50
"""Examples of each test in `make test`, unless it asks for another number: the same ones in each run."""
MIN_EXAMPLES = 200
"""Examples that each test gets at least, however few it asks for in `make test`."""
SHRINKING_SECONDS = 60
"""So long a found example is made smaller; Hypothesis's own five minutes would use up the time of all the others."""
UTF_8 = IntervalSet(((0, 0xD7FF), (0xE000, sys.maxunicode))), IntervalSet(())
"""What UTF-8 can encode, and what it would decode to another character."""
ARGUMENT = re.compile(r"^    (\w+)=", re.MULTILINE)


def load_profile(*, fuzz: bool) -> None:
    """The settings of Hypothesis for this run. No example is judged by how long it took: a slow machine is no defect."""
    untimed: dict[str, Any] = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow], "database": None}
    settings.register_profile("fixed", derandomize=True, max_examples=FIXED_EXAMPLES, **untimed)
    settings.register_profile("fuzz", derandomize=False, print_blob=True, max_examples=MIN_EXAMPLES, **untimed)
    settings.load_profile("fuzz" if fuzz else "fixed")
    if not fuzz:
        # Hypothesis would look through all modules of the hub for values to try: this takes each process seconds, and the
        # examples would depend on which modules other tests have imported.
        providers._get_local_constants = lambda: providers._local_constants
    # Hypothesis would encode each of the 1.1 million characters, in each process of a fresh checkout, to find these.
    every_codec = charmap.intervals_from_codec
    charmap.intervals_from_codec = lambda codec: UTF_8 if codec == "utf-8" else every_codec(codec)
    if fuzz:
        engine.MAX_SHRINKING_SECONDS = SHRINKING_SECONDS


class Fuzzing:
    """The plugin of such a run."""

    def __init__(self, minutes: float) -> None:
        self._ends_at = time.monotonic() + 60 * minutes
        self._selected = 0
        self._ran = 0
        self._findings: list[tuple[str, list[str]]] = []

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[Any]) -> None:
        """Select the tests with Hypothesis, shuffle them, and give each enough examples."""
        properties = [item for item in items if isinstance(item, pytest.Function) and is_hypothesis_test(item.obj)]
        config.hook.pytest_deselected(items=[item for item in items if item not in properties])
        random.shuffle(properties)
        for item in properties:
            _raise_examples(item.obj)
        items[:] = properties
        self._selected = len(properties)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self) -> bool | None:
        """Leave out what has not begun when the time is over."""
        if time.monotonic() >= self._ends_at:
            return True
        self._ran += 1
        return None

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: Any) -> Any:
        """Note the examples that failed."""
        report = yield
        if report.when == "call" and report.failed:
            found = getattr(item, "_hypothesis_failing_examples", [])
            self._findings.append((item.nodeid, [example_of(each, item.fixturenames) for each in found]))
        return report

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Say how many tests ran, and which examples to pin."""
        write = terminalreporter.write_line
        write(f"{self._ran} of {self._selected} properties ran, {len(self._findings)} failed.")
        for test, examples in self._findings:
            write(f"\n{test}: pin what it found")
            for example in examples:
                write(example)


def example_of(call: str, fixtures: list[str]) -> str:
    """The decorator that pins a failing example, from the call that Hypothesis prints; fixtures are no part of it."""
    begins = [*ARGUMENT.finditer(call)]
    ends = [each.start() for each in begins[1:]] + [call.rfind(")")]
    arguments = {each[1]: call[each.end() : end] for each, end in zip(begins, ends, strict=True)}
    lines = [re.sub(r"\s+# or any other.*", "", value).strip().rstrip(",") for value in arguments.values()]
    pinned = [f"{name}={value}" for name, value in zip(arguments, lines, strict=True) if name not in fixtures]
    return f"@example({', '.join(pinned)})"


def _raise_examples(test: Any) -> None:
    """A test's own `settings` stay, except for a smaller number of examples."""
    function = getattr(test, "__func__", test)
    own: settings = function._hypothesis_internal_use_settings
    function._hypothesis_internal_use_settings = settings(own, max_examples=max(MIN_EXAMPLES, own.max_examples))
