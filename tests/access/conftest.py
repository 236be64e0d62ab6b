"""A hub with one owner."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from staff import Staff, make_staff
from testbed import TestHub

Factory = Callable[..., TestHub]


@pytest.fixture
def staff(hub: Factory) -> Staff:
    """On both databases."""
    return make_staff(hub())


@pytest.fixture
def lite_staff(lite_hub: Factory) -> Staff:
    """On SQLite alone."""
    return make_staff(lite_hub())
