"""A hub on SQLite for the pages of numbers."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from testbed import TestHub


@pytest.fixture
def stage(lite_hub: Callable[..., TestHub]) -> TestHub:
    """A hub of one agency with two companies."""
    return lite_hub()
