"""A hub that was opened from a config.yaml on disk."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from config_on_disk import CONFIG, open_config_stage
from testbed import TestHub

from hub.testing import FrozenClock


@pytest.fixture
def stage_of(sqlite_url: str, clock: FrozenClock, tmp_path: Path) -> Iterator[Callable[..., TestHub]]:
    """Opens a hub on a text: `stage_of(CONFIG + ANOTHER_ACCOUNT)`."""
    with ExitStack() as stack:
        yield lambda text=CONFIG: stack.enter_context(open_config_stage(sqlite_url, clock, tmp_path, text))
