"""A test hub for the pages."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from config_on_disk import open_config_stage
from recorder import Recorder
from testbed import CONNECTORS, TestHub

from hub.testing import FrozenClock


@pytest.fixture
def stage(hub: Callable[..., TestHub]) -> TestHub:
    """A hub of one agency with two companies, on both databases."""
    return hub()


@pytest.fixture(scope="module")
def shared_stage(shared_hub: Callable[..., TestHub]) -> TestHub:
    """As `stage`, one for all tests of a module that change nothing in it."""
    return shared_hub()


@pytest.fixture
def recorded(hub: Callable[..., TestHub], tmp_path: Path) -> TestHub:
    """A hub whose carrier keeps recordings, with a folder of its own for its copies."""
    return hub(connectors={**CONNECTORS, "carrier": Recorder}, recordings={"storage": str(tmp_path / "shelf")})


@pytest.fixture
def config_stage(sqlite_url: str, clock: FrozenClock, tmp_path: Path) -> Iterator[TestHub]:
    """As `stage`, opened from a config.yaml on disk that its pages may edit: `config_stage.config_file`."""
    with open_config_stage(sqlite_url, clock, tmp_path) as stage:
        yield stage
