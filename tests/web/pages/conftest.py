"""A test hub for the pages."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from recorder import Recorder
from testbed import CONNECTORS, TestHub


@pytest.fixture
def stage(hub: Callable[..., TestHub]) -> TestHub:
    """A hub of one agency with two companies, on both databases."""
    return hub()


@pytest.fixture
def recorded(hub: Callable[..., TestHub], tmp_path: Path) -> TestHub:
    """A hub whose carrier keeps recordings, with a folder of its own for its copies."""
    return hub(connectors={**CONNECTORS, "carrier": Recorder}, recordings={"storage": str(tmp_path / "shelf")})
