"""A hub with one owner."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from front_door import House, make_house
from testbed import TestHub

Factory = Callable[..., TestHub]


@pytest.fixture
def house(hub: Factory) -> House:
    """On both databases."""
    return make_house(hub())


@pytest.fixture
def lite_house(lite_hub: Factory) -> House:
    """On SQLite alone."""
    return make_house(lite_hub())
