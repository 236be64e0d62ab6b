"""A privacy officer for each test."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from policy_office import Office
from testbed import TestHub


@pytest.fixture
def office(lite_hub: Callable[..., TestHub]) -> Office:
    """At a small hub, on a Monday in March."""
    return Office(lite_hub())
