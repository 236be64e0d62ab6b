"""A test hub for the pages."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from testbed import TestHub


@pytest.fixture
def stage(hub: Callable[..., TestHub]) -> TestHub:
    """A hub of one agency with two companies, on both databases."""
    return hub()
