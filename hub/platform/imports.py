"""Imports in several threads at once."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

Result = TypeVar("Result")
MAX_TRIES, PAUSE_SECONDS = 10, 0.01
"""In a pause the other thread takes the lock that the refused one has let go."""


def past_import_deadlocks(work: Callable[[], Result]) -> Result:
    """The result of `work`, which imports libraries and may be called again.

    Where the imports of two threads wait for each other, Python refuses one of them with a RuntimeError of its own: a module
    is locked before its package is, so one that is imported by its full name can meet the package's own import of it. The
    refused thread can import again. Source: CPython 3.11, `importlib._bootstrap`, `_ModuleLock`.
    """
    for _ in range(MAX_TRIES):
        try:
            return work()
        except RuntimeError as error:
            if type(error).__name__ != "_DeadlockError":
                raise
            time.sleep(PAUSE_SECONDS)
    return work()
