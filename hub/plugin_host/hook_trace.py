"""Traces the hooks that a thread calls while it handles work that processes have died of."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Note = Callable[[str, str], None]
"""Takes a connector and a hook that is about to begin."""

_of_thread = threading.local()


@contextmanager
def traced(note: Note) -> Iterator[None]:
    """While the block runs, `note` hears of each hook before this thread starts it, and its hooks run one at a time."""
    before = current_note()
    _of_thread.note = note
    try:
        yield
    finally:
        _of_thread.note = before


def current_note() -> Note | None:
    """Who wants to hear of the hooks that this thread starts."""
    note: Note | None = getattr(_of_thread, "note", None)
    return note
