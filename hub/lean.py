"""Load a library without something heavy that it would load for a feature which nobody here uses."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType


@contextmanager
def without_modules(*names: str) -> Iterator[None]:
    """While the block runs, importing one of `names` fails unless it is loaded already; afterwards it works as ever."""
    hidden = [name for name in names if name not in sys.modules]
    # None is what Python's import system takes for "this cannot be imported".
    absent: dict[str, ModuleType | None] = dict.fromkeys(hidden)
    sys.modules.update(absent)  # type: ignore[arg-type]
    try:
        yield
    finally:
        for name in hidden:
            if sys.modules.get(name, ...) is None:
                del sys.modules[name]
