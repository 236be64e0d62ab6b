"""A system that gives no new threads for a while, as one whose limit of processes is reached."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

TOO_LARGE = 1 << 46
"""A stack that no machine has memory for."""


@contextmanager
def no_new_threads() -> Iterator[None]:
    """Let every start of a thread fail while the block runs, with the system's own error."""
    usual = threading.stack_size(TOO_LARGE)
    try:
        yield
    finally:
        threading.stack_size(usual)
