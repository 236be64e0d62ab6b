"""A hub on SQLite whose carrier sells numbers, for the pages of numbers."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from fake_number_carrier import FakeNumberCarrier
from testbed import CONNECTORS, TestHub


@pytest.fixture
def stage(lite_hub: Callable[..., TestHub]) -> TestHub:
    """A hub of one agency with two companies."""
    return lite_hub(connectors={**CONNECTORS, "carrier": FakeNumberCarrier})
