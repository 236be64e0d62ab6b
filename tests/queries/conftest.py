"""Test hubs for the read models."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from testbed import TestHub


@pytest.fixture
def stage(hub: Callable[..., TestHub]) -> TestHub:
    """A hub of one agency with two companies, on both databases."""
    return hub()


@pytest.fixture
def lite_stage(lite_hub: Callable[..., TestHub]) -> TestHub:
    """The same on SQLite alone."""
    return lite_hub()


@pytest.fixture
def postgres_stage(postgres_url: str, open_hub_on: Callable[..., TestHub]) -> TestHub:
    """The same on PostgreSQL alone."""
    return open_hub_on(postgres_url)
