"""One hub that is filled once for all tests that only read it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from callrail_stage import CallRailHub, callrail_hub, fill


@pytest.fixture(scope="session")
def filled(databases: Path) -> Iterator[CallRailHub]:
    """A filled hub, which tests only read."""
    with callrail_hub(databases) as made:
        fill(made.stage)
        yield made
