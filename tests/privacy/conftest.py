"""A privacy officer for each test."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from policy_steps import PolicyOfficer
from testbed import TestHub


@pytest.fixture
def office(lite_hub: Callable[..., TestHub]) -> PolicyOfficer:
    """At a small hub, on a Monday in March."""
    return PolicyOfficer(lite_hub())
