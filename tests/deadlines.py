"""How long a hook may take in the tests: on a busy machine what takes milliseconds may take longer than its deadline.

So each call has at least `LEAST_SECONDS`, whatever the hook's specification or its caller says. A test that is about lateness
takes the fixture `own_deadlines` (conftest.py): there each call has its own deadline.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Any

from hub.hookspecs import SPECS
from hub.plugin_host.guard import Guard

LEAST_SECONDS = 60.0
_own = Guard.wait


def extend() -> None:
    """From now on, except within `as_they_are`."""
    Guard.wait = _extended  # type: ignore[method-assign]


@contextmanager
def as_they_are() -> Iterator[None]:
    """Each call has its own deadline."""
    Guard.wait = _own  # type: ignore[method-assign]
    yield
    extend()


def _extended(guard: Guard, hook: str, future: Future[Any], deadline: float | None = None) -> Any:
    return _own(guard, hook, future, max(SPECS[hook].deadline if deadline is None else deadline, LEAST_SECONDS))
